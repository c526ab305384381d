-- One row per place (the house, or a store), segment and combination of traits: members of the segment, and how they
-- buy. Segment null = all customers of the place. Everything that portraits tell of people is summed from here, so the
-- long table of members is read once. Reads: people, segment_members.
with members as (
    select
        people.place_id,
        segment_members.segment,
        people.gender,
        people.age_band,
        people.city,
        people.preferred_channel,
        people.is_member,
        people.net_amount,
        people.order_count,
        people.recency_days
    from segment_members
    inner join people on segment_members.customer_id = people.customer_id
    union all
    select
        place_id,
        cast(null as varchar) as segment,
        gender,
        age_band,
        city,
        preferred_channel,
        is_member,
        net_amount,
        order_count,
        recency_days
    from people
)

select
    place_id,
    segment,
    gender,
    age_band,
    city,
    preferred_channel,
    is_member,
    count(*) as customer_count,
    count(*) filter (where order_count > 0) as buyer_count,
    count(recency_days) as recency_count,
    sum(net_amount) as net_amount,
    sum(order_count) as order_count,
    sum(recency_days) as recency_days
from members
group by place_id, segment, gender, age_band, city, preferred_channel, is_member
