-- One row per customer who may be profiled: the band of recency they are in tonight, and what a message would cause.
-- Reads: contact_effects, customer_attributes, customer_facts, recency_bands.
with people as (
    select
        customer_facts.customer_id,
        coalesce(recency_bands.contact_band, 'never') as contact_band
    from customer_facts
    inner join customer_attributes on customer_facts.customer_id = customer_attributes.customer_id
    left join recency_bands
        on
            customer_facts.recency_days >= recency_bands.from_days
            and customer_facts.recency_days < recency_bands.until_days
    where not customer_attributes.profiling_opt_out and not customer_attributes.is_minor
)

select
    people.customer_id,
    people.contact_band,
    contact_effects.effect_margin_amount,
    contact_effects.contact_cost_amount,
    contact_effects.effect_margin_amount > contact_effects.contact_cost_amount as is_worth_contacting,
    coalesce(contact_effects.effect_evidence, 'none') as effect_evidence
from people
left join contact_effects on people.contact_band = contact_effects.contact_band
