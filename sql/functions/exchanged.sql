-- An amount in another currency at a rate, rounded to the cent once, half away from zero. Money of the retailer's own
-- currency, which has the rate 1, stays what it is.
create or replace macro exchanged(amount, rate) as
case when rate = 1 then amount else rounded_product(amount, rate) end
