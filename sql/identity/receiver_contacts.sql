-- One row per source profile, receiver's phone, what a masked one shows, and receiver's name on its orders that are
-- no gifts.
-- Reads: clean_order_heads, clean_order_lines.
-- A receiver without a name cannot be shown to be the buyer and is left out; a hidden phone, and one of which nothing
-- is shown, is written as nothing, for its parcels still tell to whom the buyer sends most.
with
parcels as (
    select
        source,
        profile_key,
        receiver_phone,
        receiver_phone_shown,
        receiver_name,
        order_id,
        is_gift,
        event_on
    from clean_order_heads
    union all
    select
        source,
        profile_key,
        receiver_phone,
        receiver_phone_shown,
        receiver_name,
        order_id,
        is_gift,
        event_on
    from clean_order_lines
)

select
    source,
    profile_key,
    coalesce(receiver_phone, '') as receiver_phone,
    coalesce(receiver_phone_shown, '') as receiver_phone_shown,
    receiver_name,
    count(distinct order_id) as parcel_count,
    min(event_on) as first_seen_on,
    max(event_on) as last_seen_on
from parcels
where
    profile_key is not null
    and receiver_name is not null
    and not coalesce(is_gift, false)
group by
    source,
    profile_key,
    coalesce(receiver_phone, ''),
    coalesce(receiver_phone_shown, ''),
    receiver_name
