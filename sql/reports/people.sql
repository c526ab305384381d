-- One row per customer of the whole house, the place ''. Reads: customers.
select
    '' as place_id,
    customer_id,
    net_amount,
    order_count,
    recency_days,
    gender,
    age_band,
    city,
    preferred_channel,
    case when is_member then 'true' else 'false' end as is_member
from customers
