"""Two keys: one customer and by which joins, two and what refused them, or never compared and what they would weigh."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_model import plain_model
from retailer import AS_OF, SECRET, Retailer

from pipeline.identity.explain_pair import PublishedNight, explained_pair, persons_between
from pipeline.identity.pair_answers import Answer, KeptApart, NeverDecided, OneCustomer, Weighed
from pipeline.identity.whose_key import meant_by
from pipeline.identity_settings import IdentitySettings, LikenessSettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS
from pipeline.settings import Settings

Row = dict[str, Any]
PHONE = "13800001001"
CARD = {"source": "club", "kind": "member", "member_no": "M1", "phone": PHONE, "name": "张伟", "city": "杭州"}
TILL = {"source": "pos", "kind": "order", "member_no": "M1"}
WEB = {"source": "web", "kind": "order", "unionid": "oU-1", "phone": PHONE, "name": "张伟"}
WIFE = {"source": "club", "kind": "member", "member_no": "M2", "phone": PHONE, "name": "李梅"}
SON = {"source": "club", "kind": "member", "member_no": "M3", "phone": PHONE, "name": "张强"}
MASKED = {
    "source": "jd", "kind": "order", "platform_user_id": "7001", "receiver_phone_shown": "138****1001",
    "receiver_name": "张伟", "city": "杭州",
}  # fmt: skip


def night_of(shop: Retailer) -> PublishedNight:
    """What answers are read from; the shop has no orders."""

    def table_of(name: str) -> Table:
        if name in shop.tables:
            return shop.tables[name]
        return write_table(TABLES[name], TABLES[name].empty(), shop.folder / f"{name}.parquet")

    return PublishedNight(
        table_of, SECRET, Settings(retailer="示例零售", identity=shop.identity), shop.folder / "scratch"
    )


def answers(shop: Retailer, key: str, other: str) -> list[Answer]:
    """What is told about two keys, one answer for every two customers."""
    night = night_of(shop)
    one, two = (meant_by(typed, night.table_of, SECRET) for typed in (key, other))
    return [explained_pair(persons, night) for persons in persons_between(one, two)]


def the_answer(shop: Retailer, key: str, other: str) -> Answer:
    (answer,) = answers(shop, key, other)
    return answer


def with_model(folder: Path, rows: Sequence[Row], identity: IdentitySettings | None = None) -> Retailer:
    return Retailer(folder, identity or IdentitySettings(), model=plain_model()).run(rows)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    """One man on four channels, and two of his family who use his phone."""
    return with_model(tmp_path_factory.mktemp("family"), [CARD, TILL, WEB, MASKED, WIFE, SON])


@pytest.mark.parametrize(
    ("key", "other", "rules"),
    [
        ("pos:M1", "club:M1", ["member_no"]),
        ("pos:M1", "web:oU-1", ["member_no", "phone"]),
        ("pos:M1", "jd:7001", ["member_no", "likeness"]),
        ("jd:7001", "web:oU-1", ["likeness", "phone"]),
        ("M1", "7001", ["likeness"]),  # of the card's two profiles the one that is nearest
        ("club:M1", "club:M1", []),
    ],
)
def test_one_customer_is_told_by_the_chain_of_joins(key: str, other: str, rules: list[str], family: Retailer) -> None:
    answer = the_answer(family, key, other)
    assert isinstance(answer, OneCustomer)
    assert [edge.rule for edge in answer.chain] == rules
    assert [edge.rule for edge in answer.turned().chain] == rules[::-1]


def test_a_customer_and_itself_is_told_by_its_weakest_join(family: Retailer) -> None:
    person = family.customer_of(CARD)
    answer = the_answer(family, person, person)
    assert isinstance(answer, OneCustomer)
    assert answer.weakest is not None
    assert [answer.weakest.rule, *answer.weakest.waterfall] == [
        "likeness", "prior", "name", "phone", "birth_date", "email", "place",
    ]  # fmt: skip


def test_a_phone_of_a_family_tells_of_every_two_of_them(family: Retailer) -> None:
    found = answers(family, PHONE, PHONE)
    told = {frozenset((answer.left_id, answer.right_id)): answer for answer in found if isinstance(answer, KeptApart)}
    man, wife, son = family.customers([CARD, WIFE, SON])
    assert {edge.rule for edge in told[frozenset((man, wife))].refused} == {"phone_names_differ"}
    assert {edge.rule for edge in told[frozenset((man, son))].refused} == {"phone_names_differ"}
    (never,) = [answer for answer in found if isinstance(answer, NeverDecided)]
    assert {never.left_id, never.right_id} == {wife, son}


def test_joins_of_a_phone_go_out_from_one_profile_so_two_others_may_never_have_met(family: Retailer) -> None:
    answer = the_answer(family, "club:M2", "club:M3")
    assert isinstance(answer, NeverDecided)
    (key,) = answer.shared
    assert (key.key_masked, key.reason, key.name_count) == ("138****1001", "several_names", 3)
    assert [edge.rule for edge in answer.around] == ["phone_names_differ"] * 2
    assert answer.contradictions == ("names_differ", "cards_differ")
    assert answer.shown == ({"name": "李*", "phone": "138****1001"}, {"name": "张*", "phone": "138****1001"})


BORN = [{**CARD, "birth_date": "1990-01-01"}, {**WEB, "name": None, "kind": "member", "birth_date": "1985-05-05"}]


def test_two_birth_dates_hold_a_join_and_people_are_asked(tmp_path: Path) -> None:
    answer = the_answer(with_model(tmp_path, BORN), "club:M1", "web:oU-1")
    assert isinstance(answer, KeptApart)
    assert [edge.rule for edge in answer.refused] == ["phone_birth_dates_differ"]
    ((kind, verdict),) = [(asked.review_kind, asked.verdict) for asked in answer.questions]
    assert (kind, verdict) == ("held", None)


@pytest.mark.parametrize(
    ("verdict", "rows", "told"),
    [("different", [CARD, WEB], KeptApart), ("same", [CARD, {**WEB, "phone": "13900002002"}], OneCustomer)],
)
def test_what_people_said_is_told_as_such(verdict: str, rows: list[Row], told: type[Answer], tmp_path: Path) -> None:
    pair = dict(zip(ENDS, ("club", "M1", "web", "oU-1"), strict=True))
    said = pl.DataFrame([{**pair, "verdict": verdict, "decided_on": AS_OF}])
    shop = Retailer(tmp_path, decisions=said.cast(dict(TABLES["identity_decisions"].polars_schema))).run(rows)
    answer = the_answer(shop, "M1", "oU-1")
    assert isinstance(answer, told)
    assert isinstance(answer, KeptApart | OneCustomer)
    assert [(one.review_kind, one.verdict) for one in answer.questions] == [("decided", verdict)]
    edges = answer.refused if isinstance(answer, KeptApart) else answer.chain
    assert f"review_{verdict}" in {edge.rule[-len(f"review_{verdict}") :] for edge in edges}


def crowded(count: int) -> list[Row]:
    """So many cards of different people with the phone of the shop."""
    names = [f"王小{chr(0x4E01 + number)}" for number in range(count)]
    return [
        {"source": "club", "kind": "member", "member_no": f"S{number}", "phone": "13800009999", "name": name}
        for number, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("rows", "identity", "reason"),
    [
        (crowded(6), {}, "too_many_names"),
        (crowded(2), {"blocked_values": ("13800009999",)}, "blocked_value"),
        ([*crowded(2), *({**row, "phone": f"1390000{n:04d}"} for n in range(3) for row in crowded(1))],
         {"max_keys_per_profile": 3}, "too_many_keys_of_the_profile"),
    ],
    ids=["a shop's phone", "a blocked one", "a clerk's card"],
)  # fmt: skip
def test_a_shared_key_says_why_it_joined_nobody(
    rows: list[Row], identity: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    answer = the_answer(with_model(tmp_path, rows, IdentitySettings(**identity)), "S0", "S1")
    assert isinstance(answer, NeverDecided)
    assert [(key.key_masked, key.reason) for key in answer.shared] == [("138****9999", reason)]


def test_a_receivers_phone_is_a_key_in_common_too(tmp_path: Path) -> None:
    """What a parcel's name refuses stands at one owner of the phone only; the other owner is told all the same."""
    parcel = {"source": "jd", "kind": "order", "platform_user_id": "8001", "receiver_phone": PHONE}
    shop = with_model(tmp_path, [CARD, WIFE, {**parcel, "receiver_name": "王小明"}])
    for key, other in (("M2", "8001"), ("8001", "M2")):
        answer = the_answer(shop, key, other)
        assert isinstance(answer, NeverDecided)
        told = [(one.key_type, one.key_masked, one.reason, one.name_count) for one in answer.shared]
        assert told == [("receiver_phone", "138****1001", "parcels_only", 2)]
        assert [edge.rule for edge in answer.around] == ["receiver_phone_names_differ"]


