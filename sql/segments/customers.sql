-- One row per person: who they are, what they bought, every current score and stage.
-- Reads: customer_attributes, customer_facts, lifecycle_stages, orders, response_rates, rfm_scores.
with channels as (
    select
        customer_id,
        channel,
        count(*) as order_count,
        max(ordered_at) as last_ordered_at
    from orders
    where is_purchase and customer_id is not null
    group by customer_id, channel
),

-- most purchases; ties to the most recent purchase, then to the name
ranked_channels as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id
            order by order_count desc, last_ordered_at desc, channel asc
        ) as place
    from channels
),

stages as (
    select
        customer_id,
        max(case when profile = 'guide' then stage end) as lifecycle_stage,
        max(case when profile = 'active' then stage end) as activity_stage
    from lifecycle_stages
    group by customer_id
),

history as (
    select min(ordered_on) as history_starts_on
    from orders
)

select
    who.customer_id,
    who.name_masked,
    who.phone_masked,
    who.email_masked,
    who.gender,
    who.gender_source,
    who.birth_year,
    who.birth_year_source,
    who.age_band,
    who.province,
    who.city,
    who.city_source,
    who.is_member,
    who.registered_on,
    who.home_store_id,
    who.acquisition_channel,
    who.profiling_opt_out,
    who.is_minor,
    who.profile_count,
    ranked_channels.channel as preferred_channel,
    facts.first_order_on,
    facts.last_order_on,
    facts.order_count,
    facts.net_amount,
    facts.recency_days,
    facts.frequency,
    facts.monetary_amount,
    facts.orders_30d_count,
    facts.orders_60d_count,
    facts.orders_90d_count,
    response_rates.response_rate,
    rfm_scores.r_score,
    rfm_scores.f_score,
    rfm_scores.m_score,
    rfm_scores.c_score,
    rfm_scores.rfm_class,
    rfm_scores.rfrc_class,
    stages.lifecycle_stage,
    stages.activity_stage,
    history.history_starts_on
from customer_attributes as who
inner join customer_facts as facts on who.customer_id = facts.customer_id
inner join stages on who.customer_id = stages.customer_id
left join ranked_channels on who.customer_id = ranked_channels.customer_id and ranked_channels.place = 1
left join response_rates on who.customer_id = response_rates.customer_id
left join rfm_scores on who.customer_id = rfm_scores.customer_id
cross join history
