-- One row per category and length of gap: how many gaps ended then with another purchase, how many are open since.
-- A gap begins on a day with a purchase of the category and is counted per piece bought on that day: 60 days after
-- two tins are 30 days a tin. A gap that nothing has ended is open (censored) on as_of. Reads: category_purchases.
with gaps as (
    select
        category,
        round(
            date_diff('day', bought_on, coalesce(next_bought_on, cast($as_of as date)))
            / cast(bought_quantity as double),
            6
        ) as gap_days,
        next_bought_on is null as is_open
    from category_purchases
)

select
    category,
    gap_days,
    count(*) filter (where not is_open) as completed_count,
    count(*) filter (where is_open) as censored_count
from gaps
group by category, gap_days
