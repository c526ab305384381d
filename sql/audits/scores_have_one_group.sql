-- Everybody with scores is in exactly one group of every grouping made of these scores.
-- Reads: rfm_group_cells, rfm_groups, rfm_profile_scores.
with groupings as (
    select distinct
        rfm_grouping,
        rfm_profile
    from rfm_group_cells
),

expected as (
    select
        groupings.rfm_grouping,
        rfm_profile_scores.customer_id
    from rfm_profile_scores
    inner join groupings on rfm_profile_scores.rfm_profile = groupings.rfm_profile
),

found as (
    select
        rfm_grouping,
        customer_id,
        count(*) as group_count
    from rfm_groups
    group by rfm_grouping, customer_id
)

select count(*) as fault_count
from expected
left join found on expected.rfm_grouping = found.rfm_grouping and expected.customer_id = found.customer_id
where found.group_count is distinct from 1
