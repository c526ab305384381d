-- Every stage is one that a rule of its lifecycle profile gives, and the first of those that matched.
-- Reads: lifecycle_rules, lifecycle_stages.
select count(*) as fault_count
from lifecycle_stages
where
    stage <> split_part(matched_stages, ',', 1)
    or (profile, stage) not in (select (lifecycle_rules.profile, lifecycle_rules.stage) from lifecycle_rules)
