"""Persons keep their ids: later nights, late and withdrawn links, missing sources, shuffled input."""

import hashlib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from retailer import AS_OF, Retailer

from pipeline.identity.checks import check_identity
from pipeline.identity.steps import IDENTITY_STEPS
from pipeline.identity_settings import IdentitySettings

NEXT, THIRD, FOURTH = date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)
MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "name": "王小明"}
TILL = {"source": "pos", "kind": "order", "phone": "13800001001", "name": "王小明"}
WEB = {"source": "web", "kind": "order", "email": "wang@example.cn"}
BRIDGE = {"source": "shop", "kind": "order", "phone": "13800001001", "email": "wang@example.cn", "name": "王小明"}
OTHER = {"source": "club", "kind": "member", "member_no": "M2", "phone": "13900002002", "name": "李梅"}


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path)


def changes(shop: Retailer, as_of: date) -> list[tuple[str, str, str | None]]:
    """event, customer_id and other_customer_id of one night."""
    told = shop.read("customer_id_history").filter(pl.col("as_of") == as_of)
    return told.select("event", "customer_id", "other_customer_id").rows()


def test_first_night_creates_one_opaque_id_per_person(shop: Retailer) -> None:
    shop.run([MEMBER, TILL, OTHER])
    king, till, plum = shop.customers([MEMBER, TILL, OTHER])
    assert king == till != plum
    assert king.startswith("C")
    assert len(king) == 17
    assert set(changes(shop, AS_OF)) == {("created", king, None), ("created", plum, None)}


def test_more_rows_of_the_same_person_change_no_id(shop: Retailer) -> None:
    first = shop.run([MEMBER, OTHER]).customers([MEMBER, OTHER])
    a_lesser_profile = {**TILL, "source": "aaa"}
    assert shop.run([MEMBER, OTHER, TILL, a_lesser_profile], NEXT).customers([MEMBER, OTHER]) == first
    assert shop.customer_of(a_lesser_profile) == first[0]
    assert changes(shop, NEXT) == []


def test_a_late_link_keeps_the_id_of_the_member(shop: Retailer) -> None:
    member, web = shop.run([MEMBER, WEB]).customers([MEMBER, WEB])
    shop.run([MEMBER, WEB, BRIDGE], NEXT)
    assert set(shop.customers([MEMBER, WEB, BRIDGE])) == {member}
    assert changes(shop, NEXT) == [("merged", web, member)]
    reason = shop.read("customer_id_history").filter(pl.col("event") == "merged")["reason"].item()
    assert reason == "linked through other profiles"


def test_a_link_between_two_known_persons_is_the_reason_of_the_merge(shop: Retailer) -> None:
    shop.run([MEMBER, {**TILL, "phone": "13800001009", "unionid": "oU-1"}])
    shop.run([{**MEMBER, "unionid": "oU-1"}, {**TILL, "phone": "13800001009", "unionid": "oU-1"}], NEXT)
    reason = shop.read("customer_id_history").filter(pl.col("event") == "merged")["reason"].item()
    assert reason == "linked by unionid"


def test_a_withdrawn_link_gives_the_old_id_back(shop: Retailer) -> None:
    member, web = shop.run([MEMBER, WEB]).customers([MEMBER, WEB])
    shop.run([MEMBER, WEB, BRIDGE], NEXT)
    shop.run([MEMBER, WEB], THIRD)
    assert shop.customers([MEMBER, WEB]) == [member, web]
    assert changes(shop, THIRD) == [("split", web, member)]


def test_a_split_without_a_past_gets_a_new_id(shop: Retailer) -> None:
    both = shop.run([MEMBER, BRIDGE, WEB]).customer_of(WEB)
    shop.run([MEMBER, WEB], NEXT)
    member, web = shop.customers([MEMBER, WEB])
    assert member == both != web
    assert set(changes(shop, NEXT)) == {("created", web, None), ("split", web, both)}


def test_merged_twice_and_split_twice_is_told_each_time(shop: Retailer) -> None:
    shop.run([MEMBER, WEB]).run([MEMBER, WEB, BRIDGE], NEXT).run([MEMBER, WEB], THIRD)
    shop.run([MEMBER, WEB, BRIDGE], FOURTH)
    events = shop.read("customer_id_history").sort("as_of", "event")["event"].to_list()
    assert events == ["created", "created", "merged", "split", "merged"]


