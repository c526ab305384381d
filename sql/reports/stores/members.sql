-- One row per customer who belongs to a store and may stand on a list: the people that the pages of stores tell of.
-- Who refused profiling or is a minor is left out, so that nothing of them is the difference of page and list.
-- Reads: customers.
select
    home_store_id as store_id,
    customer_id,
    lifecycle_stage,
    r_score,
    f_score,
    monetary_amount,
    net_amount,
    order_count,
    recency_days,
    gender,
    age_band,
    city,
    preferred_channel,
    case when is_member then 'true' else 'false' end as is_member
from customers
where home_store_id is not null and home_store_id <> '' and not profiling_opt_out and not is_minor
