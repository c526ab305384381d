-- One row per store, recency score and frequency score: customers, and their money within the window of the scores.
-- Reads: store_members.
select
    store_id,
    r_score,
    f_score,
    count(*) as customer_count,
    cast(sum(monetary_amount) as decimal(18, 2)) as monetary_amount
from store_members
where r_score is not null and f_score is not null
group by store_id, r_score, f_score