def test_a_source_missing_for_a_night_moves_no_id(shop: Retailer) -> None:
    first = shop.run([MEMBER, WEB, OTHER]).customers([MEMBER, WEB, OTHER])
    shop.run([WEB], NEXT)
    assert shop.run([MEMBER, WEB, OTHER], THIRD).customers([MEMBER, WEB, OTHER]) == first
    assert changes(shop, NEXT) == changes(shop, THIRD) == []


def test_a_night_run_again_makes_the_same_ids(tmp_path: Path) -> None:
    runs = [Retailer(tmp_path / name).run([MEMBER, WEB]).run([MEMBER, WEB, BRIDGE, OTHER], NEXT) for name in "ab"]
    assert runs[0].read("customer_profiles").equals(runs[1].read("customer_profiles"))


def test_an_id_is_never_minted_twice_even_within_one_night(shop: Retailer) -> None:
    shop.run([BRIDGE, WEB, MEMBER])
    one = shop.customer_of(MEMBER)
    shop.run([WEB], AS_OF)
    shop.run([WEB, MEMBER], AS_OF)
    assert shop.customer_of(WEB) == one
    assert shop.customer_of(MEMBER) not in {None, one}


def test_links_keep_the_day_they_were_decided(shop: Retailer) -> None:
    shop.run([MEMBER, TILL]).run([MEMBER, TILL, BRIDGE], NEXT)
    links = shop.read("identity_links").select("left_source", "right_source", "rule", "decided_on").rows()
    assert links == [("club", "pos", "phone", AS_OF), ("club", "shop", "phone", NEXT)]


def test_order_of_rows_and_repeated_rows_change_no_byte(tmp_path: Path) -> None:
    rows = [
        {
            **TILL,
            "member_no": f"M{number % 40}",
            "phone": f"138000010{number % 23:02d}",
            "name": f"王小{'明华梅'[number % 3]}",
        }
        for number in range(120)
    ]
    turned = [rows[number * 7 % 120] for number in range(120)]
    hashes = []
    for name, order in (("written", rows), ("turned", turned), ("twice", rows + turned)):
        shop = Retailer(tmp_path / name).run(order)
        hashes.append({step.table: digest(shop, step.table) for step in IDENTITY_STEPS})
    assert hashes[0] == hashes[1] == hashes[2]


def digest(shop: Retailer, table: str) -> str:
    """SHA-256 of the file of one table."""
    return hashlib.sha256(shop.tables[table].paths[0].read_bytes()).hexdigest()


def test_every_retired_id_is_explained_and_none_is_in_use(shop: Retailer) -> None:
    shop.run([MEMBER, WEB, OTHER]).run([MEMBER, WEB, BRIDGE, OTHER], NEXT)
    in_use = set(shop.read("customer_profiles")["customer_id"])
    history = shop.read("customer_id_history")
    merged = history.filter(pl.col("event") == "merged")
    assert set(merged["customer_id"]).isdisjoint(in_use)
    assert set(merged["other_customer_id"]) <= in_use
    assert set(history.filter(pl.col("event") == "created")["customer_id"]) == in_use | set(merged["customer_id"])


def test_night_after_night_gives_the_persons_of_one_full_night(tmp_path: Path) -> None:
    """One per cent of new profiles a night, three nights long, against everything at once."""
    rows = [
        {
            "source": ("club", "pos", "web")[number % 3],
            "kind": ("member", "order", "order")[number % 3],
            "phone": f"139{number % 131:08d}",
            "name": f"{'王李张刘'[number % 131 % 4]}{'伟芳娜敏静'[number % 7 % 5]}",
        }
        | ({"member_no": f"M{number}"} if number % 3 == 0 else {})
        for number in range(400)
    ]
    whole = Retailer(tmp_path / "whole").run(rows)
    grown = Retailer(tmp_path / "grown")
    for night, count in enumerate((392, 396, 400)):
        grown.run(rows[:count], date(2026, 9, 28 + night))
    assert persons(grown, rows) == persons(whole, rows)
    accepted = [set(shop.read("identity_links").drop("decided_on").rows()) for shop in (grown, whole)]
    assert accepted[0] == accepted[1]


def persons(shop: Retailer, rows: list[dict[str, str]]) -> list[int]:
    """The person of each row by the first row that is the same person."""
    ids = shop.customers(rows)
    return [ids.index(customer) for customer in ids]


