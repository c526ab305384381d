-- One row per customer with a purchase in the window: recency, frequency, monetary and response scores and classes.
-- A score never depends on row order: equal values get equal scores under every method.
-- Reads: customer_facts, response_rates.
with buyers as (
    select
        customer_facts.customer_id,
        customer_facts.recency_days,
        customer_facts.frequency,
        customer_facts.monetary_amount,
        response_rates.response_rate,
        -- rates have 9 places: whole billionths compare and add up exactly
        cast(round(response_rates.response_rate * 1000000000) as bigint) as response_billionths
    from customer_facts
    left join response_rates on customer_facts.customer_id = response_rates.customer_id
    where customer_facts.frequency > 0
),

-- rank() - 1 counts the customers whose value is strictly worse
worse as (
    select
        *,
        rank() over (order by recency_days desc) - 1 as worse_recency,
        rank() over (order by frequency) - 1 as worse_frequency,
        rank() over (order by monetary_amount) - 1 as worse_monetary,
        rank() over (partition by response_billionths is null order by response_billionths) - 1 as worse_response,
        count(*) over () as buyer_count,
        count(response_billionths) over () as contacted_count
    from buyers
    where $method = 'quantile'
),

by_rank as (
    select
        customer_id,
        1 + 5 * worse_recency // buyer_count as r_score,
        1 + 5 * worse_frequency // buyer_count as f_score,
        1 + 5 * worse_monetary // buyer_count as m_score,
        case when response_billionths is not null then 1 + 5 * worse_response // contacted_count end as c_score
    from worse
),

by_cuts as (
    select
        customer_id,
        case
            when recency_days > $recency_cut_1 then 1
            when recency_days > $recency_cut_2 then 2
            when recency_days > $recency_cut_3 then 3
            when recency_days > $recency_cut_4 then 4
            else 5
        end as r_score,
        case
            when frequency >= $frequency_cut_4 then 5
            when frequency >= $frequency_cut_3 then 4
            when frequency >= $frequency_cut_2 then 3
            when frequency >= $frequency_cut_1 then 2
            else 1
        end as f_score,
        case
            when monetary_amount >= $monetary_cut_4 then 5
            when monetary_amount >= $monetary_cut_3 then 4
            when monetary_amount >= $monetary_cut_2 then 3
            when monetary_amount >= $monetary_cut_1 then 2
            else 1
        end as m_score,
        case
            when response_rate is null then null
            when response_rate >= $response_cut_4 then 5
            when response_rate >= $response_cut_3 then 4
            when response_rate >= $response_cut_2 then 3
            when response_rate >= $response_cut_1 then 2
            else 1
        end as c_score
    from buyers
    where $method = 'fixed'
),

means as (
    select
        count(*) as buyer_count,
        sum(recency_days) as recency_sum,
        sum(frequency) as frequency_sum,
        sum(monetary_amount) as monetary_sum,
        count(response_billionths) as contacted_count,
        sum(response_billionths) as response_sum
    from buyers
),

-- strictly better than the mean: 5, else 1; value * n against the sum, so that nothing is divided
by_mean as (
    select
        buyers.customer_id,
        case when buyers.recency_days * means.buyer_count < means.recency_sum then 5 else 1 end as r_score,
        case when buyers.frequency * means.buyer_count > means.frequency_sum then 5 else 1 end as f_score,
        case when buyers.monetary_amount * means.buyer_count > means.monetary_sum then 5 else 1 end as m_score,
        case
            when buyers.response_billionths is null then null
            when buyers.response_billionths * means.contacted_count > means.response_sum then 5
            else 1
        end as c_score
    from buyers
    cross join means
    where $method = 'mean'
),

scores as (
    select
        customer_id,
        r_score,
        f_score,
        m_score,
        c_score
    from by_rank
    union all
    select
        customer_id,
        r_score,
        f_score,
        m_score,
        c_score
    from by_cuts
    union all
    select
        customer_id,
        r_score,
        f_score,
        m_score,
        c_score
    from by_mean
),

judged as (
    select
        customer_id,
        r_score,
        f_score,
        m_score,
        c_score,
        r_score >= $high_score as is_recent,
        f_score >= $high_score as is_frequent,
        m_score >= $high_score as is_valuable
    from scores
)

select
    buyers.customer_id,
    buyers.recency_days,
    buyers.frequency,
    buyers.monetary_amount,
    buyers.response_rate,
    judged.r_score,
    judged.f_score,
    judged.m_score,
    judged.c_score,
    concat(
        case when judged.is_valuable then 'important_' else 'general_' end,
        case
            when judged.is_recent and judged.is_frequent then 'value'
            when judged.is_recent then 'develop'
            when judged.is_frequent then 'keep'
            else 'win_back'
        end
    ) as rfm_class,
    -- a null c_score is neither high nor low: the comparison is not true
    case
        when judged.is_recent and judged.is_frequent and judged.is_valuable then 'loyal_high_value'
        when
            judged.r_score <= $low_score and (judged.f_score >= $middle_score or judged.m_score >= $middle_score)
            then 'at_risk'
        when
            judged.f_score <= $low_score
            and judged.m_score <= $low_score
            and (judged.r_score <= $low_score or judged.c_score <= $low_score)
            then 'low_value'
        else 'potential'
    end as rfrc_class
from buyers
inner join judged on buyers.customer_id = judged.customer_id
