-- One row per RFM profile and customer with a purchase in the profile's window: values and scores 1..rfm_levels.
-- A score never depends on row order: equal values get equal scores under every method.
-- Reads: customer_facts, orders, response_rates, rfm_profiles.
with profiles as (
    select
        *,
        coalesce(rfm_window_days, 0) as window_days
    from rfm_profiles
),

-- 0 = all history. Profiles with one window share their values and ranks; those of the default stand in customer_facts
other_windows as (
    select distinct window_days
    from profiles
    where window_days <> $rfm_window_days
),

windowed as (
    select
        customer_id,
        cast($rfm_window_days as bigint) as window_days,
        frequency,
        monetary_amount
    from customer_facts
    where frequency > 0
    union all
    select
        orders.customer_id,
        other_windows.window_days,
        count(*) as frequency,
        cast(sum(orders.net_amount) as decimal(18, 2)) as monetary_amount
    from orders
    inner join other_windows
        on
            other_windows.window_days = 0
            or date_diff('day', orders.ordered_on, cast($as_of as date)) < other_windows.window_days
    where orders.is_purchase and orders.customer_id is not null and orders.ordered_on <= cast($as_of as date)
    group by orders.customer_id, other_windows.window_days
),

buyers as (
    select
        windowed.customer_id,
        windowed.window_days,
        customer_facts.recency_days,
        windowed.frequency,
        windowed.monetary_amount,
        response_rates.response_rate,
        -- rates have 9 places: whole billionths compare and add up exactly
        cast(round(response_rates.response_rate * 1000000000) as bigint) as response_billionths
    from windowed
    inner join customer_facts on windowed.customer_id = customer_facts.customer_id
    left join response_rates on windowed.customer_id = response_rates.customer_id
),

totals as (
    select
        window_days,
        count(*) as buyer_count,
        sum(recency_days) as recency_sum,
        sum(frequency) as frequency_sum,
        sum(monetary_amount) as monetary_sum,
        count(response_billionths) as contacted_count,
        sum(response_billionths) as response_sum
    from buyers
    group by window_days
),

-- rank() - 1 counts the customers whose value is strictly worse
ranked as (
    select
        buyers.*,
        totals.buyer_count,
        totals.contacted_count,
        rank() over (partition by buyers.window_days order by buyers.recency_days desc) - 1 as worse_recency,
        rank() over (partition by buyers.window_days order by buyers.frequency) - 1 as worse_frequency,
        rank() over (partition by buyers.window_days order by buyers.monetary_amount) - 1 as worse_monetary,
        rank() over (
            partition by buyers.window_days, buyers.response_billionths is null
            order by buyers.response_billionths
        ) - 1 as worse_response,
        -- strictly better than the mean: value * n against the sum, so that nothing is divided
        buyers.recency_days * totals.buyer_count < totals.recency_sum as is_recent,
        buyers.frequency * totals.buyer_count > totals.frequency_sum as is_frequent,
        buyers.monetary_amount * totals.buyer_count > totals.monetary_sum as is_valuable,
        buyers.response_billionths * totals.contacted_count > totals.response_sum as is_responsive
    from buyers
    inner join totals on buyers.window_days = totals.window_days
)

select
    ranked.customer_id,
    profiles.rfm_profile,
    ranked.recency_days,
    ranked.frequency,
    ranked.monetary_amount,
    ranked.response_rate,
    case profiles.rfm_method
        when 'quantile' then 1 + profiles.rfm_levels * ranked.worse_recency // ranked.buyer_count
        when 'mean' then case when ranked.is_recent then 5 else 1 end
        else
            1
            + cast(ranked.recency_days <= profiles.recency_cut_1_days as bigint)
            + cast(ranked.recency_days <= profiles.recency_cut_2_days as bigint)
            + cast(ranked.recency_days <= profiles.recency_cut_3_days as bigint)
            + cast(ranked.recency_days <= profiles.recency_cut_4_days as bigint)
    end as r_score,
    case profiles.rfm_method
        when 'quantile' then 1 + profiles.rfm_levels * ranked.worse_frequency // ranked.buyer_count
        when 'mean' then case when ranked.is_frequent then 5 else 1 end
        else
            1
            + cast(ranked.frequency >= profiles.frequency_cut_1 as bigint)
            + cast(ranked.frequency >= profiles.frequency_cut_2 as bigint)
            + cast(ranked.frequency >= profiles.frequency_cut_3 as bigint)
            + cast(ranked.frequency >= profiles.frequency_cut_4 as bigint)
    end as f_score,
    case profiles.rfm_method
        when 'quantile' then 1 + profiles.rfm_levels * ranked.worse_monetary // ranked.buyer_count
        when 'mean' then case when ranked.is_valuable then 5 else 1 end
        else
            1
            + cast(ranked.monetary_amount >= profiles.monetary_cut_1_amount as bigint)
            + cast(ranked.monetary_amount >= profiles.monetary_cut_2_amount as bigint)
            + cast(ranked.monetary_amount >= profiles.monetary_cut_3_amount as bigint)
            + cast(ranked.monetary_amount >= profiles.monetary_cut_4_amount as bigint)
    end as m_score,
    case
        when ranked.response_billionths is null then null
        when profiles.rfm_method = 'quantile'
            then 1 + profiles.rfm_levels * ranked.worse_response // ranked.contacted_count
        when profiles.rfm_method = 'mean' then case when ranked.is_responsive then 5 else 1 end
        else
            1
            + cast(ranked.response_rate >= profiles.response_cut_1_rate as bigint)
            + cast(ranked.response_rate >= profiles.response_cut_2_rate as bigint)
            + cast(ranked.response_rate >= profiles.response_cut_3_rate as bigint)
            + cast(ranked.response_rate >= profiles.response_cut_4_rate as bigint)
    end as c_score
from ranked
inner join profiles on ranked.window_days = profiles.window_days
