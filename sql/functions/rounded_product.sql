-- Pieces times a price, or money times a rate: exact, then rounded to the cent once, half away from zero.
create or replace macro rounded_product(factor, amount) as round(cast(factor as decimal(38, 8)) * amount, 2)
