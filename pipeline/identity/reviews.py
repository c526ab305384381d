"""What people are asked: pairs that look alike but not enough, joins held for a conflict, groups too large.

One table, and one CSV file for people to fill in; what they wrote is read by `pipeline.identity.decisions`. Evidence
is masked, profiles go by their keys, so the file may be opened by whoever may see customer ids.
"""

import base64
import hmac
import logging
from pathlib import Path

import polars as pl

from pipeline.identity.decisions import REVIEW_FILE, has_open_answers
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.repair import LIKELY, TOO_LARGE, TOO_LOOSE
from pipeline.lake import Table, write_bytes, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS
from pipeline.workspace import Workspace

log = logging.getLogger("huitou.identity")

ID_BYTES = 10
ASKED = (
    "several_fit", "too_weak", "cards_differ", "names_nearly_equal", "no_contact", "two_buyers", "receiver_unclear",
)  # fmt: skip
"""Reasons for which a likely pair was refused and that a person may know better."""
HELD = ("birth_dates_differ", "unionids_differ", "cards_differ")
FILE_COLUMNS = ("review_id", "review_kind", *ENDS, "rule", "evidence", "probability", "decision")
BYTE_ORDER_MARK = "\ufeff"


def identity_reviews(
    links: Table,
    likely: Table,
    decisions: Table,
    customers: Table,
    profiles: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per pair to decide on, at most one for two persons, and per pair decided."""
    questions = pl.concat([_held(links), _shared_cards(links, profiles), _suggested(likely)])
    told = decisions.read().select(
        *ENDS,
        review_kind=pl.lit("decided"),
        rule=pl.lit("review_") + pl.col("verdict"),
        evidence=pl.lit("decided by people on ") + pl.col("decided_on").cast(pl.String),
        probability=pl.lit(None, pl.Float64),
        verdict="verdict",
    )
    open_ones = questions.join(told, on=ENDS, how="anti").with_columns(verdict=pl.lit(None, pl.String))
    asked = _one_per_persons(open_ones, customers, night.settings.identity.max_suggestions)
    rows = pl.concat([told, asked.select(told.columns)])
    return write_table(TABLES["identity_reviews"], rows.with_columns(_ids(rows, night.secret)), path)


def _held(links: Table) -> pl.DataFrame:
    refused = links.scan().filter(pl.col("decision") == "refused")
    is_large = pl.col("rule").str.ends_with(TOO_LARGE) | pl.col("rule").str.ends_with(TOO_LOOSE)
    is_held = pl.any_horizontal(pl.col("rule").str.ends_with(word) for word in HELD) & (
        ~pl.col("rule").str.starts_with(f"{LIKELY}_")
    )
    kinds = pl.when(is_large).then(pl.lit("too_large")).otherwise(pl.lit("held"))
    return (
        refused.filter(is_large | is_held).select(*ENDS, "rule", "evidence", "probability", review_kind=kinds).collect()
    )


def _shared_cards(links: Table, profiles: Table) -> pl.DataFrame:
    """Joins by card of two profiles with different birth dates or unionids: one account, perhaps two people."""
    told = profiles.scan().select(*PROFILE, "birth_date", "unionid")
    cards = links.scan().filter((pl.col("rule") == "member_no") & (pl.col("decision") == "accepted"))
    both = cards.join(told, left_on=ENDS[:2], right_on=PROFILE).join(
        told, left_on=ENDS[2:], right_on=PROFILE, suffix="_right"
    )
    differ = pl.any_horizontal(
        (pl.col(name) != pl.col(f"{name}_right")).fill_null(value=False) for name in ("birth_date", "unionid")
    )
    return (
        both.filter(differ)
        .select(*ENDS, "rule", "evidence", "probability", review_kind=pl.lit("shared_card"))
        .collect()
    )


def _suggested(likely: Table) -> pl.DataFrame:
    asked = likely.scan().filter(pl.col("likeness_reason").is_in(ASKED))
    rule = pl.lit(f"{LIKELY}_") + pl.col("likeness_reason")
    return (
        asked.select(*ENDS, "evidence", "probability", rule=rule, review_kind=pl.lit("suggested"))
        .select(*ENDS, "rule", "evidence", "probability", "review_kind")
        .collect()
    )


def _one_per_persons(questions: pl.DataFrame, customers: Table, most: int) -> pl.DataFrame:
    """The most probable question for each two persons; of suggestions the `most` most probable."""
    owner = customers.scan().select(*PROFILE, "customer_id").collect()
    both = questions.join(owner, left_on=ENDS[:2], right_on=PROFILE).join(
        owner, left_on=ENDS[2:], right_on=PROFILE, suffix="_right"
    )
    is_card = pl.col("review_kind") == "shared_card"
    open_ones = both.filter(is_card | (pl.col("customer_id") != pl.col("customer_id_right")))
    ends = ("customer_id", "customer_id_right")
    pair = [pl.min_horizontal(ends).alias("one"), pl.max_horizontal(ends).alias("other")]
    ranked = open_ones.with_columns(pair).sort(
        "probability", "review_kind", *ENDS, "rule", descending=[True] + [False] * 6
    )
    first = ranked.unique(["one", "other"], keep="first", maintain_order=True)
    is_suggested = pl.col("review_kind") == "suggested"
    return first.filter(~is_suggested | (is_suggested.cast(pl.Int64).cum_sum() <= most))


def _ids(rows: pl.DataFrame, secret: bytes) -> pl.Series:
    texts = rows.select(pl.concat_str(ENDS, separator="\x1f")).to_series().to_list()
    made = [hmac.digest(secret, f"review\x1f{text}".encode(), "sha256")[:ID_BYTES] for text in texts]
    return pl.Series("review_id", ["R" + base64.b32encode(one).decode() for one in made], dtype=pl.String)


def write_review_file(workspace: Workspace, reviews: Table) -> bool:
    """Write `reviews/identity.csv` anew, open questions first; false where answers in it wait for a night."""
    if has_open_answers(workspace, reviews):
        log.warning("%s holds answers that the next night will take; it is left as it is", REVIEW_FILE)
        return False
    is_decided = pl.col("review_kind") == "decided"
    rows = (
        reviews.read()
        .with_columns(decision="verdict", probability=pl.col("probability").round(3))
        .sort(is_decided, "probability", "review_id", descending=[False, True, False], nulls_last=True)
    )
    text = BYTE_ORDER_MARK + rows.select(FILE_COLUMNS).write_csv()
    write_bytes(workspace.root / REVIEW_FILE, text.encode())
    return True
