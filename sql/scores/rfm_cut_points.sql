-- One row per RFM profile, letter and score that anybody has: which values have it, and where a rule cuts.
-- Reads: rfm_profile_scores, rfm_profiles.
with ranges as (
    select
        rfm_profile,
        'r' as rfm_letter,
        r_score as rfm_score,
        cast(max(recency_days) as decimal(28, 9)) as worst_value,
        cast(min(recency_days) as decimal(28, 9)) as best_value,
        cast(sum(recency_days) as decimal(38, 9)) as value_sum,
        count(*) as scored_customer_count
    from rfm_profile_scores
    group by rfm_profile, r_score
    union all
    select
        rfm_profile,
        'f' as rfm_letter,
        f_score as rfm_score,
        cast(min(frequency) as decimal(28, 9)) as worst_value,
        cast(max(frequency) as decimal(28, 9)) as best_value,
        cast(sum(frequency) as decimal(38, 9)) as value_sum,
        count(*) as scored_customer_count
    from rfm_profile_scores
    group by rfm_profile, f_score
    union all
    select
        rfm_profile,
        'm' as rfm_letter,
        m_score as rfm_score,
        cast(min(monetary_amount) as decimal(28, 9)) as worst_value,
        cast(max(monetary_amount) as decimal(28, 9)) as best_value,
        cast(sum(monetary_amount) as decimal(38, 9)) as value_sum,
        count(*) as scored_customer_count
    from rfm_profile_scores
    group by rfm_profile, m_score
    union all
    select
        rfm_profile,
        'c' as rfm_letter,
        c_score as rfm_score,
        cast(min(response_rate) as decimal(28, 9)) as worst_value,
        cast(max(response_rate) as decimal(28, 9)) as best_value,
        sum(cast(response_rate as decimal(28, 9))) as value_sum,
        count(*) as scored_customer_count
    from rfm_profile_scores
    where c_score is not null
    group by rfm_profile, c_score
),

cuts as (
    select
        rfm_profile,
        'r' as rfm_letter,
        cast(recency_cut_1_days as decimal(28, 9)) as cut_1,
        cast(recency_cut_2_days as decimal(28, 9)) as cut_2,
        cast(recency_cut_3_days as decimal(28, 9)) as cut_3,
        cast(recency_cut_4_days as decimal(28, 9)) as cut_4
    from rfm_profiles
    union all
    select
        rfm_profile,
        'f' as rfm_letter,
        cast(frequency_cut_1 as decimal(28, 9)) as cut_1,
        cast(frequency_cut_2 as decimal(28, 9)) as cut_2,
        cast(frequency_cut_3 as decimal(28, 9)) as cut_3,
        cast(frequency_cut_4 as decimal(28, 9)) as cut_4
    from rfm_profiles
    union all
    select
        rfm_profile,
        'm' as rfm_letter,
        cast(monetary_cut_1_amount as decimal(28, 9)) as cut_1,
        cast(monetary_cut_2_amount as decimal(28, 9)) as cut_2,
        cast(monetary_cut_3_amount as decimal(28, 9)) as cut_3,
        cast(monetary_cut_4_amount as decimal(28, 9)) as cut_4
    from rfm_profiles
    union all
    select
        rfm_profile,
        'c' as rfm_letter,
        cast(response_cut_1_rate as decimal(28, 9)) as cut_1,
        cast(response_cut_2_rate as decimal(28, 9)) as cut_2,
        cast(response_cut_3_rate as decimal(28, 9)) as cut_3,
        cast(response_cut_4_rate as decimal(28, 9)) as cut_4
    from rfm_profiles
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
    rfm_profiles.rfm_method,
    ranges.rfm_letter,
    ranges.rfm_score,
    ranges.worst_value,
    ranges.best_value,
    case
        when ranges.rfm_score = 1 then null
        when rfm_profiles.rfm_method = 'mean' then means.mean_value
        when ranges.rfm_score = 2 then cuts.cut_1
        when ranges.rfm_score = 3 then cuts.cut_2
        when ranges.rfm_score = 4 then cuts.cut_3
        else cuts.cut_4
    end as cut_value,
    ranges.scored_customer_count
from ranges
inner join rfm_profiles on ranges.rfm_profile = rfm_profiles.rfm_profile
inner join cuts on ranges.rfm_profile = cuts.rfm_profile and ranges.rfm_letter = cuts.rfm_letter
inner join means on ranges.rfm_profile = means.rfm_profile and ranges.rfm_letter = means.rfm_letter
