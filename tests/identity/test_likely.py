"""Which likely pairs are joined, why others are not, and how a join outlives a weaker model."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from plain_model import plain_model
from retailer import AS_OF, Retailer

from pipeline.identity.likely import mask_share
from pipeline.identity.splink_training import coincidence
from pipeline.identity.training import is_stale, nonsense
from pipeline.identity_settings import IdentitySettings, LikenessSettings

NEXT = date(2026, 10, 1)
MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "name": "张伟", "city": "杭州"}
BUYER = {
    "source": "jd", "kind": "order", "platform_user_id": "7001", "receiver_phone_shown": "138****1001",
    "receiver_name": "张伟", "city": "杭州",
}  # fmt: skip


def verdicts(shop: Retailer) -> list[tuple[str, str | None]]:
    return shop.read("likely_links").select("decision", "likeness_reason").rows()


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ([], ("accepted", None)),
        ([{**BUYER, "name": "李梅"}], ("refused", "names_differ")),
        ([{**BUYER, "unionid": "oU-2"}], ("refused", "unionids_differ")),
    ],
    ids=["nothing against it", "own name", "other unionid"],
)
def test_what_becomes_of_a_pair(more: list[dict[str, str]], verdict: tuple[str, str | None], tmp_path: Path) -> None:
    shop = Retailer(tmp_path, model=plain_model())
    member = {**MEMBER, "unionid": "oU-1"}
    shop.run([member, *(more or [BUYER])])
    found = verdicts(shop) or [("refused", "names_differ")]
    assert found == [verdict]


def test_the_bits_add_up_and_the_evidence_is_masked(tmp_path: Path) -> None:
    shop = Retailer(tmp_path, model=plain_model()).run([MEMBER, BUYER])
    row = shop.read("likely_links").row(0, named=True)
    bits = {name: round(row[f"weight_{name}"]) for name in ("prior", "name", "phone", "place", "birth_date", "email")}
    assert bits == {"prior": -16, "name": 12, "phone": 15, "place": 4, "birth_date": 0, "email": 0}
    assert row["match_weight"] == pytest.approx(15, abs=0.01)
    assert row["probability"] == pytest.approx(2**15 / (1 + 2**15), abs=1e-4)
    assert row["evidence"] == ("name 张* / 张* (equal), phone 138****1001 (digits equal), place 杭州 (same city)")


def shown(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Profiles with whole phones and full names: source, phone, name."""
    told = pl.DataFrame(rows, schema=["source", "phone_number", "name_key"], orient="row")
    shape = pl.concat_str(pl.col("phone_number").str.head(3), pl.lit("****"), pl.col("phone_number").str.tail(4))
    return told.with_columns(phone_shape=shape, name_surname=pl.col("name_key").str.head(1), name_class=pl.lit("full"))


def test_a_mask_is_worth_what_families_leave_of_it() -> None:
    # one phone, three sources: club and jd say 张伟, pos says 张丽. One of three pairs is one person: (1 + 1) / (3 + 2)
    family = (("club", "13800001001", "张伟"), ("jd", "13800001001", "张伟"), ("pos", "13800001001", "张丽"))
    # a stranger with the same seven digits and surname belongs to the weight of the phone, not to this
    stranger = ("web", "13899991001", "张军")
    levels = pl.DataFrame({"level_name": ["mask agrees", "equal"]})
    for profiles in (family, (*family, stranger)):
        assert levels.select(mask_share(shown(*profiles))).to_series().to_list() == [pytest.approx(0.4), 1.0]


def test_without_a_model_exact_keys_decide_alone(tmp_path: Path) -> None:
    shop = Retailer(tmp_path).run([MEMBER, BUYER])
    assert shop.read("identity_model").is_empty()
    assert verdicts(shop) == []
    assert len(set(shop.customers([MEMBER, BUYER]))) == 2


