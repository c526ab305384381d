"""A large group that only looks alike is joined by how well its parts fit on average."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from plain_model import plain_model
from retailer import Retailer
from test_repair import NOBODY

from pipeline.identity.linkage import AverageLinkage
from pipeline.identity.repair import TRAITS, repaired
from pipeline.identity_settings import IdentitySettings, LikenessSettings

SURE = 1023 / 1024
"""Nearly ten bits."""


def linkage(links: list[tuple[int, int]], **limits: Any) -> AverageLinkage:
    found = AverageLinkage([(*ends, SURE) for ends in links], LikenessSettings(**limits))
    found.begin(lambda profile: profile)
    return found


@pytest.mark.parametrize(
    ("size", "average_bits", "is_loose"),
    [(20, 99, False), (21, 9.9, False), (21, 10.1, True)],
    ids=["not large", "large and alike enough", "large and not alike enough"],
)
def test_two_parts_fit_as_well_as_their_best_link(size: int, average_bits: float, is_loose: bool) -> None:
    assert linkage([(0, 1)], average_bits=average_bits).is_loose(0, 1, size) is is_loose


@pytest.mark.parametrize(
    ("links", "is_loose"),
    [([(1, 2)], False), ([(1, 2), (0, 2)], False), ([], True)],
    ids=["10 and -6 bits are 2 on average", "10 and 10 bits", "-6 and -6 bits"],
)
def test_pairs_that_were_not_found_likely_count_against(links: list[tuple[int, int]], is_loose: bool) -> None:
    found = linkage([(0, 1), *links])
    found.unite(0, 1)
    assert found.is_loose(0, 2, 21) is is_loose


def decided(parts: int, each: int, links: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> list[str | None]:
    """Verdicts on joins by likeness of `parts` cards with so many profiles `each`."""
    cards = [(first * each, first * each + other, "member_no") for first in range(parts) for other in range(1, each)]
    alike = [(one * each, other * each, "likeness") for one, other in links]
    rows = [
        (left, right, rule, f"{left}", "", SURE if rule == "likeness" else 1.0) for left, right, rule in cards + alike
    ]
    types = [pl.UInt32, pl.UInt32, pl.String, pl.String, pl.String, pl.Float64]
    names = ["left", "right", "rule", "key_hash", "evidence", "probability"]
    people = [(number, *[None] * len(TRAITS), *NOBODY) for number in range(parts * each)]
    told = pl.DataFrame(
        people, schema=dict.fromkeys(("profile", *TRAITS), pl.String) | {"profile": pl.UInt32}, orient="row"
    )
    found = repaired(pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row"), told)
    return [one.verdict for one in found if one.rule == "likeness"]


def chain(parts: int) -> list[tuple[int, int]]:
    return [(number, number + 1) for number in range(parts - 1)]


@pytest.mark.parametrize(
    ("parts", "each", "refused"),
    [
        (6, 1, 0),  # six parts may hang together by five links
        (7, 1, 0),  # the seventh fits the six by (10 - 5 * 6) / 6 = -3.3 bits
        (8, 1, 0),  # the eighth fits the seven by (10 - 6 * 6) / 7 = -3.7 bits
        (9, 1, 1),  # the ninth fits the eight by (10 - 7 * 6) / 8 = -4.003 bits: below -4
        (2, 30, 0),  # two cards that look alike: ten bits, however many profiles they have
    ],
)
def test_a_chain_of_good_links_makes_no_crowd_one_person(parts: int, each: int, refused: int) -> None:
    verdicts = decided(parts, each, chain(parts))
    assert verdicts.count("group_too_loose") == refused
    assert len(verdicts) == parts - 1


def test_people_are_asked_about_what_does_not_hang_together(tmp_path: Path) -> None:
    """A member and two accounts of one masked phone, where two profiles are many and 4.5 bits on average too few."""
    strict = LikenessSettings(large_profiles=2, average_bits=14, rival_bits=0)
    member = {
        "source": "club",
        "kind": "member",
        "member_no": "M1",
        "phone": "13800001001",
        "name": "张伟",
        "city": "杭州",
    }
    buyers = [
        {
            "source": "jd", "kind": "order", "platform_user_id": f"700{number}", "receiver_phone_shown": "138****1001",
            "receiver_name": "张伟", "city": "杭州",
        }
        for number in (1, 2)
    ]  # fmt: skip
    shop = Retailer(tmp_path, IdentitySettings(likeness=strict), model=plain_model()).run([member, *buyers])
    refused = shop.read("identity_links").filter(pl.col("rule") == "likeness_group_too_loose")
    assert refused.select("left_key", "right_key").rows() == [("M1", "7002")]
    assert shop.customers([member, *buyers])[0] == shop.customers(buyers)[0] != shop.customers(buyers)[1]
    assert shop.read("identity_reviews").height == 1
