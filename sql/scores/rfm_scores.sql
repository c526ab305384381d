-- One row per customer with a purchase in the window: the scores of the default profile and the classes made of them.
-- Reads: rfm_profile_scores.
with judged as (
    select
        customer_id,
        recency_days,
        frequency,
        monetary_amount,
        response_rate,
        r_score,
        f_score,
        m_score,
        c_score,
        r_score >= $high_score as is_recent,
        f_score >= $high_score as is_frequent,
        m_score >= $high_score as is_valuable
    from rfm_profile_scores
    where rfm_profile = $default_profile
)

select
    customer_id,
    recency_days,
    frequency,
    monetary_amount,
    response_rate,
    r_score,
    f_score,
    m_score,
    c_score,
    concat(
        case when is_valuable then 'important_' else 'general_' end,
        case
            when is_recent and is_frequent then 'value'
            when is_recent then 'develop'
            when is_frequent then 'keep'
            else 'win_back'
        end
    ) as rfm_class,
    -- a null c_score is neither high nor low: the comparison is not true
    case
        when is_recent and is_frequent and is_valuable then 'loyal_high_value'
        when r_score <= $low_score and (f_score >= $middle_score or m_score >= $middle_score) then 'at_risk'
        when
            f_score <= $low_score and m_score <= $low_score and (r_score <= $low_score or c_score <= $low_score)
            then 'low_value'
        else 'potential'
    end as rfrc_class
from judged