def test_an_id_goes_with_the_member_not_with_the_many(shop: Retailer) -> None:
    till = [{"source": name, "kind": "order", "unionid": "oU-1"} for name in ("a", "b", "c")]
    member = {"source": "club", "kind": "member", "member_no": "M1", "unionid": "oU-2"}
    first, other = shop.run([*till, member]).customers([till[0], member])
    bridge = {"source": "club", "kind": "member", "member_no": "M1", "unionid": "oU-1"}
    shop.run([*till, bridge], NEXT)
    assert shop.customer_of(till[0]) == other != first


def test_of_two_equally_heavy_ids_the_older_survives(shop: Retailer) -> None:
    shop.run([WEB])
    older = shop.customer_of(WEB)
    till = {"source": "aaa", "kind": "order", "phone": "13800001001"}
    shop.run([WEB, till], NEXT)
    shop.run([WEB, {**till, "email": "wang@example.cn"}], THIRD)
    assert shop.customer_of(till) == older


def test_a_chain_of_merges_ends_in_one_living_id(shop: Retailer) -> None:
    card = {"source": "pos", "kind": "order", "member_no": "M9", "phone": "13900009009"}
    shop.run([WEB, MEMBER, card]).run([WEB, BRIDGE, MEMBER, card], NEXT)
    shop.run([WEB, BRIDGE, {**MEMBER, "unionid": "oU-1"}, {**card, "unionid": "oU-1"}], THIRD)
    merged = shop.read("customer_id_history").filter(pl.col("event") == "merged")
    into = dict(zip(merged["customer_id"], merged["other_customer_id"], strict=True))
    living = set(shop.read("customer_profiles")["customer_id"])
    assert len(into) == 2
    assert {into.get(into[one], into[one]) for one in into} <= living


class TestBrake:
    def words(self, shop: Retailer, as_of: date) -> list[str]:
        names = ("customer_profiles", "customer_id_history", "profile_keys", "key_guards")
        before = ("previous_customer_profiles", "previous_key_guards")
        return check_identity(*(shop.tables[name] for name in (*names, *before)), night=shop.night(as_of))

    def people(self, count: int, **more: str) -> list[dict[str, str]]:
        return [{"source": "club", "kind": "member", "member_no": f"M{number:03d}", **more} for number in range(count)]

    def test_a_first_night_passes(self, shop: Retailer) -> None:
        assert self.words(shop.run(self.people(60)), AS_OF) == []

    def test_a_giant_person_by_card_holds_the_night(self, tmp_path: Path) -> None:
        shop = Retailer(tmp_path, IdentitySettings(max_profiles_per_key=100, max_cluster_profiles=50))
        one_card = [{"source": f"s{number:02d}", "kind": "member", "member_no": "M1"} for number in range(51)]
        words = self.words(shop.run(one_card), AS_OF)
        assert len(words) == 1
        assert "1 customers are made of more than 50 profiles" in words[0]
        assert "M1" not in words[0]

    def test_a_giant_person_by_phone_is_not_made_but_questioned(self, tmp_path: Path) -> None:
        shop = Retailer(tmp_path, IdentitySettings(max_profiles_per_key=100, max_cluster_profiles=50))
        words = self.words(shop.run(self.people(52, phone="13800001001")), AS_OF)
        sizes = shop.read("customer_profiles").group_by("customer_id").len()["len"]
        assert words == []
        assert sorted(sizes) == [2, 50]
        assert shop.read("identity_reviews").select("review_kind", "rule").rows() == [
            ("too_large", "phone_group_too_large")
        ]

    @pytest.mark.parametrize(("shoppers", "held"), [(20, False), (21, True)], ids=["20 put aside", "21 put aside"])
    def test_keys_put_aside_at_once_hold_the_night(self, shoppers: int, held: bool, shop: Retailer) -> None:
        till = [
            {
                "source": f"s{number:02d}",
                "kind": "order",
                "phone": "13800001001",
                "name": "王小" + "丁万三上下不"[number % 6],
            }
            for number in range(shoppers)
        ]
        words = self.words(shop.run(self.people(60)).run(self.people(60) + till, NEXT), NEXT)
        assert [f"of {shoppers} of {shoppers} profiles" in word for word in words] == [True] * held

    @pytest.mark.parametrize(("members", "held"), [(21, False), (22, True)], ids=["20 retired", "21 retired"])
    def test_ids_retired_at_once_hold_the_night(self, members: int, held: bool, shop: Retailer) -> None:
        shop.run(self.people(60))
        joined = self.people(members, phone="13800001001") + self.people(60)[members:]
        words = self.words(shop.run(joined, NEXT), NEXT)
        assert [f"{members - 1} of 60" in word for word in words] == [True] * held
