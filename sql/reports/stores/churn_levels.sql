-- One row per store, risk level (none where the model abstained) and reason: customers, expected to stay away.
-- Reads: churn_scores, store_members.
select
    store_members.store_id,
    coalesce(churn_scores.risk_level, 'none') as risk_level,
    churn_scores.abstained_because,
    churn_scores.method,
    churn_scores.horizon_days,
    count(*) as customer_count,
    round(sum(churn_scores.churn_probability), 2) as expected_count
from store_members
inner join churn_scores on store_members.customer_id = churn_scores.customer_id
group by
    store_members.store_id,
    coalesce(churn_scores.risk_level, 'none'),
    churn_scores.abstained_because,
    churn_scores.method,
    churn_scores.horizon_days
