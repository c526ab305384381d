-- One row per store and channel: customers with a contact of their own, and those of them who agreed to be written to.
-- Reads: channel_consents, store_members.
select
    store_members.store_id,
    channel_consents.consent_channel,
    count(*) filter (where channel_consents.reach = 'reachable') as reachable_count,
    count(*) filter (where channel_consents.reach = 'reachable' and channel_consents.consent = 'granted')
        as consented_count
from store_members
inner join channel_consents on store_members.customer_id = channel_consents.customer_id
group by store_members.store_id, channel_consents.consent_channel
