"""Names of folders from ids that may say anything, and groups that must exist."""

import grp
import os

import pytest
from customer_shop import shop_settings
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import HuitouError, SettingsError
from pipeline.report_settings import ReportSettings
from pipeline.reports import store_folders
from pipeline.reports.store_folders import check_groups, folder_name, folder_names, group_of

OWN_GROUP = grp.getgrgid(os.getegid()).gr_name


@pytest.mark.parametrize(
    ("store_id", "name"),
    [
        ("S001", "S001"),
        ("BJ-01_A", "BJ-01_A"),
        ("s001", "s001-[hash]"),
        ("北京店", "北京店-[hash]"),
        ("../../etc/passwd", "etc_passwd-[hash]"),
        ("..", "store-[hash]"),
        (".", "store-[hash]"),
        ("/", "store-[hash]"),
        ("a b/c\\d\0e\nf", "a_b_c_d_e_f-[hash]"),
        ("CON", "con-[hash]"),
        ("-rf", "rf-[hash]"),
        ("店" * 300, "店" * 24 + "-[hash]"),
        ("", "store-[hash]"),
    ],
)
def test_folder_names(store_id: str, name: str) -> None:
    found = folder_name(store_id)
    assert (found == name) if "[hash]" not in name else found.startswith(name.removesuffix("[hash]"))
    assert found == folder_name(store_id)


@given(st.lists(st.text(max_size=60), unique=True, max_size=20))
def test_no_name_leaves_its_folder_and_none_is_taken_twice(store_ids: list[str]) -> None:
    names = folder_names(store_ids)
    assert len({name.lower() for name in names.values()}) == len(store_ids)
    for name in names.values():
        assert not set(name) & set("/\\\0:\n")
        assert not name.startswith((".", "-"))
        assert len(name.encode()) <= 160


@pytest.mark.parametrize(("one", "other"), [("s1", "S1"), ("A/B", "A_B"), ("A.", "A"), ("é", "e\u0301"), ("Ａ", "A")])
def test_ids_that_look_alike_have_folders_of_their_own(one: str, other: str) -> None:
    assert folder_name(one).lower() != folder_name(other).lower()


def test_two_stores_never_share_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_folders, "HASHED", 0)
    with pytest.raises(HuitouError, match="two stores would share the folder"):
        folder_names(["a b", "a/b"])


@pytest.mark.parametrize(
    ("store_id", "group"), [("S1", "west"), ("S2", "huitou_S2"), ("北京", f"huitou_{folder_name('北京')}")]
)
def test_groups_of_stores(store_id: str, group: str) -> None:
    assert group_of(store_id, ReportSettings(store_group="huitou_{store}", store_groups={"S1": "west"})) == group


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ({"store_group": "all_managers"}, "or every store could read all others"),
        ({"store_groups": {"S1": "a b;c"}}, "is no name of a group"),
        ({"store_rounded_to": 0}, "store_rounded_to"),
        ({"stores": "some"}, "stores"),
    ],
)
def test_wrong_settings_are_refused(reports: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        shop_settings(reports=reports)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ReportSettings(stores=("S1",), store_group="none_{store}"), "there is no group 'none_S1'"),
        (ReportSettings(stores="all", store_groups={"S1": "nobody_here"}), "there is no group 'nobody_here'"),
    ],
)
def test_check_names_a_missing_group_and_what_to_do(settings: ReportSettings, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as told:
        check_groups(settings)
    assert "groupadd" in str(told.value)


def test_a_group_of_others_may_not_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 4_000_000)
    monkeypatch.setattr(os, "getgroups", list)
    with pytest.raises(SettingsError, match="is not in the group"):
        check_groups(ReportSettings(stores="all", store_groups={"S1": OWN_GROUP}))


@pytest.mark.parametrize(
    "settings",
    [
        ReportSettings(),
        ReportSettings(stores="none", store_group="none_{store}"),
        ReportSettings(stores="all", store_groups={"S1": OWN_GROUP}),
    ],
)
def test_groups_that_are_there_or_not_needed_pass(settings: ReportSettings) -> None:
    check_groups(settings)
