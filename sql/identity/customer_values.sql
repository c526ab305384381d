-- One row per person and attribute: the value that survives, and the profile it comes from.
-- Reads: customer_profiles, profile_values, profile_names, profile_keys, contact_points.
-- A full name beats a masked one and a masked one a nickname, a place with its city one without; then the member
-- file beats orders and orders beat the rest; then the value seen last; then the longest; ties by source and value.
-- survival_rule names the first of these that decided, losing_count how many other values there are.
-- Phones and e-mails are the preferred contact points, so that shared ones never speak for a person.
with
candidates as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        case when attribute = 'place' and attribute_value like '%/' then 2 else 1 end as grade,
        trust_rank,
        last_seen_on
    from profile_values
    where attribute in ('gender', 'birth_date', 'place', 'home_store_id', 'acquisition_channel')
    union all
    select
        source,
        profile_key,
        'name' as attribute,
        name_text as attribute_value,
        case name_class when 'full' then 1 when 'masked' then 2 else 3 end as grade,
        trust_rank,
        last_seen_on
    from profile_names
    union all
    select
        source,
        profile_key,
        key_type as attribute,
        key_value as attribute_value,
        1 as grade,
        trust_rank,
        last_seen_on
    from profile_keys
    where key_type in ('phone', 'email')
),

owned as (
    select
        customer_profiles.customer_id,
        candidates.source,
        candidates.profile_key,
        candidates.attribute,
        candidates.attribute_value,
        candidates.grade,
        candidates.trust_rank,
        candidates.last_seen_on
    from candidates
    inner join customer_profiles
        on
            candidates.source = customer_profiles.source
            and candidates.profile_key = customer_profiles.profile_key
    left join contact_points
        on
            customer_profiles.customer_id = contact_points.customer_id
            and candidates.attribute = contact_points.contact_type
            and candidates.attribute_value = contact_points.contact_value
            and contact_points.is_preferred
    where
        candidates.attribute not in ('phone', 'email')
        or contact_points.contact_value is not null
),

ordered as (
    select
        customer_id,
        attribute,
        attribute_value,
        source,
        profile_key,
        trust_rank,
        last_seen_on,
        grade,
        row_number() over (
            partition by customer_id, attribute
            order by
                grade asc,
                trust_rank asc,
                last_seen_on desc nulls last,
                length(attribute_value) desc,
                source asc,
                attribute_value asc,
                profile_key asc
        ) as position
    from owned
),

winners as (
    select
        customer_id,
        attribute,
        attribute_value,
        source,
        profile_key,
        trust_rank,
        last_seen_on,
        grade
    from ordered
    where position = 1
),

-- the best showing of each value that lost, as far as the rules reach
losers as (
    select
        winners.customer_id,
        winners.attribute,
        count(distinct ordered.attribute_value) as losing_count,
        min(ordered.grade) as best_grade,
        min(case when ordered.grade = winners.grade then ordered.trust_rank end) as best_trust_rank,
        max(
            case
                when ordered.grade = winners.grade and ordered.trust_rank = winners.trust_rank
                    then coalesce(ordered.last_seen_on, date '1900-01-01')
            end
        ) as latest_on,
        max(
            case
                when
                    ordered.grade = winners.grade
                    and ordered.trust_rank = winners.trust_rank
                    and ordered.last_seen_on is not distinct from winners.last_seen_on
                    then length(ordered.attribute_value)
            end
        ) as longest
    from winners
    inner join ordered
        on
            winners.customer_id = ordered.customer_id
            and winners.attribute = ordered.attribute
            and winners.attribute_value <> ordered.attribute_value
            and ordered.position > 1
    group by
        winners.customer_id,
        winners.attribute
),

contacts as (
    select
        customer_id,
        contact_type,
        count(*) as contact_count
    from contact_points
    group by
        customer_id,
        contact_type
)

select
    winners.customer_id,
    winners.attribute,
    winners.attribute_value,
    winners.source,
    winners.profile_key,
    winners.trust_rank,
    winners.last_seen_on as seen_on,
    case
        when contacts.contact_count > 1 then 'preferred_contact'
        when losers.losing_count is null then 'only'
        when losers.best_grade > winners.grade then 'most_telling'
        when losers.best_trust_rank > winners.trust_rank then 'most_trusted'
        when losers.latest_on < coalesce(winners.last_seen_on, date '1900-01-01') then 'latest'
        when losers.longest < length(winners.attribute_value) then 'longest'
        else 'tie'
    end as survival_rule,
    coalesce(contacts.contact_count - 1, losers.losing_count, 0) as losing_count
from winners
left join losers
    on
        winners.customer_id = losers.customer_id
        and winners.attribute = losers.attribute
left join contacts
    on
        winners.customer_id = contacts.customer_id
        and winners.attribute = contacts.contact_type
