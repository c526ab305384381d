-- Every customer with a member number has a membership and nobody else; a balance is what is reported, else the ledger.
-- Reads: customers, memberships.
select count(*) as fault_count
from customers
full outer join memberships on customers.customer_id = memberships.customer_id
where
    coalesce(customers.is_member, false) <> (memberships.customer_id is not null)
    or memberships.points_balance <> coalesce(memberships.reported_points, memberships.ledger_points)
