"""Whatever people say in whatever order: nobody leaves without a yes, every no wins, and the counts add up."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from house import AS_OF, House, Said, phone
from hypothesis import given, settings
from hypothesis import strategies as st

PEOPLE = 5
WORDS = ("", "marketing", "sms_marketing", "parcel_news", "share_ads")
CHANNELS = ("sms", "sms", "email", "ads")

keys = st.sampled_from(
    [f"member_no=m{n}" for n in range(PEOPLE)]
    + [f"phone={phone(n)}" for n in range(PEOPLE)]
    + [f"unionid=u{n}" for n in range(PEOPLE)]
)
days = st.integers(1, 6).map(lambda month: f"2026-0{month}-01")
said = st.tuples(
    keys, st.sampled_from(CHANNELS), st.sampled_from(WORDS), st.sampled_from(["granted", "withdrawn"]), days
)
phones = st.lists(st.integers(0, PEOPLE - 1), min_size=PEOPLE, max_size=PEOPLE)


def house_of(root: Path, first: Sequence[int], words: list[Said]) -> House:
    """Person n has a card with phone `first[n]`, and a web account with phone n that is joined to it."""
    people = {f"p{n}": {"member_no": f"m{n}", "phone": phone(first[n]), "unionid": f"u{n}"} for n in range(PEOPLE)}
    return House(
        root,
        people=people,
        also=[(f"p{n}", f"web{n}", {"unionid": f"u{n}", "phone": phone(n)}) for n in range(PEOPLE)],
        said=words,
        members={"all": list(people)},
        settings={"exports": [{"segment": "all", "destination": "csv", "purpose": "sms_marketing"}]},
    )


def last_word(key: str, words: Sequence[Said]) -> str | None:
    """What was said last under a key of texts and marketing; of one day the withdrawal."""
    heard = [
        (day, state)
        for of, channel, purpose, state, day in words
        if of == key and channel == "sms" and purpose in ("", "marketing", "sms_marketing")
    ]
    return max(heard)[1] if heard else None


@settings(max_examples=30)
@given(first=phones, words=st.lists(said, max_size=25))
def test_only_who_said_yes_and_nobody_who_said_no(first: list[int], words: list[Said]) -> None:
    with TemporaryDirectory() as folder:
        house = house_of(Path(folder), first, words)
        (entry,) = house.manifest()["exports"]
        path = Path(folder) / "exports" / str(AS_OF) / "for_tools" / "all.for_csv.csv"
        rows = pl.read_csv(path, infer_schema=False).to_dicts() if path.exists() else []
        profiles = house.profiles()
    assert entry["segment_size"] == PEOPLE == entry["exported"] + sum(entry["excluded"].values())
    assert entry["exported"] == len(rows) == len({row["phone"] for row in rows})
    for row in rows:
        own = [keys for who, _, _, keys in profiles if who == row["customer_id"]]
        spoken = {
            f"{kind}={value}": last_word(f"{kind}={value}", words) for keys in own for kind, value in keys.items()
        }
        assert "withdrawn" not in spoken.values()
        with_phone = [keys for _, _, _, keys in profiles if keys.get("phone") == row["phone"]]
        around = {last_word(f"{kind}={value}", words) for keys in with_phone for kind, value in keys.items()}
        assert "granted" in around
        assert "withdrawn" not in around


@settings(max_examples=20)
@given(words=st.lists(said, max_size=15), of=st.integers(0, PEOPLE - 1))
def test_a_last_no_beats_all_that_was_said_before(words: list[Said], of: int) -> None:
    final = (f"unionid=u{of}", "sms", "", "withdrawn", "2026-06-02")
    with TemporaryDirectory() as folder:
        house = house_of(Path(folder), range(PEOPLE), [*words, final])
        house.write()
        listed = pl.read_parquet(Path(folder) / "exports" / str(AS_OF) / "recipients.parquet")
    assert f"p{of}" not in listed["customer_id"].to_list()
