"""Who may not be written to whatever any consent says: the erased, the suppressed, and who has refused since.

Three lists outside the tables of a night: the tombstones (`pipeline.erasure.tombstones`), the files of
`state/suppression` (whoever must not be written to, in any spelling), and what the newest files of landing already
tell of days after as_of: a refusal counts as soon as it is known, a grant when its day is over.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from pipeline.clean.email import normalized_emails
from pipeline.clean.keys import keyed_hash
from pipeline.clean.phone import normalized_phones
from pipeline.erasure.tombstones import FILE as TOMBSTONES
from pipeline.erasure.tombstones import read_tombstones
from pipeline.errors import HuitouError
from pipeline.lake import Table

SUPPRESSION = "suppression"
SUFFIXES = (".txt", ".csv")
SEPARATORS = r"[,;\t|，；]"
KEYS = ("member_no", "phone", "email", "unionid", "openid", "platform_user_id", "external_userid")
FLAGS = {"consent_sms": "sms", "consent_email": "email", "consent_wecom": "wecom", "consent_ads": "ads"}


def suppressed_values(state: Path) -> pl.Series:
    """Every cell of every file in `state/suppression`, and its spelling as phone and as e-mail. Raw: restricted."""
    cells = pl.Series([cell for path in _files(state) for cell in _cells(path)], dtype=pl.String)
    return pl.concat([cells, normalized_phones(cells), normalized_emails(cells)]).drop_nulls().unique().sort()


def _files(state: Path) -> list[Path]:
    folder = state / SUPPRESSION
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    other = [path.name for path in paths if path.suffix.lower() not in SUFFIXES]
    if other:
        raise HuitouError(
            f"is neither {' nor '.join(SUFFIXES)}", where=f"state/{SUPPRESSION}/{other[0]}", remedy="Save it as CSV."
        )
    return paths


def _cells(path: Path) -> Iterable[str]:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        lines = pl.Series(text.splitlines(), dtype=pl.String).str.replace_all(SEPARATORS, "\n").str.split("\n")
        cells = lines.explode(empty_as_null=True).str.strip_chars(" \"'\u3000").drop_nulls()
        return cells.filter(cells.str.len_chars() > 0).to_list()
    raise HuitouError(
        "is neither UTF-8 nor GB18030", where=f"state/{SUPPRESSION}/{path.name}", remedy="Save it as UTF-8."
    )


def fingerprint(state: Path) -> str:
    """SHA-256 of both lists: when they change, the files of the published night are written again."""
    digest = hashlib.sha256()
    tombstones = state / TOMBSTONES
    for path in [*([tombstones] if tombstones.exists() else []), *_files(state)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def stopped(tables: Mapping[str, Table], state: Path, secret: bytes) -> pl.DataFrame:
    """One row per customer on a list: is_erased, is_suppressed. Reads profile_keys and customer_profiles."""
    erased = pl.Series(sorted(read_tombstones(state, secret).hashes), dtype=pl.String)
    raw = suppressed_values(state)
    suppressed = keyed_hash(raw, secret)
    listed = pl.DataFrame({"key_hash": pl.concat([erased, suppressed]).unique().sort()}).with_columns(
        is_erased=pl.col("key_hash").is_in(erased.implode()),
        is_suppressed=pl.col("key_hash").is_in(suppressed.implode()),
    )
    people = owners(tables, listed)
    named = pl.DataFrame({"customer_id": raw}).with_columns(is_erased=pl.lit(False), is_suppressed=pl.lit(True))
    both = pl.concat([people, named])
    return both.group_by("customer_id").agg(pl.col("is_erased", "is_suppressed").any()).sort("customer_id")


def owners(tables: Mapping[str, Table], listed: pl.DataFrame) -> pl.DataFrame:
    """The customers whose profiles carry a key of `listed` (key_hash and other columns), one row per profile."""
    if listed.is_empty():
        return (
            listed.clear()
            .with_columns(customer_id=pl.lit(None, pl.String))
            .select("customer_id", pl.exclude("key_hash", "customer_id"))
        )
    keys = tables["profile_keys"].scan().select("source", "profile_key", "key_hash")
    profiles = tables["customer_profiles"].scan().select("source", "profile_key", "customer_id")
    found = keys.join(listed.lazy(), on="key_hash").join(profiles, on=["source", "profile_key"])
    return found.select("customer_id", pl.exclude("source", "profile_key", "key_hash", "customer_id")).collect()


def refused_since(tables: Mapping[str, Table], as_of: pl.Expr, secret: bytes) -> pl.DataFrame:
    """Who refused after as_of, by files that are already here: customer_id, consent_channel; null = profiling.

    Reads raw_consents, raw_members and source_files beside the keys.
    """
    later = (
        tables["raw_consents"].scan().filter((pl.col("event_on") > as_of) & (pl.col("consent_state") == "withdrawn"))
    )
    said = [later.select(*KEYS, "consent_channel")]
    newer = tables["source_files"].scan().filter((pl.col("file_on") > as_of) & (pl.col("state") == "loaded"))
    files = newer.select(pl.col("sha256").unique()).collect()["sha256"]
    members = tables["raw_members"].scan().filter(pl.col("file_sha").is_in(files.implode()))
    for flag, channel in FLAGS.items():
        said.append(members.filter(~pl.col(flag)).select(*KEYS, consent_channel=pl.lit(channel)))
    opted_out = members.filter(pl.col("profiling_opt_out"))
    said.append(opted_out.select(*KEYS, consent_channel=pl.lit(None, pl.String)))
    values = pl.concat(said).unpivot(KEYS, index="consent_channel").drop_nulls("value").collect()
    listed = values.select(key_hash=keyed_hash(values["value"], secret), consent_channel="consent_channel").unique()
    return owners(tables, listed).unique().sort("customer_id", "consent_channel")
