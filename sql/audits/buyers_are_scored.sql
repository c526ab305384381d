-- Exactly the customers with a purchase in the window of the scores have RFM scores, with the same figures.
-- Reads: customers, rfm_scores.
with buyers as (
    select
        customer_id,
        recency_days,
        frequency,
        monetary_amount
    from customers
    where frequency > 0
)

select count(*) as fault_count
from buyers
full join rfm_scores on buyers.customer_id = rfm_scores.customer_id
where
    buyers.recency_days is distinct from rfm_scores.recency_days
    or buyers.frequency is distinct from rfm_scores.frequency
    or buyers.monetary_amount is distinct from rfm_scores.monetary_amount
