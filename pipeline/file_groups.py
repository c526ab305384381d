"""New files side by side in groups of one source: small files cost more to ask than to read, so they are read together.

How the files of a group are read belongs to `pipeline.formats.parse`; what becomes of them to `pipeline.parts`.
"""

from collections.abc import Sequence

from pipeline.ledger import SpooledFile

GROUP_BYTES = 4 << 20
"""No group is larger, but for one of a single file."""
GROUP_FILES = 64
PACKED = (".gz", ".zip", ".xlsx", ".xls")


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
    """Bytes as they are read: what is packed is taken for ten times as large."""
    return sum(file.byte_count * (10 if file.name.lower().endswith(PACKED) else 1) for file in group)
