-- One row per RFM profile, letter and score that anybody has: which values have it, and where a rule cuts.
-- Reads: rfm_profile_scores, rfm_profiles.
with valued as (
    select
        rfm_profile,
        r_score,
        f_score,
        m_score,
        c_score,
        cast(recency_days as decimal(28, 9)) as r_value,
        cast(frequency as decimal(28, 9)) as f_value,
        cast(monetary_amount as decimal(28, 9)) as m_value,
        cast(response_rate as decimal(28, 9)) as c_value
    from rfm_profile_scores
),

-- who was never contacted has no c: pairs of nulls are left out
letters as (
    select
        rfm_profile,
        rfm_letter,
        rfm_score,
        rfm_value
    from valued
    unpivot (
        (rfm_score, rfm_value) for rfm_letter in (
            (r_score, r_value) as r,
            (f_score, f_value) as f,
            (m_score, m_value) as m,
            (c_score, c_value) as c
        )
    )
),

ranges as (
    select
        rfm_profile,
        rfm_letter,
        rfm_score,
        min(rfm_value) as smallest_value,
        max(rfm_value) as largest_value,
        sum(rfm_value) as value_sum,
        count(*) as scored_customer_count
    from letters
    group by rfm_profile, rfm_letter, rfm_score
),

-- columns are named by letter and by the score that the cut leads to
cuts as (
    select
        rfm_profile,
        rfm_method,
        cast(recency_cut_1_days as decimal(28, 9)) as r2,
        cast(recency_cut_2_days as decimal(28, 9)) as r3,
        cast(recency_cut_3_days as decimal(28, 9)) as r4,
        cast(recency_cut_4_days as decimal(28, 9)) as r5,
        cast(frequency_cut_1 as decimal(28, 9)) as f2,
        cast(frequency_cut_2 as decimal(28, 9)) as f3,
        cast(frequency_cut_3 as decimal(28, 9)) as f4,
        cast(frequency_cut_4 as decimal(28, 9)) as f5,
        cast(monetary_cut_1_amount as decimal(28, 9)) as m2,
        cast(monetary_cut_2_amount as decimal(28, 9)) as m3,
        cast(monetary_cut_3_amount as decimal(28, 9)) as m4,
        cast(monetary_cut_4_amount as decimal(28, 9)) as m5,
        cast(response_cut_1_rate as decimal(28, 9)) as c2,
        cast(response_cut_2_rate as decimal(28, 9)) as c3,
        cast(response_cut_3_rate as decimal(28, 9)) as c4,
        cast(response_cut_4_rate as decimal(28, 9)) as c5
    from rfm_profiles
),

told_cuts as (
    select
        rfm_profile,
        rfm_score,
        cut_value
    from cuts
    unpivot (
        cut_value for rfm_score in (r2, r3, r4, r5, f2, f3, f4, f5, m2, m3, m4, m5, c2, c3, c4, c5)
    )
),

means as (
    select
        rfm_profile,
        rfm_letter,
        sum(value_sum) / sum(scored_customer_count) as mean_value
    from ranges
    group by rfm_profile, rfm_letter
)

select
    ranges.rfm_profile,
    cuts.rfm_method,
    ranges.rfm_letter,
    ranges.rfm_score,
    case when ranges.rfm_letter = 'r' then ranges.largest_value else ranges.smallest_value end as worst_value,
    case when ranges.rfm_letter = 'r' then ranges.smallest_value else ranges.largest_value end as best_value,
    case
        when ranges.rfm_score = 1 then null
        when cuts.rfm_method = 'mean' then means.mean_value
        else told_cuts.cut_value
    end as cut_value,
    ranges.scored_customer_count
from ranges
inner join cuts on ranges.rfm_profile = cuts.rfm_profile
inner join means on ranges.rfm_profile = means.rfm_profile and ranges.rfm_letter = means.rfm_letter
left join told_cuts
    on
        ranges.rfm_profile = told_cuts.rfm_profile
        and concat(ranges.rfm_letter, ranges.rfm_score) = told_cuts.rfm_score
