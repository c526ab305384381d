-- One row per customer with a member number: tier, spend and points; several member numbers add up.
-- Of several reported tiers the highest of the ladder speaks; a word that no tier is known by stays as it is and
-- ranks below all tiers. Reads: member_cards, member_points, member_spend, tier_ladder, tier_words.
with cards as (
    select
        member_cards.customer_id,
        count(*) as card_count,
        max_by(
            coalesce(tier_words.tier, member_cards.reported_tier),
            lpad(cast(coalesce(tier_ladder.tier_rank, -1) + 1 as varchar), 4, '0') || member_cards.reported_tier
        ) as reported_tier
    from member_cards
    left join tier_words on lower(trim(member_cards.reported_tier)) = tier_words.tier_word
    left join tier_ladder on tier_words.tier = tier_ladder.tier
    group by member_cards.customer_id
)

select
    member_spend.customer_id,
    coalesce(cards.card_count, 0) as card_count,
    member_spend.tier,
    member_spend.earned_tier,
    member_spend.tier_earned_on,
    cards.reported_tier,
    member_spend.spend_12m_amount,
    above.tier as next_tier,
    above.from_amount - member_spend.spend_12m_amount as amount_to_next_tier,
    coalesce(member_points.reported_points, member_points.ledger_points) as points_balance,
    round(
        cast(coalesce(member_points.reported_points, member_points.ledger_points) as decimal(28, 4))
        * cast($value_amount as decimal(10, 6)),
        2
    ) as points_liability_amount,
    member_points.reported_points,
    member_points.ledger_points,
    member_points.ledger_difference
from member_spend
inner join member_points on member_spend.customer_id = member_points.customer_id
inner join tier_ladder as current_tier on member_spend.tier = current_tier.tier
left join tier_ladder as above on current_tier.tier_rank + 1 = above.tier_rank
left join cards on member_spend.customer_id = cards.customer_id
