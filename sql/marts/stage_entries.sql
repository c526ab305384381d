-- One row per lifecycle profile, stage and night of entry: how many customers came into the stage then and stayed.
-- Reads: customers, huitou_meta, lifecycle_stages.
-- Columns:
--   customer_count: Customers in the stage since then.
--   net_amount: Net money of the purchases of these customers, all history.
--   is_new: They came into the stage on the latest night.
--   days_in_stage: Days from the night of entry to as_of.
select
    lifecycle_stages.profile,
    lifecycle_stages.stage,
    lifecycle_stages.since_on,
    lifecycle_stages.since_on = huitou_meta.as_of as is_new,
    date_diff('day', lifecycle_stages.since_on, huitou_meta.as_of) as days_in_stage,
    count(*) as customer_count,
    cast(sum(customers.net_amount) as decimal(18, 2)) as net_amount
from lifecycle_stages
inner join customers on lifecycle_stages.customer_id = customers.customer_id
cross join huitou_meta
group by lifecycle_stages.profile, lifecycle_stages.stage, lifecycle_stages.since_on, huitou_meta.as_of
