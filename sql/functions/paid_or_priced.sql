-- What was paid for a line: as told, else its price times its pieces less its discount.
create or replace macro paid_or_priced(paid_amount, quantity, unit_price, discount_amount) as
coalesce(paid_amount, rounded_product(quantity, unit_price) - coalesce(discount_amount, 0))
