-- One row per currency and span of days on which one rate holds: a rate holds until the next one is told.
-- The retailer's own currency holds 1 for ever.
-- Reads: clean_fx_rates.
with
home as (
    select cast($currency as varchar) as currency
),

told as (
    select
        currency,
        rate_on,
        rate,
        row_number() over (partition by currency, rate_on order by source asc, row_key asc) as place
    from clean_fx_rates
    where currency <> cast($currency as varchar)
)

select
    currency,
    rate_on as held_from_on,
    coalesce(lead(rate_on) over (partition by currency order by rate_on asc), date '9999-12-31') as held_until_on,
    rate
from told
where place = 1
union all
select
    home.currency,
    date '0001-01-01' as held_from_on,
    date '9999-12-31' as held_until_on,
    1 as rate
from home