@pytest.mark.parametrize(
    ("keep", "stays"), [(0.95, True), (0.9999, False)], ids=["above the lower bound", "below both bounds"]
)
def test_a_join_lives_on_under_a_weaker_model_until_it_is_too_weak(keep: float, stays: bool, tmp_path: Path) -> None:
    shop = Retailer(tmp_path, model=plain_model())
    joined = shop.run([MEMBER, BUYER]).customers([MEMBER, BUYER])
    assert joined[0] == joined[1]
    # 15 bits are 0.99997: too little for a new join now, enough for an old one above the lower bound
    strict = LikenessSettings(link_probability=0.999999, keep_probability=keep if stays else 0.999998)
    shop.identity = IdentitySettings(likeness=strict)
    later = shop.run([MEMBER, BUYER], NEXT).customers([MEMBER, BUYER])
    assert (later[0] == later[1]) is stays
    fresh = Retailer(tmp_path / "fresh", shop.identity, model=plain_model()).run([MEMBER, BUYER])
    assert verdicts(fresh) == [("refused", "too_weak")]


def test_a_model_is_stale_after_its_days_and_on_an_earlier_night(tmp_path: Path) -> None:
    night = Retailer(tmp_path).night(AS_OF)
    assert [is_stale(AS_OF - timedelta(days=days), night) for days in (0, 29, 30, -1)] == [False, False, True, True]


def test_a_model_that_says_nonsense_is_found_out() -> None:
    assert nonsense(plain_model()) == []
    model = json.loads(plain_model())
    first = model["comparisons"][1]["comparison_levels"][1]
    first["m_probability"] = first["u_probability"] / 2
    assert nonsense(json.dumps(model)) == ["phone"]


@pytest.mark.parametrize(
    ("among_all", "among_strangers", "expected"),
    [(1e-5, 5e-6, 5e-6), (1e-5, 2e-5, 1e-5), (1e-5, None, 1e-6), (None, 5e-6, 5e-6), (None, None, 3e-6)],
    ids=["strangers", "never more than among all", "never less than one pair", "strangers alone", "rule of three"],
)
def test_how_often_strangers_meet_in_a_rare_value(
    among_all: float | None, among_strangers: float | None, expected: float
) -> None:
    """Of a million pairs that were looked at; what none of them showed still says something."""
    assert coincidence(among_all, among_strangers, 1e-6) == pytest.approx(expected)


SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"


def crowd(count: int) -> list[dict[str, str]]:
    """Members, half of whom also buy on a platform that masks their phone."""
    members, buyers = [], []
    for number in range(count):
        name = SURNAMES[number % 10] + GIVEN[number // 10 % 20] + GIVEN[(number * 7) % 20]
        phone, city = f"13{number % 9}{(number * 7919) % 10**8:08d}", ("杭州", "上海", "成都", "北京")[number % 4]
        members.append(
            {"source": "club", "kind": "member", "member_no": f"M{number}", "phone": phone, "name": name, "city": city}
        )
        if number % 2 == 0:
            shown = {"receiver_phone_shown": f"{phone[:3]}****{phone[-4:]}"}
            whole = {"receiver_phone": phone} if number % 4 == 0 else shown
            buyers.append(
                {"source": "jd", "kind": "order", "platform_user_id": f"7{number}", "receiver_name": name, "city": city}
                | whole
            )
    return members + buyers


def test_a_model_is_learned_from_the_profiles_and_the_same_twice(tmp_path: Path) -> None:
    rows = crowd(800)
    shops = [Retailer(tmp_path / name).run(order) for name, order in (("one", rows), ("turned", rows[::-1]))]
    models = [shop.read("identity_model") for shop in shops]
    assert models[0].equals(models[1])
    assert models[0]["training_count"].to_list() == [1200]
    pairs = shops[0].read("likely_links").filter(pl.col("decision") == "accepted")
    owner = pairs.select(pl.col("left_key").str.slice(1) == pl.col("right_key").str.slice(1)).to_series()
    right = [row for row in rows if "receiver_phone_shown" in row]
    assert len(owner) == len(right)
    assert owner.all()


def test_a_fresh_model_is_kept_and_an_old_one_trained_anew(tmp_path: Path) -> None:
    shop = Retailer(tmp_path).run(crowd(800))
    first = shop.read("identity_model")
    kept = shop.run(crowd(820), NEXT).read("identity_model")
    assert kept.equals(first)
    later = AS_OF + timedelta(days=30)
    assert shop.run(crowd(820), later).read("identity_model")["model_trained_on"].to_list() == [later]
