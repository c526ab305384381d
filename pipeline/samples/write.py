"""Writes the sample retailer: its exports, its settings, its key and the truth about it.

Running the night on it does not belong here; see the command `huitou demo`.
"""

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.errors import SettingsError
from pipeline.samples.baskets import Batch, build_batch
from pipeline.samples.behaviour import Skeleton, build_skeleton
from pipeline.samples.campaigns import build_campaigns
from pipeline.samples.catalogue import build_catalogue
from pipeline.samples.days import Calendar, Month
from pipeline.samples.export_douyin import douyin
from pipeline.samples.export_jd import jd
from pipeline.samples.export_members import note_traps, write_members
from pipeline.samples.export_pinduoduo import pinduoduo
from pipeline.samples.export_pos import Tills
from pipeline.samples.export_reference import write_reference
from pipeline.samples.export_service import all_orders, write_consents, write_events, write_tickets
from pipeline.samples.export_tmall import tmall
from pipeline.samples.export_weixin import weixin_shop
from pipeline.samples.fates import with_fates
from pipeline.samples.ledger_of_points import PointLedger
from pipeline.samples.output import Output, make_private_folders
from pipeline.samples.population import build_population
from pipeline.samples.sample_settings import arguments_of, is_sample, settings_text
from pipeline.samples.traps import Traps
from pipeline.samples.truth import Truth
from pipeline.samples.world import World

DEFAULT_UNTIL = date(2026, 10, 31)
FEWEST_CUSTOMERS, FEWEST_DAYS = 50, 60
MOST_CUSTOMERS, MOST_DAYS = 5_000_000, 3_650
WORKBOOK_CUSTOMERS = 40_000
"""Beyond this, with more than some 200,000 rows in all, the platforms' workbooks come as CSV."""
MEMBERS_MIDWAY = 0.75


@dataclass(frozen=True)
class SampleSummary:
    """What was written; `profiles` and `orders` are the rows of the truth."""

    customers: int
    orders: int
    order_lines: int
    profiles: int
    files: int
    rows: int
    until: date


def _silent(_: str) -> None:
    return None


def write_sample(
    root: Path,
    *,
    customers: int = 20_000,
    seed: int = 7,
    days: int = 730,
    until: date = DEFAULT_UNTIL,
    progress: Callable[[str], None] = _silent,
) -> SampleSummary:
    """Write the exports of a retailer with this many customers over the `days` that end on `until`.

    Writes landing/**, settings.yaml, state/key and truth/*.csv below `root`; the same arguments give the same
    bytes. Raises SettingsError for arguments out of range, and for a workspace that holds settings which the
    demo did not write, another sample, or another key.
    """
    _check(customers, days)
    arguments = f"customers {customers}, seed {seed}, days {days}, until {until.isoformat()}"
    _refuse_foreign(root, arguments)
    root.mkdir(parents=True, exist_ok=True)
    secret = _write_key(root, seed)
    Output(root).put("settings.yaml", settings_text(until, arguments).encode())
    progress("drawing people and their habits")
    world, skeleton = _world(root, customers, seed, Calendar(until, days), secret)
    landing = world.landing
    with closing(landing):
        lines = _write_months(world, skeleton, progress)
        progress("writing reference tables and the truth")
        write_reference(world, skeleton)
        write_consents(world)
        note_traps(world)
        profiles = world.truth.finish()
    return SampleSummary(customers, world.truth.order_count, lines, profiles, landing.files, landing.rows, until)


def sample_key(seed: int) -> bytes:
    """The workspace key of the sample with this seed: 32 bytes."""
    return hashlib.sha256(f"huitou sample {seed}".encode()).digest()


def _check(customers: int, days: int) -> None:
    if not FEWEST_CUSTOMERS <= customers <= MOST_CUSTOMERS:
        raise SettingsError(
            f"must be {FEWEST_CUSTOMERS} to {MOST_CUSTOMERS}", where="--customers", remedy="Choose another number."
        )
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise SettingsError(f"must be {FEWEST_DAYS} to {MOST_DAYS}", where="--days", remedy="Choose another number.")


def _refuse_foreign(root: Path, arguments: str) -> None:
    """A retailer's own workspace is never touched, nor two samples mixed; an interrupted one is written anew."""
    settings_file, landing = root / "settings.yaml", root / "landing"
    if not settings_file.exists():
        if landing.exists() and any(path.is_file() for path in landing.rglob("*")):
            raise SettingsError(
                "holds files already", where="landing/", remedy="Choose an empty folder with --workspace."
            )
        return
    if not is_sample(settings_file):
        raise SettingsError(
            "was not written by huitou demo",
            where=settings_file.name,
            remedy="Choose an empty folder with --workspace.",
        )
    if arguments_of(settings_file) != arguments:
        raise SettingsError(
            f"belongs to another sample ({arguments_of(settings_file)})",
            where=settings_file.name,
            remedy="Choose an empty folder with --workspace, or the same options.",
        )


def _write_key(root: Path, seed: int) -> bytes:
    key, path = sample_key(seed), root / "state" / "key"
    if path.exists() and path.read_bytes() != key:
        raise SettingsError(
            "holds another key than the sample's", where="state/key", remedy="Choose an empty folder with --workspace."
        )
    Output(root).put("state/key", key)
    return key


def _world(root: Path, customers: int, seed: int, calendar: Calendar, secret: bytes) -> tuple[World, Skeleton]:
    traps = Traps()
    catalogue = build_catalogue(seed, calendar, customers)
    population = build_population(seed, customers, calendar, catalogue, traps)
    campaigns = build_campaigns(seed, population, calendar)
    make_private_folders(root, root / "landing")
    truth = Truth(Output(root), secret)
    truth.start()
    in_workbooks = customers <= WORKBOOK_CUSTOMERS
    landing = Output(root / "landing")
    world = World(seed, calendar, catalogue, population, campaigns, traps, landing, truth, in_workbooks)
    return world, build_skeleton(seed, population, calendar, campaigns)


def _write_months(world: World, skeleton: Skeleton, progress: Callable[[str], None]) -> int:
    """Write month after month, so that one month at a time is in memory; gives the number of order lines."""
    desks = (tmall(), jd(), pinduoduo(), douyin(), weixin_shop())
    tills, points = Tills(), PointLedger()
    months = world.calendar.months()
    midway = months[int(len(months) * MEMBERS_MIDWAY) - 1].number
    count = 0
    for month in months:
        progress(f"writing {month.starts_on:%Y-%m}")
        batch = build_batch(world.seed, month, skeleton, world.population, world.catalogue, world.calendar, world.traps)
        batch = with_fates(world.seed, batch, world.traps)
        tickets = tills.month(world, batch)
        parts = {"pos": tickets.filter(~pl.col("is_return")).unique("order_id", maintain_order=True)}
        for desk in desks:
            parts[desk.name] = desk.month(world, batch)[0].filter(~pl.col("is_brushing"))
        points.month(world, month, tickets)
        _write_service(world, month, batch, parts)
        if month.number in {midway, months[-1].number}:
            write_members(world, month.last, points)
        count += batch.lines.height
    return count


def _write_service(world: World, month: Month, batch: Batch, parts: dict[str, pl.DataFrame]) -> None:
    write_tickets(world, month, all_orders(parts))
    real = batch.orders.filter(~pl.col("is_brushing")).select("order", "person", "day", "at")
    write_events(world, month, batch.lines.select("order", "product").join(real, on="order", maintain_order="left"))
