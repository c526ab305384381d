"""The comment at the head of an SQL file: what it tells people, which tables it reads, what its columns mean.

-- One row per ….
-- Reads: orders, customers.
-- Columns:
--   net_amount: ….
"""

import re
from dataclasses import dataclass

COMMENT = re.compile(r"\A(?:--[^\n]*\n)+")
COLUMN = re.compile(r"^ {2}([a-z_][a-z0-9_]*): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Header:
    """`text` in sentences, `reads` table names, `columns` descriptions by name."""

    text: str
    reads: tuple[str, ...]
    columns: dict[str, str]


def header(query: str) -> Header:
    """The header of a file; empty parts where it has none."""
    found = COMMENT.match(query)
    lines = found.group().splitlines() if found else []
    comment = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines)
    comment, _, columns = comment.partition("Columns:\n")
    text, _, reads = comment.partition("Reads:")
    return Header(" ".join(text.split()), tuple(re.findall(r"[a-z_][a-z0-9_]*", reads)), dict(COLUMN.findall(columns)))
