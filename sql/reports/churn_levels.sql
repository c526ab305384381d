-- One row per risk level (none where the model abstained): customers and how many of them are expected to stay away.
-- Reads: churn_scores.
select
    coalesce(risk_level, 'none') as risk_level,
    abstained_because,
    method,
    horizon_days,
    count(*) as customer_count,
    round(sum(churn_probability), 2) as expected_count
from churn_scores
group by coalesce(risk_level, 'none'), abstained_because, method, horizon_days
