-- One row per customer who belongs to a store and may stand on a list, everything personal masked.
-- Reads: customers, store_members.
select
    store_members.store_id,
    customers.customer_id,
    customers.name_masked,
    customers.phone_masked,
    customers.email_masked,
    customers.gender,
    customers.age_band,
    customers.province,
    customers.city,
    customers.is_member,
    customers.preferred_channel,
    customers.lifecycle_stage,
    customers.rfm_class,
    customers.rfrc_class,
    customers.recency_days,
    customers.last_order_on,
    customers.order_count,
    customers.net_amount
from store_members
inner join customers on store_members.customer_id = customers.customer_id
