"""Files keep the limits of their tool, whatever the rows are."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.definition import FileSpec
from pipeline.exports.writers import batches, write_files

ROWS = pl.DataFrame({"a": [str(n) for n in range(10)], "b": ["x,y", None, '"', *"efghijk"]})


@pytest.mark.parametrize(("limit", "sizes"), [(None, [10]), (10, [10]), (4, [4, 4, 2]), (1, [1] * 10)])
def test_rows(limit: int | None, sizes: list[int], tmp_path: Path) -> None:
    written = write_files(ROWS, ["A", "B"], FileSpec(kind="csv", max_rows=limit), tmp_path, "l")
    assert [file.rows for file in written] == sizes
    assert written[0].name == ("l.csv" if len(sizes) == 1 else "l.001.csv")
    back = pl.concat([pl.read_csv(tmp_path / file.name, infer_schema=False) for file in written])
    assert back.rows() == ROWS.rows()


cells = st.lists(st.text(alphabet='a,"中\n ', max_size=12), min_size=1, max_size=40)


@given(texts=cells, limit=st.integers(100, 300), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_bytes_never_pass_the_limit(
    texts: list[str], limit: int, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = FileSpec(kind="csv", max_bytes=limit, encoding=encoding)  # type: ignore[arg-type]
    folder = tmp_path_factory.mktemp("b")
    frame = pl.DataFrame({"a": texts}, schema={"a": pl.String})
    written = write_files(frame, ["头"], file, folder, "l")
    assert all((folder / each.name).stat().st_size == each.byte_count <= limit for each in written)
    assert (
        sum(each.rows for each in written) == frame.height == sum(part.height for part in batches(frame, ["头"], file))
    )


def test_no_rows_no_file(tmp_path: Path) -> None:
    assert write_files(ROWS.clear(), ["A", "B"], FileSpec(kind="csv"), tmp_path, "l") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (FileSpec(kind="csv", newline="crlf"), b"\xe5\xa4\xb4\r\n\xe4\xb8\xad\r\n"),
        (FileSpec(kind="csv", encoding="utf-8-sig"), b"\xef\xbb\xbf\xe5\xa4\xb4\n\xe4\xb8\xad\n"),
        (FileSpec(kind="csv", encoding="gb18030", header=False), b"\xd6\xd0\n"),
        (FileSpec(kind="txt", header=False), b"\xe4\xb8\xad\n"),
    ],
)
def test_encodings(file: FileSpec, content: bytes, tmp_path: Path) -> None:
    (written,) = write_files(pl.DataFrame({"a": ["中"]}), ["头"], file, tmp_path, "l")
    assert (tmp_path / written.name).read_bytes() == content