def test_a_recycled_phone_is_one_key_for_each_of_its_owners(tmp_path: Path) -> None:
    seen = [AS_OF - timedelta(days=days) for days in (1500, 1400, 30)]
    owners = [("O1", "张伟"), ("O2", "张伟"), ("N1", "李梅"), ("N2", "李梅")]
    rows = [
        {"source": f"pos{number}", "kind": "order", "platform_user_id": f"{number}", "phone": PHONE, "name": name,
         "ordered_at": pl.Series([day]).cast(pl.Datetime("us")).item(), "event_on": day, "ordered_on": day}
        for number, ((_, name), day) in enumerate(zip(owners, (seen[0], seen[1], seen[2], seen[2]), strict=True))
    ]  # fmt: skip
    shop = with_model(tmp_path, rows)
    assert shop.read("key_lives").height == 4
    apart = the_answer(shop, "pos0:0", "pos3:3")
    assert isinstance(apart, KeptApart)
    assert [edge.rule for edge in apart.refused] == ["phone_recycled"]


MET = {"source": "tmall", "kind": "order", "platform_user_id": "9001", "receiver_name": "张伟", "city": "杭州"}


def test_never_compared_profiles_are_compared_now_and_bits_add_up(tmp_path: Path) -> None:
    answer = the_answer(with_model(tmp_path, [CARD, MET]), "M1", "9001")
    assert isinstance(answer, NeverDecided)
    assert answer.weighed is not None
    bits = {name: round(value) for name, value in answer.weighed.waterfall.items()}
    assert bits == {"prior": -16, "name": 12, "phone": 0, "birth_date": 0, "email": 0, "place": 4}
    assert answer.weighed.levels == {"name": "equal", "place": "same city"}
    assert answer.weighed.match_weight == pytest.approx(sum(answer.weighed.waterfall.values()), abs=1e-5)
    assert answer.weighed.model_probability == pytest.approx(0.5, abs=1e-4)
    assert answer.weighed.objections == ("no_contact", "too_weak")
    assert answer.weighed.blocks == {}
    assert (answer.shared, answer.contradictions) == ((), ())
    assert answer.shown[1] == {"name": "张*", "whose": "of its main receiver", "place": "杭州"}


