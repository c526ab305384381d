-- One row per grouping and customer with scores: the group of these scores. Where a grouping names a group for those
-- who never bought, they are in it.
-- Reads: customer_facts, no_purchase_groups (rfm_grouping, rfm_group), rfm_group_cells, rfm_profile_scores.
select
    rfm_profile_scores.customer_id,
    rfm_group_cells.rfm_grouping,
    rfm_group_cells.rfm_group
from rfm_profile_scores
inner join rfm_group_cells
    on
        rfm_profile_scores.rfm_profile = rfm_group_cells.rfm_profile
        and rfm_profile_scores.r_score = rfm_group_cells.r_score
        and rfm_profile_scores.f_score = rfm_group_cells.f_score
        and rfm_profile_scores.m_score = rfm_group_cells.m_score
union all
select
    customer_facts.customer_id,
    no_purchase_groups.rfm_grouping,
    no_purchase_groups.rfm_group
from customer_facts
cross join no_purchase_groups
where customer_facts.order_count = 0
