"""`huitou explain KEY OTHER`: why two profiles are one person or why not, in masked lines.

The answers are read by `pipeline.identity.explain_pair`; here they are put into lines. One key alone is explained by
`assets.explaining`; the words for rules and columns are `assets.pair_words`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch

import polars as pl

from assets.explaining import customer_line
from assets.inspecting import published
from assets.pair_words import TOO_WEAK, blocked_text, question_text, rule_text, shared_text, shown_text, why
from pipeline.errors import HuitouError
from pipeline.identity.decisions import REVIEW_FILE
from pipeline.identity.edges import Edge, Profile
from pipeline.identity.explain_pair import Persons, PublishedNight, explained_pair, persons_between
from pipeline.identity.pair_answers import KeptApart, NeverDecided, OneCustomer, Question, Weighed
from pipeline.identity.whose_key import NOBODY, Meant, meant_by, shown_key
from pipeline.identity_settings import LikenessSettings
from pipeline.settings import load_settings
from pipeline.snapshots import Snapshot
from pipeline.workspace import Workspace

MOST_PAIRS, MOST_REFUSALS, MOST_RIVALS = 6, 6, 3
"""So many pairs of customers are told of, so many refusals between two, and so many others who fit."""

WHITHER = {"merged": "into", "split": "from"}


def explain_pair(workspace: Workspace, key: str, other: str) -> list[str]:
    """Whether the two whom KEY and OTHER mean are one person, and why, in lines; several pairs for shared keys.

    Raises HuitouError where one of them means nobody; a key is repeated masked where it may be personal.
    """
    snapshot, settings = published(workspace), load_settings(workspace.settings_file)
    night = PublishedNight(snapshot.table, workspace.secret(), settings, workspace.root / "scratch")
    one, two = (_meant(typed, night) for typed in (key, other))
    pairs = persons_between(one, two)
    lines = [f"Night of {snapshot.as_of}", *_meaning(key, one), *(_meaning(other, two) if other != key else ())]
    former = {*one.former_ids, *two.former_ids}
    for persons in pairs[:MOST_PAIRS]:
        lines += ["", *_pair_lines(persons, night, snapshot, former)]
    if len(pairs) > MOST_PAIRS:
        lines += ["", f"{len(pairs) - MOST_PAIRS} more pairs: name customers by their ids, profiles as source:key."]
    return lines


def _meant(key: str, night: PublishedNight) -> Meant:
    found = meant_by(key.strip(), night.table_of, night.secret)
    if found.profiles.is_empty():
        raise HuitouError(NOBODY, where=shown_key(key), remedy="Orders without any buyer key have no customer.")
    return found


def _meaning(key: str, found: Meant) -> Iterator[str]:
    ids = sorted(found.customer_ids)
    if found.former_ids:
        yield f"{shown_key(key)} is no more: its profiles belong to {', '.join(ids)}."
    elif len(ids) > 1:
        told = ids[:MOST_PAIRS] + ["…"] * (len(ids) > MOST_PAIRS)
        yield f"{shown_key(key)} means {len(ids)} customers: {', '.join(told)}."


def _pair_lines(persons: Persons, night: PublishedNight, snapshot: Snapshot, former: Iterable[str]) -> Iterator[str]:
    ids = dict.fromkeys((persons.left_id, persons.right_id))
    yield from (customer_line(customer_id, snapshot) for customer_id in ids)
    answer = explained_pair(persons, night)
    yield from (f"  {line}" for line in answer_lines(answer, night.settings.identity.likeness))
    yield from (f"  {line}" for line in _history({*ids, *former}, snapshot))


def _history(ids: set[str], snapshot: Snapshot) -> Iterator[str]:
    """What happened between these ids."""
    among = [pl.col(name).is_in(list(ids)) for name in ("customer_id", "other_customer_id")]
    rows = snapshot.table("customer_id_history").scan().filter(*among).collect()
    if rows.height:
        yield "history of the ids"
    for row in rows.sort("as_of", "event", "customer_id").iter_rows(named=True):
        happened = f"{row['customer_id']} {row['event']} {WHITHER[row['event']]} {row['other_customer_id']}"
        yield f"  {row['as_of']}  {happened}: {row['reason']}"


@singledispatch
def answer_lines(answer: object, limits: LikenessSettings) -> Iterator[str]:
    """An answer of `pipeline.identity.explain_pair` in lines without indent."""
    raise TypeError(f"{type(answer).__name__} is no answer")


@answer_lines.register
def _(answer: OneCustomer, limits: LikenessSettings) -> Iterator[str]:
    del limits
    if answer.left == answer.right:
        yield f"both mean the very same profile: {_name(answer.left)}"
        return
    yield f"one customer: {_name(answer.left)} and {_name(answer.right)}"
    yield f"held together by {_counted(len(answer.chain), 'join')}"
    here = answer.left
    for edge in answer.chain:
        there = edge.beyond(here)
        yield from _indented((f"{_name(here)} – {_name(there)}", *_indented(_edge_lines(edge))))
        here = there
    if (weakest := answer.weakest) and len(answer.chain) > 1:
        yield f"the weakest of these: {_name(weakest.left)} – {_name(weakest.right)}, {weakest.rule}"
    yield from _refusals("and yet refused", answer.refused)
    yield from _to_do(answer.questions, (answer.left, answer.right), "different")


@answer_lines.register
def _(answer: KeptApart, limits: LikenessSettings) -> Iterator[str]:
    del limits
    yield "two customers, kept apart"
    yield from _refusals("refused between them", answer.refused)
    if answer.rivals:
        yield "who else fits"
    for edge in answer.rivals[:MOST_RIVALS]:
        yield f"  {_name(edge.left)} – {_name(edge.right)}: {edge.rule}, probability {_share(edge.probability)}"
    ends = (answer.refused[0].left, answer.refused[0].right) if answer.refused else None
    yield from _to_do(answer.questions, ends, "same")


@answer_lines.register
def _(answer: NeverDecided, limits: LikenessSettings) -> Iterator[str]:
    yield "two customers, and nothing between them was ever decided"
    for profile, shown in zip((answer.left, answer.right), answer.shown, strict=True):
        yield f"  {_name(profile)} shows {shown_text(shown)}"
    yield "keys in common"
    yield from _indented([shared_text(key) for key in answer.shared] or ["none, so no exact key could join them"])
    yield from _refusals("refused by these keys at one of the two", answer.around)
    if answer.contradictions:
        yield "the two persons contradict each other"
        yield from _indented(f"{word}: {why(word)}" for word in answer.contradictions)
    yield from _likeness_lines(answer, limits)
    yield from _to_do((), (answer.left, answer.right), "same")


def _likeness_lines(answer: NeverDecided, limits: LikenessSettings) -> Iterator[str]:
    if not answer.has_model:
        yield "not compared: no model was learned, so exact keys decide alone (likeness.enabled, likeness.min_profiles)"
    elif answer.weighed is None:
        silent = [
            profile for profile, shown in zip((answer.left, answer.right), answer.shown, strict=True) if not shown
        ]
        yield f"not comparable: {' and '.join(map(_name, silent))} shows no name, its own or a receiver's"
    else:
        yield f"compared now, by the model {answer.weighed.model_version} of {answer.weighed.model_trained_on}"
        yield from _indented(_weighed_lines(answer.weighed, answer.contradictions, limits))
        yield from blocked_text(answer.weighed.blocks, limits)


def _weighed_lines(told: Weighed, said: tuple[str, ...], limits: LikenessSettings) -> Iterator[str]:
    """Bits, probability and thresholds; then what else speaks against the pair that was not `said` of the persons."""
    yield from _waterfall(told.waterfall, {"prior": "", **told.levels})
    yield from _probability(told.model_probability, told.probability)
    yield f"a join needs {limits.link_probability:g}, a question to people {limits.suggest_probability:g}"
    for word in told.objections:
        if word not in {*said, TOO_WEAK}:
            yield f"against it, {word}: {why(word)}"


def _edge_lines(edge: Edge) -> Iterator[str]:
    yield f"{edge.rule} since {edge.decided_on}: {edge.evidence}"
    if edge.decision == "refused":
        yield rule_text(edge.rule)
    if edge.waterfall:
        yield from _waterfall(edge.waterfall, {})
        total = sum(edge.waterfall.values())
        yield from _probability(1 / (1 + 2.0**-total), edge.probability)
    elif edge.decision == "accepted":
        yield f"probability {_share(edge.probability)}"


def _waterfall(bits: Mapping[str, float], labels: Mapping[str, str]) -> Iterator[str]:
    """Bits by column and their sum so far."""
    total = 0.0
    for name, weight in bits.items():
        total += weight
        label = labels.get(name, "unknown of one") if labels else ""
        # what is rounded to nothing has no sign
        yield f"{name:<11}{round(weight, 1) + 0.0:+7.1f} bits{round(total, 1) + 0.0:+8.1f}  {label}".rstrip()


def _probability(by_model: float, corrected: float) -> Iterator[str]:
    yield f"probability {_share(by_model)}"
    if _share(by_model) != _share(corrected):
        yield f"less what a mask may hide: {_share(corrected)}"


def _share(probability: float) -> str:
    """Five digits, but never 0 for what is only small."""
    return f"{probability:.5g}" if probability < 0.001 else f"{probability:.5f}".rstrip("0").rstrip(".")


def _refusals(title: str, edges: tuple[Edge, ...]) -> Iterator[str]:
    if edges:
        yield title
    for edge in edges[:MOST_REFUSALS]:
        yield from _indented((f"{_name(edge.left)} – {_name(edge.right)}", *_indented(_edge_lines(edge))))
    if len(edges) > MOST_REFUSALS:
        yield f"  and {len(edges) - MOST_REFUSALS} more"


def _to_do(questions: tuple[Question, ...], ends: tuple[Profile, Profile] | None, verdict: str) -> Iterator[str]:
    """What people may do about it."""
    for question in questions:
        yield question_text(question)
    if not questions and ends:
        yield f"whoever knows better may add a line to {REVIEW_FILE}:"
        written = zip(("left", "right"), sorted(ends), strict=True)
        yield "  " + ", ".join(f"{side}_source {one[0]}, {side}_key {one[1]}" for side, one in written)
        yield f"  decision {verdict}"


def _name(profile: Profile) -> str:
    return " ".join(profile)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