@pytest.mark.parametrize(("most", "is_open"), [(200, True), (2, False)], ids=["proposed and too weak", "too common"])
def test_a_value_in_common_that_proposed_nobody_is_told(most: int, is_open: bool, tmp_path: Path) -> None:
    others = [{**CARD, "member_no": f"M{n}", "phone": f"1390000{n:04d}", "district": "西湖区"} for n in range(3)]
    likeness = LikenessSettings(max_block_profiles=most, suggest_probability=0.9999, keep_probability=0.9999,
                                link_probability=0.9999)  # fmt: skip
    shop = with_model(tmp_path, [{**row, "province": "浙江"} for row in others], IdentitySettings(likeness=likeness))
    answer = the_answer(shop, "M1", "M2")
    assert isinstance(answer, NeverDecided)
    assert answer.weighed is not None
    assert answer.weighed.blocks == {"by_place": is_open}
    # districts are free text, in which people write names
    assert [shown["place"] for shown in answer.shown] == ["杭州", "杭州"]


def test_who_shows_no_name_cannot_be_compared(tmp_path: Path) -> None:
    answer = the_answer(
        with_model(tmp_path, [CARD, {"source": "web", "kind": "event", "unionid": "oU-9"}]), "M1", "oU-9"
    )
    assert isinstance(answer, NeverDecided)
    assert answer.weighed is None
    assert answer.has_model
    assert [bool(shown) for shown in answer.shown] == [True, False]


def test_without_a_model_nothing_is_compared(tmp_path: Path) -> None:
    answer = the_answer(Retailer(tmp_path).run([CARD, MET]), "M1", "9001")
    assert isinstance(answer, NeverDecided)
    assert answer.weighed is None
    assert not answer.has_model


