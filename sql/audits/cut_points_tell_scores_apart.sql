-- The ranges of values of two scores never overlap, better scores have better values, and the ranges count everybody.
-- Reads: rfm_cut_points, rfm_profile_scores.
with neighbours as (
    select
        rfm_letter,
        worst_value,
        best_value,
        lag(best_value) over (partition by rfm_profile, rfm_letter order by rfm_score) as best_value_below
    from rfm_cut_points
),

counted as (
    select
        rfm_profile,
        sum(scored_customer_count) as customer_count
    from rfm_cut_points
    where rfm_letter = 'r'
    group by rfm_profile
),

scored as (
    select
        rfm_profile,
        count(*) as customer_count
    from rfm_profile_scores
    group by rfm_profile
),

faults as (
    select rfm_letter as what
    from neighbours
    where
        (rfm_letter = 'r' and (worst_value < best_value or best_value_below <= worst_value))
        or (rfm_letter <> 'r' and (worst_value > best_value or best_value_below >= worst_value))
    union all
    select scored.rfm_profile as what
    from scored
    full join counted on scored.rfm_profile = counted.rfm_profile
    where scored.customer_count is distinct from counted.customer_count
)

select count(*) as fault_count
from faults
