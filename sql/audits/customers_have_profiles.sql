-- Persons are exactly those whom source profiles belong to.
-- Reads: customer_profiles, customers.
with people as (
    select distinct customer_id
    from customer_profiles
)

select count(*) as fault_count
from people
full join customers on people.customer_id = customers.customer_id
where people.customer_id is null or customers.customer_id is null