def test_a_retired_id_means_the_profiles_that_bore_it(tmp_path: Path) -> None:
    web = {"source": "web", "kind": "order", "email": "wang@example.cn"}
    bridge = {"source": "shop", "kind": "order", "phone": PHONE, "email": "wang@example.cn", "name": "张伟"}
    shop = Retailer(tmp_path)
    member, retired = shop.run([CARD, web]).customers([CARD, web])
    shop.run([CARD, web, bridge], AS_OF + timedelta(days=1))
    assert meant_by(retired, night_of(shop).table_of, SECRET).former_ids == (retired,)
    answer = the_answer(shop, retired, "M1")
    assert isinstance(answer, OneCustomer)
    assert answer.customer_id == member
    assert answer.left[0] == "web"
    assert [edge.rule for edge in answer.chain] == ["email", "phone"]


def test_the_night_and_the_question_weigh_a_pair_alike(tmp_path: Path) -> None:
    """Every pair that the night has scored, scored again on demand: the same bits, probability and objection."""
    likeness = LikenessSettings(suggest_probability=0.001)
    rows = [
        *(
            {**CARD, "member_no": f"M{n}", "unionid": f"oU-{n}", "phone": f"138{n:04d}1001", "name": name, "city": city}
            for n, (name, city) in enumerate([("张伟", "杭州"), ("张建国", "杭州"), ("李梅", "上海"), ("张卫", "杭州")])
        ),
        *(
            {**MASKED, "platform_user_id": f"70{n}", "receiver_name": name}
            for n, name in enumerate(["张伟", "张*", "李*", "张建华"])
        ),
    ]
    shop = Retailer(tmp_path, IdentitySettings(likeness=likeness), model=plain_model(by_commonness=True)).run(rows)
    scored = shop.read("scored_pairs")
    links = shop.read("likely_links").select(*ENDS, "probability", "likeness_reason")
    pairs = scored.drop("probability").join(links, on=ENDS)
    assert pairs.height >= 8
    assert "mask agrees" in scored["level_name"]
    for row in pairs.iter_rows(named=True):
        told = weighed_alone(shop, (row["left_source"], row["left_key"]), (row["right_source"], row["right_key"]))
        assert told.match_weight == row["match_weight"]
        assert told.waterfall == {name: row[f"weight_{name}"] for name in told.waterfall}
        assert told.probability == pytest.approx(row["probability"], abs=1e-8)
        others = [word for word in told.objections if row["likeness_reason"] != "several_fit"]
        assert row["likeness_reason"] in (None, "several_fit", *others[:1])
        assert all(told.blocks.values())
        assert told.blocks


def weighed_alone(shop: Retailer, left: tuple[str, str], right: tuple[str, str]) -> Weighed:
    """Two profiles weighed as if they were two persons."""
    from pipeline.identity.pair_likeness import weighed  # noqa: PLC0415

    night = night_of(shop)
    ends = [pl.DataFrame([end], schema=["source", "profile_key"], orient="row") for end in (left, right)]
    told = weighed(*ends, pl.concat(ends), night.table_of, SECRET, night.settings, night.scratch)
    assert told is not None
    return told


def test_nothing_told_is_a_raw_value(family: Retailer) -> None:
    told = repr([answers(family, *pair) for pair in (("M1", "M2"), ("M2", "M3"), ("M1", "7001"))])
    assert "phone 138****1001" in told
    for raw in (PHONE, "张伟", "李梅", "张强"):
        assert raw not in told


KEYS = ("M1", "M2", "club:M3", "pos:M1", "web:oU-1", "7001", PHONE, "9001")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(KEYS), other=st.sampled_from(KEYS))
def test_it_is_the_same_from_both_ends(key: str, other: str, both_ends: Retailer) -> None:
    there, back = answers(both_ends, key, other), answers(both_ends, other, key)
    assert len(there) == len(back)
    for one, turned in zip(there, back, strict=True):
        assert turned in (one, one.turned())


@pytest.fixture(scope="module")
def both_ends(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return with_model(tmp_path_factory.mktemp("ends"), [CARD, TILL, WEB, MASKED, WIFE, SON, MET])
