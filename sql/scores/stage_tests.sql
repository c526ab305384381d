-- One row per customer: which rule of which lifecycle profile holds. What is not known holds for nobody.
-- The order in which rules win is that of the settings; see pipeline.scores.stage_statements.
-- Reads: stage_features.
select
    customer_id,
    order_count > 0 as is_buyer,
    coalesce(recency_days >= $churned_days, false) as guide_churned,
    coalesce(recency_days >= $dormant_days, false) as guide_dormant,
    coalesce(known_days < $new_days, false) as guide_new,
    -- (population deviation / mean) squared <= p / q, for n windows with sum S and sum of squares Q in whole fen:
    -- q * (n * Q - S * S) <= p * S * S
    spend_window_count = $mature_windows
    and (
        $mature_windows * window_spend_squares
        - cast(window_spend_fen as decimal(38, 0)) * cast(window_spend_fen as decimal(38, 0))
    ) * $squared_variation_divisor
    <= cast(window_spend_fen as decimal(38, 0)) * cast(window_spend_fen as decimal(38, 0))
    * $squared_variation_dividend as guide_mature,
    growing_order_count >= $growing_orders as guide_growing,
    coalesce(first_order_age_days < $active_new_days, false) as active_new,
    coalesce(recency_days >= $active_dormant_days, false) as active_dormant,
    -- n / w <= p / q * earlier / d with w days in the window and d days before it: n * d * q <= p * w * earlier
    coalesce(
        earlier_order_count >= $warning_earlier_orders
        and warning_order_count * (first_order_age_days - $warning_window_days) * $warning_pace_divisor
        <= $warning_pace_dividend * $warning_window_days * earlier_order_count,
        false
    ) as active_churn_warning,
    active_order_count >= $active_orders as active_active,
    coalesce(open_complaint_age_days < $complaint_days, false)
    or coalesce(open_return_age_days < $return_days, false) as funnel_win_back,
    coalesce(recency_days >= $wake_up_days, false) as funnel_wake_up,
    order_count >= $repeat_orders as funnel_repeat,
    coalesce(activity_age_days < $activation_days, false) as funnel_activated,
    coalesce(recency_days * $dormant_cycles_divisor > cycle_days * $dormant_cycles_dividend, false)
        as own_cycle_dormant,
    coalesce(recency_days * $overdue_cycles_divisor > cycle_days * $overdue_cycles_dividend, false)
        as own_cycle_overdue
from stage_features
