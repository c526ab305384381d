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

-- scores and values of both nights, by letter; c makes no rfm_class
scored as (
    select
        moves.customer_id,
        moves.what,
        before.r_score as r_before,
        rfm_scores.r_score as r_now,
        cast(before.recency_days as varchar) as r_value_before,
        cast(rfm_scores.recency_days as varchar) as r_value_now,
        before.f_score as f_before,
        rfm_scores.f_score as f_now,
        cast(before.frequency as varchar) as f_value_before,
        cast(rfm_scores.frequency as varchar) as f_value_now,
        before.m_score as m_before,
        rfm_scores.m_score as m_now,
        cast(before.monetary_amount as varchar) as m_value_before,
        cast(rfm_scores.monetary_amount as varchar) as m_value_now,
        case when moves.what = 'rfrc_class' then before.c_score end as c_before,
        case when moves.what = 'rfrc_class' then rfm_scores.c_score end as c_now,
        coalesce(cast(before.response_rate as varchar), 'none') as c_value_before,
        coalesce(cast(rfm_scores.response_rate as varchar), 'none') as c_value_now
    from moves
    inner join rfm_scores on moves.customer_id = rfm_scores.customer_id
    inner join previous_rfm_scores as before on moves.customer_id = before.customer_id
),

letters as (
    select
        customer_id,
        what,
        rfm_letter,
        case rfm_letter
            when 'r' then 'recency_days'
            when 'f' then 'frequency'
            when 'm' then 'monetary_amount'
            else 'response_rate'
        end as feature,
        old_score,
        new_score,
        old_value,
        new_value
    from scored
    unpivot (
        (old_score, new_score, old_value, new_value) for rfm_letter in (
            (r_before, r_now, r_value_before, r_value_now) as r,
            (f_before, f_now, f_value_before, f_value_now) as f,
            (m_before, m_now, m_value_before, m_value_now) as m,
            (c_before, c_now, c_value_before, c_value_now) as c
        )
    )
),

differences as (
    select
        customer_id,
        what,
        strpos('rfmc', rfm_letter) as place,
        concat(
            rfm_letter,
            '_score ',
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
                when old_value = new_value then concat(' (', feature, ' ', new_value, ' as before: others moved)')
                else concat(' (', feature, ' ', old_value, ' → ', new_value, ')')
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
