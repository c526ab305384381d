-- One row per customer of a store, the store being the place. Reads: store_members.
select
    store_id as place_id,
    customer_id,
    net_amount,
    order_count,
    recency_days,
    gender,
    age_band,
    city,
    preferred_channel,
    is_member
from store_members
