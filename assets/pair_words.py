"""What rules, guards, vetoes and columns are called when two profiles are explained: words only."""

from collections.abc import Iterator, Mapping

from pipeline.identity.decisions import REVIEW_FILE
from pipeline.identity.pair_answers import Question
from pipeline.identity.pair_evidence import PARCELS, RECYCLED, UNGUARDED, UNTRUSTED, SharedKey
from pipeline.identity_settings import LikenessSettings

TOO_WEAK = "too_weak"
REASONS = {
    "review_different": "people said so",
    "names_differ": "their full names are not one",
    "name_unclear": "the names do not show whose the key is",
    "recycled": "the number was silent for long and then under another name",
    "birth_dates_differ": "nobody has two birth dates",
    "unionids_differ": "nobody has two unionids",
    "cards_differ": "each has a card of its own",
    "too_common": "parcels of too many people go to this phone",
    "several_receivers": "the buyer sends parcels to several people",
    "receiver_unclear": "the rule of receivers has doubted this very pair",
    "two_buyers": "both are known by their receivers only, who may be anybody's",
    "several_fit": "somebody else fits nearly as well",
    "no_contact": "no phone, birth date or e-mail agrees enough: a name and a place are many people's",
    "names_nearly_equal": "one character apart: a slip of the pen, or brothers; only an equal birth date tells",
    TOO_WEAK: "less probable than a join has to be (likeness.link_probability)",
    "group_too_large": "the person would have more profiles than anybody has",
    "group_too_loose": "the person would be a chain whose parts hardly fit each other",
}
"""Ends of rules, and what they mean. The first that a rule ends with counts."""
BLOCKS = {
    "by_phone": "phone as shown and surname",
    "by_birth": "full name and birth date",
    "by_email": "e-mail before the @ and surname",
    "by_place": "full name and district",
}
SHARED = {
    UNTRUSTED: "a profile carries so many of these that none speaks for it",
    RECYCLED: "it changed its owner between the two",
    PARCELS: "it is the phone of one, and the other has parcels sent there; that joins them only if names say so",
    UNGUARDED: "it joins each profile with its least one, which one of the two was refused",
    "several_names": "it joins only profiles of compatible names",
}


def why(word: str) -> str:
    """A veto or doubt as a sentence."""
    return next(text for end, text in REASONS.items() if word.endswith(end))


def rule_text(rule: str) -> str:
    """A refusal as a sentence; nothing but its own name for a rule that a later release made."""
    return next((text for end, text in REASONS.items() if rule.endswith(end)), rule)


def shared_text(key: SharedKey) -> str:
    """A key in common and why it joined nobody."""
    counts = f" ({key.profile_count} profiles, {key.name_count} names)" if key.profile_count else ""
    meaning = SHARED.get(key.reason, "it joins nobody")
    return f"{key.key_type} {key.key_masked}: {key.reason}{counts}, {meaning}"


def shown_text(shown: Mapping[str, str]) -> str:
    """What a profile shows."""
    if not shown:
        return "no name, its own or a receiver's, so it is compared with nobody"
    whose = f" {shown['whose']}" if "whose" in shown else ""
    told = [f"{name} {value}" for name, value in shown.items() if name not in {"name", "whose"}]
    return ", ".join([f"name {shown['name']}{whose}", *told])


def question_text(question: Question) -> str:
    """A line of the review file and what to do with it."""
    ends = " – ".join(" ".join(end) for end in (question.left, question.right))
    if question.verdict:
        return f"people said {question.verdict} of {ends}; a newer line in {REVIEW_FILE} undoes it"
    return f"asked as {question.review_id} ({question.review_kind}): write same or different there in {REVIEW_FILE}"


def blocked_text(blocks: Mapping[str, bool], limits: LikenessSettings) -> Iterator[str]:
    """Why a pair was never proposed, or not kept."""
    if not blocks:
        yield "never proposed, for none of these is equal:"
        yield from (f"  {text}" for text in BLOCKS.values())
    for name, is_open in blocks.items():
        if is_open:
            yield f"proposed by {BLOCKS[name]}, and not kept: below {limits.suggest_probability:g}"
        else:
            yield f"never proposed by {BLOCKS[name]}: more than {limits.max_block_profiles} profiles are equal there"
