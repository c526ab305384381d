-- One row per recency score and frequency score, empty cells included: how many customers, and their money.
-- Reads: rfm_scores.
-- Columns:
--   customer_count: Customers in the cell.
--   customer_rate: Share of all scored customers.
--   monetary_rate: Share of the money of all scored customers.
--   mean_monetary_amount: Money per customer; null in an empty cell.
with scores as (
    select numbers.score
    from (values (1), (2), (3), (4), (5)) as numbers (score)
),

cells as (
    select
        r_score,
        f_score,
        count(*) as customer_count,
        sum(monetary_amount) as monetary_amount
    from rfm_scores
    group by r_score, f_score
),

totals as (
    select
        count(*) as customer_count,
        sum(monetary_amount) as monetary_amount
    from rfm_scores
)

select
    recency.score as r_score,
    frequency.score as f_score,
    coalesce(cells.customer_count, 0) as customer_count,
    round(coalesce(cells.customer_count, 0) / nullif(totals.customer_count, 0), 6) as customer_rate,
    cast(coalesce(cells.monetary_amount, 0) as decimal(18, 2)) as monetary_amount,
    round(coalesce(cells.monetary_amount, 0) / nullif(totals.monetary_amount, 0), 6) as monetary_rate,
    cast(cells.monetary_amount / cells.customer_count as decimal(18, 2)) as mean_monetary_amount
from scores as recency
cross join scores as frequency
cross join totals
left join cells on recency.score = cells.r_score and frequency.score = cells.f_score
