"""Why profiles are one, and why not: path, waterfall, refusals, whatever key is asked for."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_model import plain_model
from retailer import SECRET, Retailer

from pipeline.identity.edges import Edge, neighbours_of, strongest_path
from pipeline.identity.explain import explanations
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "name": "张伟", "city": "杭州"}
TILL = {"source": "pos", "kind": "order", "member_no": "M1"}
WEB = {"source": "web", "kind": "order", "unionid": "oU-1", "phone": "13800001001"}
WIFE = {"source": "old_club", "kind": "member", "member_no": "M2", "phone": "13800001001", "name": "李梅"}
BUYER = {
    "source": "jd", "kind": "order", "platform_user_id": "7001", "receiver_phone_shown": "138****1001",
    "receiver_name": "张伟", "city": "杭州",
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path, model=plain_model()).run([MEMBER, TILL, BUYER, {**WEB, "name": "张伟"}, WIFE])


def asked(key: str, shop: Retailer) -> list[str]:
    """The persons that a key means."""
    return [found.customer_id for found in explanations(key, lambda name: table(shop, name), SECRET)]


def table(shop: Retailer, name: str) -> Table:
    """A table of the last night; one order for those that belong to other layers."""
    if name in shop.tables:
        return shop.tables[name]
    row = dict.fromkeys(TABLES["orders"].names)
    row |= {"order_id": "T1", "order_key": "jd:T1", "customer_id": shop.customer_of(BUYER)}
    orders = pl.DataFrame([row], schema=TABLES["orders"].polars_schema)
    return write_table(TABLES["orders"], orders, shop.folder / "orders.parquet")


def test_any_key_leads_to_its_person(shop: Retailer) -> None:
    person, wife = shop.customers([MEMBER, WIFE])
    assert asked(person, shop) == asked("M1", shop) == asked("oU-1", shop) == asked("T1", shop) == [person]
    assert asked("+86 138-0000-1001", shop) == sorted([person, wife])
    assert asked("nobody", shop) == []


def test_the_path_between_two_profiles_goes_over_the_strongest_joins(shop: Retailer) -> None:
    (found,) = explanations("M1", lambda name: table(shop, name), SECRET)
    keys = {row["source"]: (row["source"], row["profile_key"]) for row in found.profiles.iter_rows(named=True)}
    assert sorted(keys) == ["club", "jd", "pos", "web"]
    assert [edge.rule for edge in found.path(keys["pos"], keys["web"])] == ["member_no", "phone"]
    assert [edge.rule for edge in found.path(keys["jd"], keys["pos"])] == ["likeness", "member_no"]
    assert found.path(keys["jd"], keys["jd"]) == ()


def test_likeness_is_told_bit_by_bit_and_refusals_with_their_reason(shop: Retailer) -> None:
    (found,) = explanations("M1", lambda name: table(shop, name), SECRET)
    likely = next(edge for edge in found.accepted if edge.rule == "likeness")
    bits = {name: round(value) for name, value in likely.waterfall.items()}
    assert bits == {"prior": -16, "name": 12, "phone": 15, "birth_date": 0, "email": 0, "place": 4}
    refused = {edge.rule: edge.evidence for edge in found.refused}
    assert refused["phone_names_differ"] == "phone 138****1001, names 张* / 李*"
    assert all(not edge.waterfall for edge in found.accepted if edge.rule != "likeness")


def test_nothing_told_is_a_raw_value(shop: Retailer) -> None:
    told = repr(explanations("M1", lambda name: table(shop, name), SECRET))
    assert "13800001001" not in told
    assert "张伟" not in told


def test_a_retired_id_leads_to_its_successor(tmp_path: Path) -> None:
    web = {"source": "web", "kind": "order", "email": "wang@example.cn"}
    bridge = {"source": "shop", "kind": "order", "phone": "13800001001", "email": "wang@example.cn", "name": "张伟"}
    shop = Retailer(tmp_path)
    member, retired = shop.run([MEMBER, web]).customers([MEMBER, web])
    shop.run([MEMBER, web, bridge])
    assert asked(retired, shop) == [member]


def edge(left: int, right: int, probability: float) -> Edge:
    return Edge(("s", str(left)), ("s", str(right)), "likeness", "", probability, "accepted", "", {})


def test_the_weakest_join_of_the_chosen_chain_is_as_strong_as_can_be() -> None:
    edges = (edge(1, 2, 0.9), edge(2, 4, 0.8), edge(1, 3, 0.99), edge(3, 4, 0.7), edge(1, 4, 0.6))
    path = strongest_path(neighbours_of(edges), ("s", "1"), ("s", "4"))
    assert [one.probability for one in path] == [0.9, 0.8]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([0.5, 0.7, 0.9])), max_size=12))
def test_a_path_leads_where_it_should_over_the_best_weakest_join(rows: list[tuple[int, int, float]]) -> None:
    edges = tuple(edge(*row) for row in rows if row[0] != row[1])
    path = strongest_path(neighbours_of(edges), ("s", "0"), ("s", "5"))
    here = ("s", "0")
    for one in path:
        here = one.right if one.left == here else one.left
    assert here == (("s", "5") if path else ("s", "0"))
    best = max((bound for bound in (0.5, 0.7, 0.9) if reaches(edges, bound)), default=None)
    assert (min((one.probability for one in path), default=None)) == best


def test_of_equal_chains_the_shorter_is_told_and_the_same_from_both_ends() -> None:
    # the weakest join of both ways to 5 is 0.7: over 2 and 3 in four joins, or straight on from 4 in two
    edges = (edge(1, 2, 0.9), edge(2, 3, 0.9), edge(3, 4, 0.9), edge(1, 4, 0.7), edge(4, 5, 0.7))
    joins = neighbours_of(edges)
    path = strongest_path(joins, ("s", "1"), ("s", "5"))
    assert [(one.left[1], one.right[1]) for one in path] == [("1", "4"), ("4", "5")]
    assert strongest_path(joins, ("s", "5"), ("s", "1")) == path[::-1]
    assert len(strongest_path(joins, ("s", "1"), ("s", "4"))) == 3


def reaches(edges: tuple[Edge, ...], least: float) -> bool:
    """Whether joins of at least this probability lead from 0 to 5."""
    there = {"0"}
    for _ in edges:
        for one in edges:
            if one.probability >= least and {one.left[1], one.right[1]} & there:
                there |= {one.left[1], one.right[1]}
    return "5" in there
