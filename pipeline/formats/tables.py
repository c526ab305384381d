"""From the bytes of one spooled file to its tables of text, or a refusal; nothing is lost or guessed.

This is the border of the reader: `read_tables` and the shapes it takes and gives. The parser stands on it and
knows nothing of encodings, archives or workbooks.
"""

from pathlib import Path

from pipeline.formats.raw_table import Encoding, FindHeader, Limits, RawTable, ReadOptions

__all__ = ["Encoding", "FindHeader", "Limits", "RawTable", "ReadOptions", "read_tables"]


def read_tables(path: Path, name: str, options: ReadOptions) -> list[RawTable]:
    """Read every table of a file that has a header.

    `path` is the spooled copy (its name says nothing), `name` the landing name for messages; what the file is,
    its first bytes tell. Raises FileRefusedError with ENC, NUL, CSV_QUOTE, EMPTY_FILE, TOO_LARGE, HEADER or
    UNREADABLE; HEADER means that `options.find_header` returned None for every table.
    """
    raise NotImplementedError
