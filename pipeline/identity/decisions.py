"""What people decided about pairs of profiles: one person, or not; kept for ever and stronger than every rule.

People fill in the column `decision` of `reviews/identity.csv`, which every published night writes anew with what it
would like to know (`pipeline.identity.reviews`). The next night takes what is filled in into
`state/identity_decisions.csv`, which is only ever added to, with the day from which it counts. The newest decision
on a pair counts, so a change of mind is one more line.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.errors import SettingsError
from pipeline.identity.night import IdentityNight
from pipeline.lake import Table, write_bytes, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS
from pipeline.schemas.likeness import VERDICT_WORDS
from pipeline.workspace import Workspace

REVIEW_FILE, LEDGER = "reviews/identity.csv", "identity_decisions.csv"
COLUMNS = (*ENDS, "verdict", "decided_on")
PINNED_MODEL = "models/identity.json"
ENCODINGS = ("utf-8-sig", "gb18030")
"""As we write it, and as Excel saves it on a Chinese computer."""
Pair = tuple[str, ...]
Line = tuple[Pair, str, date]
"""One line of the ledger: pair, verdict, day from which it counts."""


@dataclass(frozen=True)
class Review:
    """One filled-in line: the pair (source and key of both profiles, lesser first) and what it is."""

    pair: Pair
    verdict: str


def decisions_for(workspace: Workspace, as_of: date, suggested: Table, today: date) -> pl.DataFrame:
    """The decisions that count on `as_of`, one row per pair with COLUMNS, after what is newly filled in was taken.

    `suggested` is identity_reviews of the night that counts: it tells which pair a review_id means. New decisions
    count from `today`, the later of `as_of` and the night that counts, so that no earlier night changes.
    Raises SettingsError for a line that cannot be understood.
    """
    take_reviews(workspace, suggested, today)
    newest = {pair: (*pair, verdict, since) for pair, verdict, since in _ledger(workspace) if since <= as_of}
    schema = TABLES["identity_decisions"].polars_schema
    return pl.DataFrame(list(newest.values()), schema=schema, orient="row").sort(ENDS)


def take_reviews(workspace: Workspace, suggested: Table, today: date) -> int:
    """Add the filled-in lines of the review file that the ledger does not hold yet; how many there were."""
    file = workspace.root / REVIEW_FILE
    if not file.exists():
        return 0
    new = _new_answers(workspace, file, suggested)
    if new:
        _append(workspace, [(*pair, verdict, today.isoformat()) for pair, verdict in sorted(new.items())])
    return len(new)


def has_open_answers(workspace: Workspace, suggested: Table) -> bool:
    """Whether the review file holds answers that the ledger does not."""
    file = workspace.root / REVIEW_FILE
    return file.exists() and bool(_new_answers(workspace, file, suggested))


def _new_answers(workspace: Workspace, file: Path, suggested: Table) -> dict[Pair, str]:
    known = {pair: verdict for pair, verdict, _ in _ledger(workspace)}
    told = {review.pair: review.verdict for review in read_reviews(file, _pairs_by_id(suggested))}
    return {pair: verdict for pair, verdict in told.items() if known.get(pair) != verdict}


def read_reviews(file: Path, meant: Mapping[str, Pair]) -> Iterator[Review]:
    """The filled-in lines of the review file; lines without a decision are passed over."""
    for number, line in enumerate(csv.DictReader(io.StringIO(_text(file))), start=2):
        word = (line.get("decision") or "").strip().lower()
        if not word:
            continue
        where = f"{REVIEW_FILE} line {number}"
        if word not in VERDICT_WORDS:
            raise SettingsError("the decision is no known word", where=where, remedy="Write same or different.")
        yield Review(_pair(line, meant, where), VERDICT_WORDS[word])


def _pair(line: Mapping[str, str | None], meant: Mapping[str, Pair], where: str) -> Pair:
    """By review_id, which no spreadsheet spoils; else by the two profiles as written."""
    pair = meant.get((line.get("review_id") or "").strip())
    if pair:
        return pair
    written = [(line.get(end) or "").strip() for end in ENDS]
    left, right = sorted((tuple(written[:2]), tuple(written[2:])))
    if "" in written or left == right:
        remedy = f"Keep the review_id of an open line, or fill in {', '.join(ENDS)} with two profiles."
        raise SettingsError("no pair of profiles can be read from it", where=where, remedy=remedy)
    return (*left, *right)


def _text(file: Path) -> str:
    content = file.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SettingsError("is neither UTF-8 nor GB18030", where=REVIEW_FILE, remedy="Save it as CSV UTF-8.")


def _pairs_by_id(suggested: Table) -> dict[str, Pair]:
    rows = suggested.scan().select("review_id", *ENDS).collect().iter_rows()
    return {row[0]: tuple(row[1:]) for row in rows}


def _ledger(workspace: Workspace) -> list[Line]:
    """The lines of the ledger, oldest first."""
    path = workspace.state / LEDGER
    if not path.exists():
        return []
    lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return [
        (tuple(line[end] for end in ENDS), line["verdict"], date.fromisoformat(line["decided_on"])) for line in lines
    ]


def _append(workspace: Workspace, lines: list[tuple[str, ...]]) -> None:
    path = workspace.state / LEDGER
    before = path.read_text(encoding="utf-8") if path.exists() else ",".join(COLUMNS) + "\n"
    added = io.StringIO()
    csv.writer(added, lineterminator="\n").writerows(lines)
    write_bytes(path, (before + added.getvalue()).encode())


def erase_decisions(workspace: Workspace, profiles: Collection[tuple[str, str]]) -> int:
    """Take every line that names one of these profiles (source, profile_key) out of the ledger; how many there were.

    For a person who is to be forgotten. The review file is written anew by the next published night.
    """
    lines = _ledger(workspace)
    kept = [line for line in lines if not {line[0][:2], line[0][2:]} & set(profiles)]
    if len(kept) < len(lines):
        (workspace.state / LEDGER).unlink()
        _append(workspace, [(*pair, verdict, since.isoformat()) for pair, verdict, since in kept])
    return len(lines) - len(kept)


def pinned_model(workspace: Workspace) -> str | None:
    """The text of state/models/identity.json, where the retailer has put one."""
    path = workspace.state / PINNED_MODEL
    return path.read_text(encoding="utf-8") if path.exists() else None


def identity_decisions(*, night: IdentityNight, path: Path) -> Table:
    """The decisions that count tonight, as the snapshot keeps them."""
    return write_table(TABLES["identity_decisions"], night.decisions, path)
