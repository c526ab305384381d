-- One row per customer: everything that the rules of the stages (stage_tests.sql) look at, as ages in days and counts.
-- A complaint or return is open until a purchase on a later day. A registration after as_of counts as none.
-- Reads: customer_attributes, customer_facts, customer_signals, purchase_gaps.
with population as (
    -- each customer counts once, however often they come
    select median(cast(own_gap_days as double)) as gap_days
    from purchase_gaps
)

select
    facts.customer_id,
    facts.order_count,
    facts.recency_days,
    12 * (year(cast($as_of as date)) - year(facts.last_order_on))
    + month(cast($as_of as date)) - month(facts.last_order_on)
    - case when day(facts.last_order_on) > day(cast($as_of as date)) then 1 else 0 end as recency_months,
    date_diff(
        'day',
        coalesce(
            case when who.registered_on <= cast($as_of as date) then who.registered_on end,
            facts.first_order_on
        ),
        cast($as_of as date)
    ) as known_days,
    date_diff('day', facts.first_order_on, cast($as_of as date)) as first_order_age_days,
    facts.orders_30d_count,
    facts.orders_60d_count,
    facts.orders_90d_count,
    facts.this_month_order_count,
    facts.last_month_order_count,
    facts.growing_order_count,
    facts.active_order_count,
    facts.warning_order_count,
    facts.order_count - facts.warning_order_count as earlier_order_count,
    facts.spend_window_count,
    facts.window_spend_fen,
    facts.window_spend_squares,
    -- shown, never compared: the rule compares whole fen
    case
        when facts.spend_window_count = $mature_windows
            then
                round(
                    sqrt(
                        cast($mature_windows as double) * cast(facts.window_spend_squares as double)
                        - cast(facts.window_spend_fen as double) * cast(facts.window_spend_fen as double)
                    ) / cast(facts.window_spend_fen as double),
                    6
                )
    end as spend_variation,
    case
        when facts.last_order_on is null or signals.complaint_on >= facts.last_order_on
            then date_diff('day', signals.complaint_on, cast($as_of as date))
    end as open_complaint_age_days,
    case
        when facts.last_order_on is null or signals.return_on >= facts.last_order_on
            then date_diff('day', signals.return_on, cast($as_of as date))
    end as open_return_age_days,
    date_diff('day', signals.activity_on, cast($as_of as date)) as activity_age_days,
    coalesce(gaps.gap_count, 0) as gap_count,
    gaps.own_gap_days,
    case
        when facts.order_count = 0 then null
        when gaps.gap_count >= $min_gaps then gaps.own_gap_days
        else coalesce(population.gap_days, $fallback_cycle_days)
    end as cycle_days
from customer_facts as facts
inner join customer_attributes as who on facts.customer_id = who.customer_id
left join customer_signals as signals on facts.customer_id = signals.customer_id
left join purchase_gaps as gaps on facts.customer_id = gaps.customer_id
cross join population
