"""What people decide is kept for ever, beats every rule, and can be taken back."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from plain_model import plain_model
from retailer import AS_OF, Retailer

from pipeline.errors import SettingsError
from pipeline.identity.decisions import LEDGER, REVIEW_FILE, decisions_for, erase_decisions
from pipeline.identity.reviews import write_review_file
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.workspace import Workspace

NEXT, THIRD = date(2026, 10, 1), date(2026, 10, 2)
MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "name": "张伟", "city": "杭州"}
TILL = {"source": "pos", "kind": "order", "phone": "13800001001", "name": "张伟"}
MASKED = {
    "source": "jd", "kind": "order", "platform_user_id": "7001", "receiver_phone_shown": "138****1001",
    "receiver_name": "张*", "city": "杭州",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = Workspace(tmp_path / "data")
    found.create()
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path / "shop", model=plain_model())


def questions(shop: Retailer) -> pl.DataFrame:
    return shop.read("identity_reviews")


def answer(workspace: Workspace, shop: Retailer, word: str, as_of: date, day: date | None = None) -> pl.DataFrame:
    """The decisions of `day` after `word` was written on every line of the review file and a night took it."""
    reviews = shop.tables["identity_reviews"]
    write_review_file(workspace, reviews)
    path = workspace.root / REVIEW_FILE
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    filled = [lines[0], *(",".join([*line.split(",")[:-1], word]) for line in lines[1:])]
    path.write_text("\n".join(filled) + "\n", encoding="gb18030")
    return decisions_for(workspace, day or as_of, reviews, as_of)


def pair(rows: list[dict[str, str]], shop: Retailer, verdict: str) -> pl.DataFrame:
    """A decision on two literal rows."""
    profiles = shop.read("customer_profiles").select("source", "profile_key")
    ends = [profiles.filter(pl.col("source") == row["source"]).row(0) for row in rows]
    left, right = sorted(ends)
    spec = TABLES["identity_decisions"]
    return pl.DataFrame([[*left, *right, verdict, AS_OF]], schema=spec.polars_schema, orient="row")


def test_a_suggested_pair_that_people_confirm_is_joined_the_next_night(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    assert questions(shop)["review_kind"].to_list() == ["suggested"]
    shop.decisions = answer(workspace, shop, "same", NEXT)
    member, masked = shop.run([MEMBER, MASKED], NEXT).customers([MEMBER, MASKED])
    assert member == masked
    assert questions(shop).select("review_kind", "verdict").rows() == [("decided", "same")]
    rules = shop.read("identity_links").filter(pl.col("decision") == "accepted")["rule"].to_list()
    assert rules == ["review_same"]


def test_a_join_that_people_refuse_is_undone_and_the_old_id_comes_back(shop: Retailer) -> None:
    alone = shop.run([{**TILL, "name": "李梅"}]).customer_of(TILL)
    joined = shop.run([MEMBER, TILL], NEXT).customers([MEMBER, TILL])
    assert joined == [alone, alone]
    shop.decisions = pair([MEMBER, TILL], shop, "different")
    member, till = shop.run([MEMBER, TILL], THIRD).customers([MEMBER, TILL])
    assert member == alone != till
    history = shop.read("customer_id_history").filter(pl.col("as_of") == THIRD).select("event", "customer_id").rows()
    assert sorted(history) == [("created", till), ("split", till)]


def test_refused_by_people_beats_a_card_and_a_chain(shop: Retailer) -> None:
    card = {"source": "pos", "kind": "order", "member_no": "M1"}
    web = {"source": "web", "kind": "order", "member_no": "M1", "phone": "13800001001"}
    shop.run([MEMBER, card, web])
    shop.decisions = pair([MEMBER, card], shop, "different")
    member, till, other = shop.run([MEMBER, card, web], NEXT).customers([MEMBER, card, web])
    assert member != till
    assert other in {member, till}
    refused = shop.read("identity_links").filter(pl.col("decision") == "refused")["rule"].to_list()
    assert "review_different" in refused


def test_joined_by_people_against_a_conflict(shop: Retailer) -> None:
    one = {**MEMBER, "birth_date": "1960-05-01"}
    other = {**MEMBER, "source": "old_club", "member_no": "M2", "birth_date": "1990-05-01"}
    assert len(set(shop.run([one, other]).customers([one, other]))) == 2
    assert questions(shop).select("review_kind", "rule").rows() == [("held", "phone_birth_dates_differ")]
    shop.decisions = pair([one, other], shop, "same")
    assert len(set(shop.run([one, other], NEXT).customers([one, other]))) == 1


def test_one_card_of_two_accounts_is_questioned(shop: Retailer) -> None:
    club = {**MEMBER, "unionid": "oU-1"}
    mini = {"source": "mini", "kind": "order", "member_no": "M1", "unionid": "oU-2"}
    assert len(set(shop.run([club, mini]).customers([club, mini]))) == 1
    assert questions(shop)["review_kind"].to_list() == ["shared_card"]


def test_decisions_are_kept_when_the_review_file_is_gone(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    answer(workspace, shop, "同一人", NEXT)
    (workspace.root / REVIEW_FILE).unlink()
    kept = decisions_for(workspace, THIRD, shop.tables["identity_reviews"], THIRD)
    assert kept.select("verdict", "decided_on").rows() == [("same", NEXT)]


def test_a_decision_counts_from_its_night_on(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    assert answer(workspace, shop, "same", NEXT, day=AS_OF).is_empty()
    assert decisions_for(workspace, NEXT, shop.tables["identity_reviews"], NEXT).height == 1


def test_a_change_of_mind_is_one_more_line(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    answer(workspace, shop, "same", NEXT)
    again = answer(workspace, shop, "different", THIRD)
    assert again.select("verdict", "decided_on").rows() == [("different", THIRD)]
    told = (workspace.state / LEDGER).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[-2:] for line in told[1:]] == [["same", "2026-10-01"], ["different", "2026-10-02"]]


def test_the_review_file_is_masked_and_waits_for_its_answers(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    reviews = shop.tables["identity_reviews"]
    assert write_review_file(workspace, reviews)
    path = workspace.root / REVIEW_FILE
    text = path.read_text(encoding="utf-8-sig")
    assert "13800001001" not in text
    assert "张伟" not in text
    assert "138****1001" in text
    path.write_text(text.replace(",\n", ",same\n"), encoding="utf-8")
    assert not write_review_file(workspace, reviews)
    assert path.read_text(encoding="utf-8").endswith("same\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("R1,perhaps,club,M1,jd,7001", "no known word"),
        ("R1,same,club,M1,club,M1", "no pair"),
        ("R1,same,club,M1,,", "no pair"),
    ],
)
def test_a_line_that_nobody_understands_is_named(line: str, words: str, workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.root / REVIEW_FILE
    path.parent.mkdir()
    path.write_text(f"review_id,decision,left_source,left_key,right_source,right_key\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=words) as error:
        decisions_for(workspace, AS_OF, no_questions(tmp_path), AS_OF)
    assert "line 2" in str(error.value)


def test_a_pair_that_was_never_suggested_may_be_written_by_hand(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.root / REVIEW_FILE
    path.parent.mkdir()
    path.write_text("decision,left_source,left_key,right_source,right_key\n否,pos,K2,club,M1\n", encoding="utf-8")
    found = decisions_for(workspace, AS_OF, no_questions(tmp_path), AS_OF)
    assert found.row(0) == ("club", "M1", "pos", "K2", "different", AS_OF)


def no_questions(folder: Path) -> Table:
    spec = TABLES["identity_reviews"]
    return write_table(spec, spec.empty(), folder / "reviews.parquet")


def test_a_forgotten_profile_leaves_the_ledger(workspace: Workspace, shop: Retailer) -> None:
    shop.run([MEMBER, MASKED])
    answer(workspace, shop, "same", NEXT)
    assert erase_decisions(workspace, {("club", "M2")}) == 0
    assert erase_decisions(workspace, {("club", "M1")}) == 1
    assert "M1" not in (workspace.state / LEDGER).read_text(encoding="utf-8")


def test_a_decision_and_a_pinned_model_are_inputs_of_the_night(workspace: Workspace) -> None:
    def input_hash(as_of: date = NEXT) -> str:
        return Night(workspace, Settings(retailer="示例零售"), as_of).plan.input_hash

    before, earlier = input_hash(), input_hash(AS_OF)
    (workspace.state / LEDGER).write_text(
        "left_source,left_key,right_source,right_key,verdict,decided_on\nclub,M1,pos,K1,same,2026-10-01\n"
    )
    decided = input_hash()
    (workspace.state / "models").mkdir()
    (workspace.state / "models/identity.json").write_text(plain_model())
    assert len({before, decided, input_hash()}) == 3
    (workspace.state / "models/identity.json").unlink()
    assert input_hash(AS_OF) == earlier
