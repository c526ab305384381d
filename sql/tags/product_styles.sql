-- One row per product name sold in the window and style of which the name holds a word, whatever its case.
-- Reads: order_lines, style_words (meaning, word).
with names as (
    select distinct product_name
    from order_lines
    where
        is_purchase
        and line_kind = 'goods'
        and product_name is not null
        and ordered_on <= cast($as_of as date)
        and ordered_on > cast($as_of as date) - $window_days
)

select distinct
    names.product_name,
    style_words.meaning as style
from names
inner join style_words on strpos(lower(names.product_name), style_words.word) > 0
