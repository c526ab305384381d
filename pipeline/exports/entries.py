"""What the manifest and the audit log say of a list: who, when, what for, on what ground, how many and how few.

No clock and no personal value: the day is as_of, the run is the snapshot.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pipeline.exports.cells import headers
from pipeline.exports.night import ExportNight
from pipeline.exports.orders import WHY_CLOSED, Order
from pipeline.exports.policy import legal_basis
from pipeline.exports.writers import WrittenFile


@dataclass(frozen=True)
class Counts:
    """segment_size = exported + Σ excluded. `removed` are people whom a diff list takes off the tool."""

    segment_size: int
    exported: int
    removed: int
    excluded: Mapping[str, int]


def list_entry(
    night: ExportNight, order: Order, definition: Mapping[str, str], counts: Counts, files: Sequence[WrittenFile]
) -> dict[str, Any]:
    """One list as the manifest tells it. `rows` are those of the files: of a diff list only what changed."""
    return {
        "export": order.name,
        "segment": order.wanted.segment,
        "label": definition["label"],
        "definition": definition["definition"],
        "definition_sha256": hashlib.sha256(definition["definition"].encode()).hexdigest(),
        **_where_to(order, night),
        "who": night.who,
        "approved_by": order.wanted.approved_by,
        "as_of": night.as_of.isoformat(),
        "run": night.run,
        "expires_on": (night.as_of + timedelta(days=night.settings.privacy.list_expiry_days)).isoformat(),
        "segment_size": counts.segment_size,
        "exported": counts.exported,
        "excluded": dict(counts.excluded),
        "removed": counts.removed,
        "rows": sum(file.rows for file in files),
        "least_rows": order.destination.file.least_rows,
        "most_rows": order.destination.file.most_rows,
        "columns": headers(order.destination, order.wanted.variables),
        "files": [file.entry() for file in files],
    }


def _where_to(order: Order, night: ExportNight) -> dict[str, Any]:
    privacy, destination = night.settings.privacy, order.destination
    window = f"{privacy.send_from:%H:%M}-{privacy.send_until:%H:%M} {night.settings.timezone}"
    return {
        "destination": destination.name,
        "destination_version": destination.version,
        "recipient": destination.recipient,
        "is_abroad": destination.abroad,
        "purpose": order.wanted.purpose,
        "channel": order.policy.channel,
        "legal_basis": legal_basis(order.policy.channel, abroad=destination.abroad),
        "send_window": window if destination.is_message else None,
    }


def list_warnings(order: Order, counts: Counts) -> Iterator[str]:
    """What a person should know of a list: it is closed, empty, or of a size that the tool does not take."""
    file, rows = order.destination.file, counts.exported
    closed = next((WHY_CLOSED[reason] for reason in counts.excluded if reason in WHY_CLOSED), None)
    if closed:
        yield f"{order.place}: nobody exported, {closed}"
    elif rows == 0:
        why = ", ".join(f"{reason} {count}" for reason, count in counts.excluded.items())
        yield f"{order.place}: nobody exported of {counts.segment_size} members" + (f" ({why})" if why else "")
    elif rows < file.least_rows:
        yield f"{order.place}: {rows} rows are too few, the tool wants at least {file.least_rows}"
    elif file.most_rows is not None and rows > file.most_rows:
        yield f"{order.place}: {rows} rows are too many, the tool takes at most {file.most_rows}"
