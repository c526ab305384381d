"""The loyalty points of the sample: earned at the tills, taken back with returns, spent now and then.

One point for a yuan paid; balances follow the cards. What the members export says of them does not belong here.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.wording import moment, text
from pipeline.samples.world import World

FEN_PER_POINT = 100
SPEND_FROM, SPEND_SHARE, SPEND_STEP = 1_000, 0.06, 500
LAST_MINUTE = 86_340
MOST_AT_START = 4_000


@dataclass
class PointLedger:
    """Writes points/*.csv month by month and keeps the balance of each card."""

    balances: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"member_no": pl.String, "balance": pl.Int64})
    )

    def month(self, world: World, month: Month, tickets: pl.DataFrame) -> None:
        """Write the movements of a month; `tickets` are the rows of the tills."""
        moves = pl.concat([self._opening(world, month), _earned(tickets)])
        moves = pl.concat([moves, self._spent(world, month, moves)]).sort("at", "member_no", "reason", "points")
        self.balances = self._after(moves)
        cells = {
            "member_no": pl.col("member_no"),
            "changed_at": moment(pl.col("at")),
            "points": text(pl.col("points")),
            "reason": pl.col("reason"),
        }
        world.landing.csv(f"points/points_{month.stamp}.csv", moves.select(**cells))
        cards = world.population.people
        known = pl.concat(
            [cards.select("person_id", "member_no"), cards.select("person_id", member_no="second_no")]
        ).drop_nulls("member_no")
        world.truth.profiles("points", moves.select("member_no").unique().join(known, on="member_no"))

    def balance_of(self, cards: pl.DataFrame) -> pl.Series:
        """The balance of each card, 0 where nothing moved."""
        joined = cards.select("member_no").join(self.balances, on="member_no", how="left", maintain_order="left")
        return joined["balance"].fill_null(0)

    def _after(self, moves: pl.DataFrame) -> pl.DataFrame:
        changes = moves.select("member_no", balance="points")
        return pl.concat([self.balances, changes]).group_by("member_no").agg(pl.col("balance").sum()).sort("member_no")

    def _opening(self, world: World, month: Month) -> pl.DataFrame:
        """What members who joined before the sample bring along."""
        rng = stream(world.seed, "points brought along")
        old = world.population.people.filter(pl.col("joined_day") < 0) if month.number == 0 else None
        if old is None:
            return _nothing()
        start = pl.lit(world.calendar.start).cast(pl.Datetime("us"))
        brought = pl.Series(np.minimum(rng.exponential(400, old.height), MOST_AT_START).astype(np.int64))
        return old.select("member_no", at=start, points=brought, reason=pl.lit("期初结转"))

    def _spent(self, world: World, month: Month, moves: pl.DataFrame) -> pl.DataFrame:
        """Some of those who can afford it take a present at the end of the month."""
        rng = stream(world.seed, "points spent", month.number)
        rich = self._after(moves).filter(pl.col("balance") >= SPEND_FROM)
        takes = pl.Series(rng.random(rich.height) < SPEND_SHARE)
        end = pl.lit(month.ends_on).cast(pl.Datetime("us")) + pl.duration(seconds=LAST_MINUTE)
        return rich.filter(takes).select(
            "member_no", at=end, points=-(pl.col("balance") // 2 // SPEND_STEP * SPEND_STEP), reason=pl.lit("积分兑换")
        )


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"member_no": pl.String, "at": pl.Datetime("us"), "points": pl.Int64, "reason": pl.String}
    )


def _earned(tickets: pl.DataFrame) -> pl.DataFrame:
    """A point for a full yuan of each ticket with a card; returns take points back."""
    by_ticket = tickets.filter(pl.col("member_no").is_not_null()).group_by("order_id").agg(
        pl.col("member_no", "at", "is_return").first(), pl.col("paid_fen").sum()
    )  # fmt: skip
    whole = pl.col("paid_fen").abs() // FEN_PER_POINT
    points = pl.when("is_return").then(-whole).otherwise(whole)
    reason = pl.when("is_return").then(pl.lit("退货扣减")).otherwise(pl.lit("消费累计"))
    return by_ticket.select("member_no", "at", points=points, reason=reason).filter(pl.col("points") != 0)
