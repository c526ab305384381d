"""New files side by side in groups of one source: small files cost more to ask than to read, so they are read together.

How the files of a group are read belongs to `pipeline.formats.parse`; what becomes of them to `pipeline.parts`.
"""

from collections.abc import Sequence
from pathlib import PurePath

from pipeline.ledger import SpooledFile

GROUP_BYTES = 8 << 20
"""No group is larger, but for one of a single file: what a group costs of its own is little beside reading so much."""
GROUP_FILES = 64
PACKED = {".gz": 10, ".zip": 10, ".xlsx": 3, ".xlsm": 3, ".xlsb": 3, ".ods": 3}
"""How many bytes of text one byte is taken for. A workbook packs tenfold too, but most of it is markup."""


def grouped(files: Sequence[SpooledFile]) -> list[tuple[SpooledFile, ...]]:
    """Files of one source in the order of their names, a few MiB at a time; the largest groups come first."""
    groups: list[list[SpooledFile]] = []
    for file in sorted(files, key=lambda file: (file.source, file.name, file.sha256)):
        if not groups or not _has_room(groups[-1], file):
            groups.append([])
        groups[-1].append(file)
    return [tuple(group) for group in sorted(groups, key=lambda group: (-_bytes(group), group[0].name))]


def _has_room(group: Sequence[SpooledFile], file: SpooledFile) -> bool:
    return group[0].source == file.source and len(group) < GROUP_FILES and _bytes([*group, file]) <= GROUP_BYTES


def _bytes(group: Sequence[SpooledFile]) -> int:
    """Bytes of text, as far as names tell."""
    return sum(file.byte_count * PACKED.get(PurePath(file.name).suffix.lower(), 1) for file in group)
