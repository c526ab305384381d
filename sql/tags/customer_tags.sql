-- One row per customer and tag that is true of them and has not expired by as_of.
-- A tag whose name and value were there on the last published night keeps the day from which it holds.
-- Reads: previous_customer_tags, tag_matches (customer_id, tag, value, evidence, rule_version, expires_on).
select
    tag_matches.customer_id,
    tag_matches.tag,
    tag_matches.value,
    tag_matches.evidence,
    tag_matches.rule_version,
    coalesce(previous_customer_tags.valid_from_on, cast($as_of as date)) as valid_from_on,
    tag_matches.expires_on
from tag_matches
left join previous_customer_tags
    on
        tag_matches.customer_id = previous_customer_tags.customer_id
        and tag_matches.tag = previous_customer_tags.tag
        and tag_matches.value = previous_customer_tags.value
where tag_matches.expires_on > cast($as_of as date)
