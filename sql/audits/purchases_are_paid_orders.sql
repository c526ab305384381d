-- A purchase has net money above zero and no reason against it; every other order names its reason.
-- Reads: orders.
select count(*) as fault_count
from orders
where
    is_purchase <> (excluded_because is null)
    or (is_purchase and (net_amount <= 0 or is_return))
