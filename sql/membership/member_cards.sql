-- One row per customer and member number: tier and points as its sources tell them.
-- Several member sources may tell one number: the first by name that tells a fact counts, so that no balance is
-- added twice. Movements of several points sources all count. Reads: clean_members, clean_points, customer_profiles,
-- profile_values.
with numbers as (
    select distinct
        customer_profiles.customer_id,
        profile_values.attribute_value as member_no
    from profile_values
    inner join customer_profiles
        on
            profile_values.source = customer_profiles.source
            and profile_values.profile_key = customer_profiles.profile_key
    where profile_values.attribute = 'member_no'
),

told as (
    select
        customer_profiles.customer_id,
        clean_members.member_no,
        min_by(clean_members.reported_tier, clean_members.source || ':' || clean_members.row_key) filter (
            where clean_members.reported_tier is not null
        ) as reported_tier,
        min_by(clean_members.points_balance, clean_members.source || ':' || clean_members.row_key) filter (
            where clean_members.points_balance is not null
        ) as points_balance
    from clean_members
    inner join customer_profiles
        on
            clean_members.source = customer_profiles.source
            and clean_members.profile_key = customer_profiles.profile_key
    where clean_members.member_no is not null
    group by customer_profiles.customer_id, clean_members.member_no
),

moved as (
    select
        customer_profiles.customer_id,
        clean_points.member_no,
        sum(clean_points.points) as moved_points,
        coalesce(
            sum(clean_points.points) filter (
                where not regexp_matches(lower(coalesce(clean_points.reason, '')), $earning_pattern)
            ),
            0
        ) as other_points
    from clean_points
    inner join customer_profiles
        on
            clean_points.source = customer_profiles.source
            and clean_points.profile_key = customer_profiles.profile_key
    where clean_points.member_no is not null and clean_points.event_on <= cast($as_of as date)
    group by customer_profiles.customer_id, clean_points.member_no
)

select
    numbers.customer_id,
    numbers.member_no,
    told.reported_tier,
    told.points_balance,
    moved.moved_points,
    moved.other_points
from numbers
left join told on numbers.customer_id = told.customer_id and numbers.member_no = told.member_no
left join moved on numbers.customer_id = moved.customer_id and numbers.member_no = moved.member_no
