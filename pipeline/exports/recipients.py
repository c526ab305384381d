"""Who was on which list of which night: `exports/<as_of>/recipients.parquet`, pseudonymous ids only.

It answers three questions: how often somebody was written to lately, what changed since last night, and to whom a
person's data went (for erasure). Customer ids of earlier nights are carried over to the persons of today.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipeline.exports.night import ExportNight

RECIPIENTS = "recipients.parquet"
SCHEMA = pl.Schema(
    {
        "export": pl.String(),
        "destination": pl.String(),
        "recipient": pl.String(),
        "purpose": pl.String(),
        "channel": pl.String(),
        "is_message": pl.Boolean(),
        "customer_id": pl.String(),
    }
)
"""One row per export and person on it, sorted by both."""
MERGES_FOLLOWED = 8


def write_recipients(frame: pl.DataFrame, folder: Path) -> None:
    """Write the recipients of a night into the folder that is being built."""
    path = folder / RECIPIENTS
    frame.select(SCHEMA.names()).cast(SCHEMA).sort("export", "customer_id").write_parquet(path, compression="zstd")
    path.chmod(0o600)


def earlier_nights(night: ExportNight) -> Iterator[tuple[date, Path]]:
    """Days before as_of with recipients, newest first."""
    found = []
    for path in night.exports.glob(f"*/{RECIPIENTS}"):
        try:
            on = date.fromisoformat(path.parent.name)
        except ValueError:
            continue
        if on < night.as_of:
            found.append((on, path))
    yield from sorted(found, reverse=True)


def last_recipients(night: ExportNight, export: str) -> pl.Series:
    """customer_id of everybody on this list when it was last written before tonight, as they are called today."""
    for _, path in earlier_nights(night):
        listed = pl.read_parquet(path)
        return current_ids(listed.filter(pl.col("export") == export)["customer_id"], night)
    return pl.Series("customer_id", [], dtype=pl.String)


def assumed_contacts(night: ExportNight) -> pl.DataFrame:
    """One row per customer: messages that earlier lists must have caused and no log of sent messages tells yet.

    A list of the night of d is sent on d + 1. One channel counts once a day.
    """
    first = night.as_of - timedelta(days=night.settings.privacy.contact_cap_days)
    logged = _logged_until(night)
    parts = [
        pl.scan_parquet(path).filter(pl.col("is_message")).select("customer_id", "channel", on=pl.lit(on))
        for on, path in earlier_nights(night)
        if on >= first and (logged is None or on + timedelta(days=1) > logged)
    ]
    if not parts:
        return pl.DataFrame(schema={"customer_id": pl.String, "assumed_count": pl.UInt32})
    sent = pl.concat(parts).collect()
    sent = sent.with_columns(current_ids(sent["customer_id"], night)).unique()
    return sent.group_by("customer_id").agg(assumed_count=pl.len())


def _logged_until(night: ExportNight) -> date | None:
    """The last day of which the retailer's own log of sent messages tells."""
    until: date | None = (
        night.tables["clean_campaign_contacts"].scan().select(pl.col("event_on").max()).collect().item()
    )
    return until


def current_ids(ids: pl.Series, night: ExportNight) -> pl.Series:
    """Ids of earlier nights as of today: whoever was merged into somebody is that person now."""
    history = night.tables["customer_id_history"].scan().filter(pl.col("event") == "merged")
    into = history.sort("as_of").group_by("customer_id", maintain_order=True).agg(pl.col("other_customer_id").last())
    merged = into.drop_nulls().collect()
    for _ in range(MERGES_FOLLOWED if merged.height else 0):
        moved = ids.replace(merged["customer_id"], merged["other_customer_id"])
        if moved.equals(ids):
            break
        ids = moved
    return ids.alias("customer_id")
