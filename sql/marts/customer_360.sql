-- One row per person: everything of customers, the segments they are in and where they are known from.
-- Reads: customer_profiles, customers, lifecycle_stages, segment_members.
-- Columns:
--   segments: Segments the customer is in, comma separated.
--   sources: Sources that know the customer, comma separated.
--   lifecycle_since_on: as_of of the first published night of the current unbroken run in lifecycle_stage.
with memberships as (
    select
        customer_id,
        string_agg(segment, ', ' order by segment) as segments
    from segment_members
    group by customer_id
),

known_from as (
    select
        customer_id,
        string_agg(distinct source, ', ' order by source) as sources
    from customer_profiles
    group by customer_id
),

stages as (
    select
        customer_id,
        since_on as lifecycle_since_on
    from lifecycle_stages
    where profile = 'guide'
)

-- The star is meant: whatever customers tells belongs here.
-- noqa: disable=AM04
select
    customers.*,
    memberships.segments,
    known_from.sources,
    stages.lifecycle_since_on
from customers
left join memberships on customers.customer_id = memberships.customer_id
left join known_from on customers.customer_id = known_from.customer_id
left join stages on customers.customer_id = stages.customer_id
