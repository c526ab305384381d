-- Money of two decimals divided by a count: exact, then rounded to the cent once, half away from zero. Null for none.
create or replace macro rounded_quotient(amount, parts) as
cast(
    sign(amount)
    * (
        (cast(abs(cast(amount as decimal(38, 2))) * 100 as hugeint) * 2 + nullif(parts, 0))
        // (2 * nullif(parts, 0))
    )
    as decimal(18, 0)
) * 0.01
