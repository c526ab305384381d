-- One row per tier: members, points and what they are worth, beside the rebate that the rules imply.
-- 1 point per yuan and 0.10 yuan per point is a rebate of 10 %. Reads: memberships, tier_ladder.
with tiers as (
    select
        tier,
        count(*) as member_count,
        sum(spend_12m_amount) as spend_12m_amount,
        sum(points_balance) as points_balance,
        sum(points_liability_amount) as points_liability_amount,
        coalesce(sum(ledger_difference), 0) as ledger_difference,
        count(*) filter (where ledger_difference <> 0) as difference_count
    from memberships
    group by tier
)

select
    tier_ladder.tier,
    coalesce(tiers.member_count, 0) as member_count,
    coalesce(tiers.spend_12m_amount, 0) as spend_12m_amount,
    coalesce(tiers.points_balance, 0) as points_balance,
    coalesce(tiers.points_liability_amount, 0) as points_liability_amount,
    case
        when tiers.spend_12m_amount > 0
            then round(cast(tiers.points_liability_amount as double) / cast(tiers.spend_12m_amount as double), 6)
    end as liability_rate,
    coalesce(tiers.ledger_difference, 0) as ledger_difference,
    coalesce(tiers.difference_count, 0) as difference_count,
    round(cast($implied_rebate_rate as double), 6) as implied_rebate_rate,
    round(cast($implied_rebate_rate as double), 6) >= cast($warning_rebate_rate as double) as is_generous
from tier_ladder
left join tiers on tier_ladder.tier = tiers.tier
