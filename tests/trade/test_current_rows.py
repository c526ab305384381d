"""Which version of a row counts: overlapping files, newer states, nights before the newest file, mirrored orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_of import SETTINGS, frame

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings, SourceSettings
from pipeline.trade.current_rows import Kept, clean_rows, left_out_rows, mirrored_rows

Row = Mapping[str, object]
AS_OF = date(2026, 6, 30)
LINE: Row = {
    "source": "pos",
    "order_id": "1",
    "line_id": "1",
    "row_key": "1-1",
    "file_sha": "a",
    "event_on": "2026-06-01",
    "ordered_at": "2026-06-01",
    "channel": "pos",
    "currency": "CNY",
    "line_kind": "goods",
    "version_rank": 0,
    "filled_count": 5,
    "amount": 10,
}
DAYS = {
    "a": "2026-06-01",
    "b": "2026-06-10",
    "c": "2026-06-20",
    "z": "2026-07-15",
    "n": "2026-06-20",
    "m": "2026-06-20",
}
FIRST_NIGHTS = {"n": date(2026, 6, 21), "m": date(2026, 6, 22)}


@dataclass
class Night:
    """The clean layer of one kind: what counts, and what was left out why."""

    clean: Table
    kept: list[tuple[object, ...]]
    left_out: list[tuple[object, ...]]


def night(
    folder: Path,
    rows: Sequence[Row],
    kind: str = "order_lines",
    as_of: date = AS_OF,
    using: Settings = SETTINGS,
    heads: Sequence[Row] = (),
    earlier: Kept | None = None,
    standing: Path | None = None,
) -> Night:
    """The night of these rows; the first part is a link to the file `standing`, which holds the same rows."""
    engine = Engine(using.engine, folder / "scratch")
    raw = _parts(folder, f"raw_{kind}", rows)
    if standing:
        raw.paths[0].unlink()
        raw.paths[0].hardlink_to(standing)
    others = {name: _parts(folder, name, ()) for name in ("raw_order_heads", "raw_order_lines") if name != raw.name}
    others["raw_order_heads"] = _parts(folder, "raw_order_heads", heads)
    lines = raw if kind == "order_lines" else others["raw_order_lines"]
    mirrored = mirrored_rows(
        others["raw_order_heads"], lines, engine=engine, settings=using, as_of=as_of, path=folder / "mirrored.parquet"
    )
    inputs = (raw, others["raw_order_heads"], mirrored, _ledger(folder))
    out = left_out_rows(*inputs, engine=engine, as_of=as_of, path=folder / "left.parquet")
    clean = clean_rows(raw, out, path=folder / "clean" / f"clean_{kind}.parquet", earlier=earlier)
    columns = ["source", "row_key", "file_sha", "row_number"]
    kept = clean.read().sort(columns).select("row_key", "file_sha").rows()
    return Night(clean, kept, out.read().select("file_sha", "row_number", "left_out_because").rows())


def _parts(folder: Path, name: str, rows: Sequence[Row]) -> Table:
    """One part per file, as the ledger keeps them."""
    filled = frame(name, [{**LINE, "row_number": number, **row} for number, row in enumerate(rows, start=1)])
    parts = filled.partition_by("file_sha") or [filled]
    spec = TABLES[name]
    paths = [folder / name / f"{number}.parquet" for number, _ in enumerate(parts)]
    for part, path in zip(parts, paths, strict=True):
        write_table(spec, part, path)
    return Table(name, tuple(paths))


def _ledger(folder: Path) -> Table:
    spec = TABLES["source_files"]
    rows = [
        {
            "source": source,
            "path": f"{sha}.csv",
            "sha256": sha,
            "byte_count": 1,
            "state": "loaded",
            "format": "pos",
            "reports": "lines",
            "file_on": date.fromisoformat(day),
            "first_night_on": FIRST_NIGHTS.get(sha, AS_OF),
            "rows": 1,
            "control_rows": 0,
            "ignored_rows": 0,
            "rejected_rows": 0,
            "unknown_columns": "",
        }
        for source in ("pos", "tmall", "oms", "club")
        for sha, day in DAYS.items()
    ]
    return write_table(spec, pl.DataFrame(rows, schema=spec.polars_schema), folder / "source_files.parquet")


class TestVersions:
    @pytest.mark.parametrize(
        ("rows", "kept"),
        [
            pytest.param([{"file_sha": "a"}, {"file_sha": "b"}], "b", id="the newer file"),
            pytest.param([{"file_sha": "b"}, {"file_sha": "z"}], "b", id="nothing from files after as_of"),
            pytest.param([{"file_sha": "z"}], "z", id="unless all are newer"),
            pytest.param(
                [{"file_sha": "a", "version_rank": 9}, {"file_sha": "b", "version_rank": 1}], "b", id="file before rank"
            ),
        ],
    )
    def test_file(self, tmp_path: Path, rows: list[Row], kept: str) -> None:
        assert night(tmp_path, rows).kept == [("1-1", kept)]

    def test_of_newer_files_only_the_oldest(self, tmp_path: Path) -> None:
        rows = [{"file_sha": "c"}, {"file_sha": "b"}]
        assert night(tmp_path, rows, as_of=date(2026, 6, 5)).kept == [("1-1", "b")]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"version_rank": 2}, {"version_rank": 1}),
            ({"filled_count": 6}, {"filled_count": 5}),
            ({"member_no": "M1"}, {"phone": "13800000000"}),
            ({"phone": "13800000000"}, {}),
            ({}, {}),
        ],
        ids=["progress", "fuller", "member number", "phone", "first row"],
    )
    def test_ties_within_a_file(self, tmp_path: Path, first: Row, second: Row) -> None:
        made = night(tmp_path, [first, second])
        assert made.left_out == [("a", 2, "duplicate")]

    def test_rows_without_buyers_have_versions_too(self, tmp_path: Path) -> None:
        rows = [{"source": "erp", "row_key": "A", "sku": "A", "file_sha": sha, "event_on": None} for sha in ("a", "b")]
        made = night(tmp_path, rows, kind="products")
        assert [row[0] for row in made.kept] == ["A"]

    def test_twin_lines_and_other_sources_all_stay(self, tmp_path: Path) -> None:
        rows = [{"row_key": "1-1"}, {"row_key": "1-2"}, {"row_key": "1-1", "source": "tmall"}]
        assert len(night(tmp_path, rows).kept) == 3

    def test_rows_after_as_of_wait(self, tmp_path: Path) -> None:
        rows = [{"row_key": "1"}, {"row_key": "2", "event_on": "2026-07-01"}, {"row_key": "3", "event_on": None}]
        made = night(tmp_path, rows)
        assert [row[0] for row in made.kept] == ["1", "3"]
        assert made.left_out == [("a", 2, "later")]

    def test_parts_that_count_whole_are_linked(self, tmp_path: Path) -> None:
        rows = [{"file_sha": "a", "row_key": "1"}, {"file_sha": "b", "row_key": "2"}, {"file_sha": "c", "row_key": "2"}]
        links = [path.stat().st_nlink for path in night(tmp_path, rows).clean.paths]
        assert links == [2, 1, 2]

    @pytest.mark.parametrize(
        ("tonight", "is_erased", "links"),
        [
            pytest.param("1", False, 2, id="the same row is left out: what was kept is linked"),
            pytest.param("2", False, 1, id="another row is left out"),
            pytest.param("12", False, 1, id="one more row is left out"),
            pytest.param("", False, 3, id="every row counts: the part itself is linked"),
            pytest.param("1", True, 1, id="the part was made anew"),
        ],
    )
    def test_what_an_earlier_night_kept_of_the_same_rows_is_linked(
        self, tmp_path: Path, tonight: str, is_erased: bool, links: int
    ) -> None:
        """Of the keys 1, 2 and 3 of file a, those that file b tells anew do not count."""
        night(tmp_path, _told_again("1"))
        folders = {
            name: (tmp_path / name).rename(tmp_path / f"earlier_{name}") for name in ("clean", "raw_order_lines")
        }
        left_out = (tmp_path / "left.parquet").rename(tmp_path / "earlier.parquet")
        earlier = Kept(
            _table("raw_order_lines", folders["raw_order_lines"]),
            Table("left_out_order_lines", (left_out,)),
            _table("clean_order_lines", folders["clean"] / "clean_order_lines"),
        )
        standing = None if is_erased else earlier.raw.paths[0]
        made = night(tmp_path, _told_again(tonight), earlier=earlier, standing=standing)
        assert made.clean.paths[0].stat().st_nlink == links
        assert {key for key, file in made.kept if file == "a"} == set("123") - set(tonight)


def _told_again(keys: str) -> list[Row]:
    old = [{"file_sha": "a", "row_key": key} for key in "123"]
    return [*old, *({"file_sha": "b", "row_key": key} for key in keys)]


def _table(name: str, folder: Path) -> Table:
    return Table(name, tuple(sorted(folder.iterdir())))


class TestMirrors:
    OMS = SETTINGS.model_copy(
        update={
            "sources": (
                SourceSettings(name="tmall", kind="orders", path="t/*"),
                SourceSettings(name="oms", kind="orders", path="o/*", mirrors=("tmall",)),
            )
        }
    )

    def test_orders_that_the_marketplace_tells_count_as_its_own(self, tmp_path: Path) -> None:
        heads = [{"source": "tmall", "order_id": "7", "row_key": "7", "file_sha": "b"}]
        rows = [{"source": "oms", "order_id": number, "row_key": number} for number in ("7", "8")]
        made = night(tmp_path, rows, using=self.OMS, heads=heads)
        assert made.kept == [("8", "a")]
        assert made.left_out == [("a", 1, "duplicate")]

    def test_not_if_the_marketplace_tells_it_only_later(self, tmp_path: Path) -> None:
        heads = [{"source": "tmall", "order_id": "7", "row_key": "7", "file_sha": "b", "event_on": "2026-07-02"}]
        made = night(tmp_path, [{"source": "oms", "order_id": "7"}], using=self.OMS, heads=heads)
        assert len(made.kept) == 1

    def test_without_mirrors_no_more_is_read_than_the_columns(self, tmp_path: Path) -> None:
        heads, lines = (
            Table(name, (*_parts(tmp_path, name, [{}]).paths, tmp_path / "never written.parquet"))
            for name in ("raw_order_heads", "raw_order_lines")
        )
        engine, path = Engine(SETTINGS.engine, tmp_path), tmp_path / "mirrored.parquet"
        assert mirrored_rows(heads, lines, engine=engine, settings=SETTINGS, as_of=AS_OF, path=path).read().is_empty()


versions = st.fixed_dictionaries(
    {
        "row_key": st.sampled_from(["1", "2"]),
        "file_sha": st.sampled_from(list(DAYS)),
        "row_number": st.integers(1, 10**9),
        "version_rank": st.integers(0, 2),
        "filled_count": st.integers(0, 2),
        "event_on": st.sampled_from(["2026-06-01", "2026-07-01", None]),
    }
)


@settings(max_examples=15, deadline=None)
@given(st.lists(versions, min_size=1, max_size=8, unique_by=lambda row: row["row_number"]), st.randoms())
def test_order_of_rows_and_files_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], chance: st.DataObject
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (night(tmp_path_factory.mktemp("night"), given_rows) for given_rows in (rows, shuffled))
    assert (one.kept, one.left_out) == (other.kept, other.left_out)
    assert len(one.kept) + len(one.left_out) == len(rows)


@pytest.mark.parametrize(
    ("head_on", "left_out"),
    [
        ("2026-06-20", []),
        ("2026-07-02", [("a", 1, "later")]),
        (None, [("a", 1, "later")]),
    ],
)
def test_a_line_without_a_day_has_that_of_its_order_and_waits_for_it(
    tmp_path: Path, head_on: str | None, left_out: list[tuple[object, ...]]
) -> None:
    line = LINE | {"event_on": None, "ordered_at": None, "row_number": 1}
    head = LINE | {"row_key": "1", "file_sha": "b", "event_on": head_on, "ordered_at": head_on}
    assert night(tmp_path, [line], heads=[head] if head_on else []).left_out == left_out


@pytest.mark.parametrize("fuller", ["n", "m"])
def test_of_two_deliveries_of_one_day_the_later_is_the_correction(tmp_path: Path, fuller: str) -> None:
    """Files n and m both say 2026-06-20; m came a night later, whichever of them is fuller or further on."""
    rows = [LINE | {"file_sha": sha, "filled_count": 9 if sha == fuller else 5} for sha in ("n", "m")]
    assert night(tmp_path, rows).kept == [("1-1", "m")]
