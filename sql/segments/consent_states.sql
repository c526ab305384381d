-- One row per identifier, channel and purpose: what was said last, and when. What was never said has no row: no.
-- Reads: clean_consents, clean_members, profile_keys, source_files. $as_of
-- Of one moment the withdrawal counts. A source that names no purpose speaks for all (`*`). The flags of a member
-- row count from consented_at; without it a yes is as old as the membership, so that it never overrules an explicit
-- withdrawal, and a no is as young as its file.
with
flags as (
    select
        source,
        profile_key,
        file_sha,
        member_no,
        phone,
        email,
        unionid,
        openid,
        platform_user_id,
        registered_on,
        consented_at,
        consent_channel,
        is_granted
    from (
        select
            source,
            profile_key,
            file_sha,
            member_no,
            phone,
            email,
            unionid,
            openid,
            platform_user_id,
            registered_on,
            consented_at,
            consent_sms as sms,
            consent_email as email_letters,
            consent_wecom as wecom,
            consent_ads as ads
        from clean_members
        where profile_key is not null
    ) as told
    unpivot (is_granted for consent_channel in (sms, email_letters, wecom, ads))
),

file_days as (
    select
        source,
        sha256 as file_sha,
        min(file_on) as file_on
    from source_files
    where state = 'loaded'
    group by source, sha256
),

flag_words as (
    select
        flags.source,
        flags.profile_key,
        flags.member_no,
        flags.phone,
        flags.email,
        flags.unionid,
        flags.openid,
        flags.platform_user_id,
        cast(null as varchar) as external_userid,
        case flags.consent_channel when 'email_letters' then 'email' else flags.consent_channel end as consent_channel,
        '*' as purpose,
        case when flags.is_granted then 'granted' else 'withdrawn' end as consent_state,
        cast(
            case
                when flags.consented_at is not null then flags.consented_at
                when not flags.is_granted then coalesce(cast(file_days.file_on as timestamp), timestamp '1900-01-01')
                when flags.registered_on <= cast($as_of as date) then cast(flags.registered_on as timestamp)
                else timestamp '1900-01-01'
            end as timestamp
        ) as changed_at,
        cast(null as varchar) as consent_source
    from flags
    left join file_days on flags.source = file_days.source and flags.file_sha = file_days.file_sha
    where flags.consented_at is null or cast(flags.consented_at as date) <= cast($as_of as date)
),

words as (
    select
        source,
        profile_key,
        member_no,
        phone,
        email,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        consent_channel,
        coalesce(nullif(lower(trim(purpose)), ''), '*') as purpose,
        consent_state,
        changed_at,
        consent_source
    from clean_consents
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        phone,
        email,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        consent_channel,
        purpose,
        consent_state,
        changed_at,
        consent_source
    from flag_words
),

identifiers as (
    select
        source,
        profile_key,
        key_type,
        key_value,
        consent_channel,
        purpose,
        consent_state,
        changed_at,
        consent_source
    from words
    unpivot (
        key_value for key_type in (member_no, phone, email, unionid, openid, platform_user_id, external_userid)
    )
),

ranked as (
    select
        profile_keys.key_type,
        profile_keys.key_scope,
        profile_keys.key_hash,
        identifiers.consent_channel,
        identifiers.purpose,
        identifiers.consent_state,
        identifiers.changed_at,
        identifiers.source,
        identifiers.consent_source,
        row_number() over (
            partition by
                profile_keys.key_type,
                profile_keys.key_scope,
                profile_keys.key_hash,
                identifiers.consent_channel,
                identifiers.purpose
            order by
                identifiers.changed_at desc,
                identifiers.consent_state desc,
                identifiers.source asc,
                identifiers.consent_source asc nulls last
        ) as place
    from identifiers
    inner join profile_keys
        on
            identifiers.source = profile_keys.source
            and identifiers.profile_key = profile_keys.profile_key
            and identifiers.key_type = profile_keys.key_type
            and identifiers.key_value = profile_keys.key_value
)

select
    key_type,
    key_scope,
    key_hash,
    consent_channel,
    purpose,
    consent_state,
    changed_at,
    source,
    consent_source
from ranked
where place = 1
