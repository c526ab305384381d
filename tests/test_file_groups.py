"""Which new files are read together."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.file_groups import GROUP_BYTES, GROUP_FILES, grouped
from pipeline.ledger import SpooledFile

MIB = 1 << 20


def file(name: str, byte_count: int = 1000) -> SpooledFile:
    return SpooledFile(name.split("/", maxsplit=1)[0], name, name, byte_count, Path(name))


def names(files: list[SpooledFile]) -> list[list[str]]:
    return [[each.name for each in group] for group in grouped(files)]


def test_groups_are_of_one_source_in_the_order_of_names() -> None:
    files = [file("pos/2.csv"), file("jd/1.csv", 10), file("pos/1.csv")]
    assert names(files) == [["pos/1.csv", "pos/2.csv"], ["jd/1.csv"]]


def test_a_large_file_stands_alone_and_comes_first() -> None:
    files = [file("pos/1.csv"), file("pos/2.csv", 9 * MIB), file("pos/3.csv")]
    assert names(files) == [["pos/2.csv"], ["pos/1.csv"], ["pos/3.csv"]]


def test_what_is_packed_counts_as_ten_times_its_size() -> None:
    files = [file("pos/1.csv.gz", MIB // 2), file("pos/2.csv.GZ", MIB // 2)]
    assert names(files) == [["pos/1.csv.gz"], ["pos/2.csv.GZ"]]


def test_of_a_workbook_most_is_markup_so_it_counts_as_three_times_its_size() -> None:
    files = [file(f"tmall/{number}.xlsx", MIB) for number in (1, 2, 3)]
    assert names(files) == [["tmall/1.xlsx", "tmall/2.xlsx"], ["tmall/3.xlsx"]]


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 3 * MIB)), max_size=200))
def test_every_file_is_in_one_group_and_no_group_is_too_large(sizes: list[tuple[str, int]]) -> None:
    files = [file(f"{source}/{number:03}.csv", size) for number, (source, size) in enumerate(sizes)]
    groups = grouped(files)
    assert sorted(each.name for group in groups for each in group) == sorted(each.name for each in files)
    for group in groups:
        assert len({each.source for each in group}) == 1
        assert len(group) <= GROUP_FILES
        assert len(group) == 1 or sum(each.byte_count for each in group) <= GROUP_BYTES
