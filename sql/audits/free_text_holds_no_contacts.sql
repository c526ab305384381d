-- No mobile number and no e-mail address stands in a word that people typed.
-- Reads: customers, order_lines, orders, refunds.
with words as (
    select distinct product_name as word from order_lines
    union
    select distinct category as word from order_lines
    union
    select distinct city as word from customers
    union
    select distinct province as word from customers
    union
    select distinct acquisition_channel as word from customers
    union
    select distinct channel as word from orders
    union
    select distinct coupon_code as word from orders
    union
    select distinct city as word from orders
    union
    select distinct reason as word from refunds
)

select count(*) as fault_count
from words
where
    regexp_matches(word, '(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)')
    or regexp_matches(word, '[A-Za-z0-9._%+-]{2}@[A-Za-z0-9.-]*[.][A-Za-z]{2}')
