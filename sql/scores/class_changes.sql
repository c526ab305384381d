-- One row per customer and class (rfm_class, rfrc_class) that is another than on the last published night, and why:
-- which score went from where to where, which cut it crossed, and the value behind it.
-- Reads: rfm_scores, previous_rfm_scores, rfm_profiles, previous_rfm_profiles, customer_facts, previous_customer_facts.
with versions as (
    select coalesce(tonight.profile_version <> before.profile_version, false) as is_redefined
    from rfm_profiles as tonight
    left join previous_rfm_profiles as before on tonight.rfm_profile = before.rfm_profile
    where tonight.rfm_profile = $default_profile
),

nights as (
    select
        coalesce(rfm_scores.customer_id, previous_rfm_scores.customer_id) as customer_id,
        rfm_scores.rfm_class,
        rfm_scores.rfrc_class,
        previous_rfm_scores.rfm_class as previous_rfm_class,
        previous_rfm_scores.rfrc_class as previous_rfrc_class
    from rfm_scores
    full outer join previous_rfm_scores on rfm_scores.customer_id = previous_rfm_scores.customer_id
    where cast($previous_as_of as date) is not null
),

moves as (
    select
        customer_id,
        'rfm_class' as what,
        coalesce(previous_rfm_class, 'none') as from_class,
        coalesce(rfm_class, 'none') as to_class
    from nights
    where previous_rfm_class is distinct from rfm_class
    union all
    select
        customer_id,
        'rfrc_class' as what,
        coalesce(previous_rfrc_class, 'none') as from_class,
        coalesce(rfrc_class, 'none') as to_class
    from nights
    where previous_rfrc_class is distinct from rfrc_class
),

scored as (
    select
        moves.customer_id,
        moves.what,
        rfm_scores.r_score,
        rfm_scores.f_score,
        rfm_scores.m_score,
        rfm_scores.c_score,
        rfm_scores.recency_days,
        rfm_scores.frequency,
        rfm_scores.monetary_amount,
        rfm_scores.response_rate,
        before.r_score as previous_r_score,
        before.f_score as previous_f_score,
        before.m_score as previous_m_score,
        before.c_score as previous_c_score,
        before.recency_days as previous_recency_days,
        before.frequency as previous_frequency,
        before.monetary_amount as previous_monetary_amount,
        before.response_rate as previous_response_rate
    from moves
    inner join rfm_scores on moves.customer_id = rfm_scores.customer_id
    inner join previous_rfm_scores as before on moves.customer_id = before.customer_id
),

letters as (
    select
        customer_id,
        what,
        1 as place,
        'r_score' as score_name,
        previous_r_score as old_score,
        r_score as new_score,
        concat('recency_days ', previous_recency_days) as old_value,
        concat('recency_days ', recency_days) as new_value,
        recency_days as shown
    from scored
    union all
    select
        customer_id,
        what,
        2 as place,
        'f_score' as score_name,
        previous_f_score as old_score,
        f_score as new_score,
        concat('frequency ', previous_frequency) as old_value,
        concat('frequency ', frequency) as new_value,
        frequency as shown
    from scored
    union all
    select
        customer_id,
        what,
        3 as place,
        'm_score' as score_name,
        previous_m_score as old_score,
        m_score as new_score,
        concat('monetary_amount ', previous_monetary_amount) as old_value,
        concat('monetary_amount ', monetary_amount) as new_value,
        monetary_amount as shown
    from scored
    union all
    select
        customer_id,
        what,
        4 as place,
        'c_score' as score_name,
        previous_c_score as old_score,
        c_score as new_score,
        concat('response_rate ', coalesce(cast(previous_response_rate as varchar), 'none')) as old_value,
        concat('response_rate ', coalesce(cast(response_rate as varchar), 'none')) as new_value,
        coalesce(cast(response_rate as varchar), 'none') as shown
    from scored
    where what = 'rfrc_class'
),

differences as (
    select
        customer_id,
        what,
        place,
        concat(
            score_name,
            ' ',
            coalesce(cast(old_score as varchar), 'none'),
            ' → ',
            coalesce(cast(new_score as varchar), 'none'),
            case
                when old_score < $high_score and new_score >= $high_score
                    then concat(' reached high_score ', $high_score)
                when old_score >= $high_score and new_score < $high_score
                    then concat(' fell below high_score ', $high_score)
                else ''
            end,
            case
                when what = 'rfm_class' then ''
                when old_score > $low_score and new_score <= $low_score then concat(' fell to low_score ', $low_score)
                when old_score <= $low_score and new_score > $low_score
                    then concat(' rose above low_score ', $low_score)
                else ''
            end,
            case
                when old_value = new_value then concat(' (', new_value, ' as before: others moved)')
                else concat(' (', old_value, ' → ', shown, ')')
            end
        ) as difference
    from letters
    where old_score is distinct from new_score
),

reasons as (
    select
        customer_id,
        what,
        string_agg(difference, '; ' order by place) as reason
    from differences
    group by customer_id, what
)

select
    cast($as_of as date) as as_of,
    moves.what,
    moves.customer_id,
    moves.from_class,
    moves.to_class,
    case
        when previous_customer_facts.customer_id is null then 'customer is new'
        when customer_facts.customer_id is null then 'customer was merged, split or erased'
        when moves.from_class = 'none' and customer_facts.order_count > previous_customer_facts.order_count
            then concat('order_count ', previous_customer_facts.order_count, ' → ', customer_facts.order_count)
        when moves.from_class = 'none' then 'has a purchase in the window'
        when moves.to_class = 'none' then 'no purchase in the window any more'
        when versions.is_redefined then 'definition changed'
        else coalesce(reasons.reason, 'definition changed')
    end as reason
from moves
cross join versions
left join customer_facts on moves.customer_id = customer_facts.customer_id
left join previous_customer_facts on moves.customer_id = previous_customer_facts.customer_id
left join reasons on moves.customer_id = reasons.customer_id and moves.what = reasons.what
