-- One row per person: who they are, what they bought, every current score, stage, tier, tag and forecast.
-- Where nobody told gender, age band or place, what was concluded stands in their column, and its source says imputed.
-- Reads: acquisitions, channel_consents, churn_scores, contact_values, customer_attributes, customer_facts,
-- customer_tags, imputed_attributes, lifecycle_stages, lifetime_values, memberships, next_orders, orders,
-- preferred_channels, response_rates, rfm_groups, rfm_scores.
with stages as (
    select
        customer_id,
        max(case when profile = 'guide' then stage end) as lifecycle_stage,
        max(case when profile = 'active' then stage end) as activity_stage,
        max(case when profile = 'funnel' then stage end) as funnel_stage,
        max(case when profile = 'own_cycle' then stage end) as own_cycle_stage,
        ','
        || array_to_string(
            list_sort(
                list(profile || ':' || stage) filter (where profile not in ('guide', 'active', 'funnel', 'own_cycle'))
            ),
            ','
        )
        || ',' as own_stages
    from lifecycle_stages
    group by customer_id
),

groups as (
    select
        customer_id,
        max(case when rfm_grouping = 'classic_style' then rfm_group end) as rfm_group,
        max(case when rfm_grouping = 'shopify_style' then rfm_group end) as shopify_group,
        max(case when rfm_grouping = 'klaviyo_style' then rfm_group end) as klaviyo_group
    from rfm_groups
    group by customer_id
),

tags as (
    select
        customer_id,
        -- sorting the few tags of each is cheaper than an ordered aggregate
        ',' || array_to_string(list_sort(list(tag)), ',') || ',' as tags,
        max(case when tag = 'category_preference' then value end) as preferred_category
    from customer_tags
    group by customer_id
),

consents as (
    select
        customer_id,
        max(case when consent_channel = 'sms' then consent end) as sms_consent,
        max(case when consent_channel = 'email' then consent end) as email_consent,
        max(case when consent_channel = 'wecom' then consent end) as wecom_consent,
        max(case when consent_channel = 'ads' then consent end) as ads_consent
    from channel_consents
    group by customer_id
),

next_ones as (
    select
        customer_id,
        min(expected_on) as next_order_expected_on,
        bool_or(is_due) as is_order_due
    from next_orders
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
    coalesce(who.gender, imputed.imputed_gender) as gender,
    coalesce(who.gender_source, case when imputed.imputed_gender is not null then 'imputed' end) as gender_source,
    who.birth_year,
    who.birth_year_source,
    coalesce(who.age_band, imputed.imputed_age_band) as age_band,
    case
        when who.age_band is not null then who.birth_year_source
        when imputed.imputed_age_band is not null then 'imputed'
    end as age_band_source,
    case when who.city is null and who.province is null then imputed.imputed_province else who.province end as province,
    case when who.city is null and who.province is null then imputed.imputed_city else who.city end as city,
    case
        when who.city is null and who.province is null and imputed.imputed_city is not null then 'imputed'
        else who.city_source
    end as city_source,
    who.is_member,
    who.registered_on,
    who.home_store_id,
    who.acquisition_channel,
    who.profiling_opt_out,
    who.is_minor,
    who.profile_count,
    preferred_channels.preferred_channel,
    preferred_channels.preferred_channel_source,
    preferred_channels.preferred_contact_channel,
    preferred_channels.preferred_purchase_channel,
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
    groups.rfm_group,
    groups.shopify_group,
    groups.klaviyo_group,
    stages.lifecycle_stage,
    stages.activity_stage,
    stages.funnel_stage,
    stages.own_cycle_stage,
    stages.own_stages,
    memberships.tier,
    memberships.earned_tier,
    memberships.reported_tier,
    memberships.spend_12m_amount,
    memberships.next_tier,
    memberships.amount_to_next_tier,
    memberships.points_balance,
    memberships.points_liability_amount,
    memberships.ledger_difference,
    churn_scores.churn_probability,
    churn_scores.alive_probability,
    churn_scores.risk_level,
    churn_scores.reason_1 as churn_reason,
    lifetime_values.historic_revenue_amount,
    lifetime_values.historic_margin_amount,
    lifetime_values.expected_orders_12m,
    lifetime_values.expected_revenue_12m_amount,
    lifetime_values.expected_margin_12m_amount,
    lifetime_values.revenue_12m_low_amount,
    lifetime_values.revenue_12m_high_amount,
    lifetime_values.discounted_ltv_amount,
    acquisitions.acquired_channel,
    contact_values.is_worth_contacting,
    next_ones.next_order_expected_on,
    next_ones.is_order_due,
    tags.tags,
    tags.preferred_category,
    consents.sms_consent,
    consents.email_consent,
    consents.wecom_consent,
    consents.ads_consent,
    history.history_starts_on
from customer_attributes as who
inner join customer_facts as facts on who.customer_id = facts.customer_id
inner join stages on who.customer_id = stages.customer_id
left join imputed_attributes as imputed on who.customer_id = imputed.customer_id
left join preferred_channels on who.customer_id = preferred_channels.customer_id
left join response_rates on who.customer_id = response_rates.customer_id
left join rfm_scores on who.customer_id = rfm_scores.customer_id
left join groups on who.customer_id = groups.customer_id
left join memberships on who.customer_id = memberships.customer_id
left join churn_scores on who.customer_id = churn_scores.customer_id
left join lifetime_values on who.customer_id = lifetime_values.customer_id
left join acquisitions on who.customer_id = acquisitions.customer_id
left join contact_values on who.customer_id = contact_values.customer_id
left join next_ones on who.customer_id = next_ones.customer_id
left join consents on who.customer_id = consents.customer_id
left join tags on who.customer_id = tags.customer_id
cross join history
