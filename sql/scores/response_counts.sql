-- One row per customer with a delivered contact outside control groups: how many came, how many were answered.
-- Nothing after as_of counts: neither a later delivery nor a later answer. An answer counts on delivered contacts.
-- Reads: clean_campaign_contacts, customer_profiles.
with contacts as (
    select
        customer_profiles.customer_id,
        case
            when clean_campaign_contacts.has_delivery_column then clean_campaign_contacts.delivered_at
            else clean_campaign_contacts.sent_at
        end as received_at,
        clean_campaign_contacts.responded_at,
        clean_campaign_contacts.clicked_at
    from clean_campaign_contacts
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    where not clean_campaign_contacts.is_control
)

select
    customer_id,
    count(*) as delivered_count,
    count(*) filter (
        where cast(responded_at as date) <= cast($as_of as date) or cast(clicked_at as date) <= cast($as_of as date)
    ) as response_count
from contacts
where cast(received_at as date) <= cast($as_of as date)
group by customer_id
