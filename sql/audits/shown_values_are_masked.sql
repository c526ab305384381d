-- No name, phone or e-mail of customers is shown in full.
-- Reads: customers.
select count(*) as fault_count
from customers
where
    name_masked not like '%*%'
    or phone_masked not like '%*%'
    or email_masked not like '%*%'
