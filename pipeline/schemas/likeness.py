"""The identity layer, second half: likeness of profiles without a common key, what people say of it, and reports.

`profile_features` holds what names, phones and places show and stays in the workspace like all raw values; evidence
in published tables is masked.
"""

from pipeline.schemas.columns import DATE, RATIO, TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.identity import ENDS
from pipeline.schemas.tables import define_table

VERDICTS = ("same", "different")
VERDICT_WORDS = {
    "same": "same", "yes": "same", "是": "same", "同一人": "same",
    "different": "different", "no": "different", "否": "different", "不同人": "different",
}  # fmt: skip
"""What people may write into the column `decision` of the review file."""
REVIEW_KINDS = ("suggested", "held", "too_large", "shared_card", "decided")
WEIGHTS = ("name", "phone", "birth_date", "email", "place")
"""What is compared; each has its own weight in the sum."""

define(
    TEXT,
    name_sound="A full name as Mandarin syllables; restricted.",
    name_surname="First character of a name; restricted.",
    phone_number="The one phone of the profile, where it is known whole; restricted.",
    phone_shape="The first three and last four digits of that phone, or of a masked one: 138****5678.",
    email_address="The one e-mail of the profile; restricted.",
    email_local="The part of it before the @; restricted.",
    likeness_reason="Why a likely pair is not joined.",
    model_text="The model as JSON: probabilities of agreement among equal and among different persons.",
    model_version="First 12 hex digits of the SHA-256 of the model.",
    term_column="Which value of a profile it is: name_key, name_surname, district or city.",
    term_hash="Keyed hash of the value; empty for a value that nobody had when they were counted.",
    person_source="Source of the least profile of the person that exact keys make.",
    person_key="profile_key of that profile.",
    open_blocks="Kinds of shared values by which the profile is compared, comma separated; common values are none.",
    compared_by="Digest of all else that scores rest on: model, frequencies, what is compared, thresholds.",
    **{f"level_{name}": f"How the two compare by {name}; none where it is unknown of one." for name in WEIGHTS},
    review_id="Name of the open question: the same every night.",
    identity_model="What is measured: identity, or likeness for the probabilistic stage.",
    identity_metric="What the value is.",
)
define(
    DATE,
    model_trained_on="as_of of the night that trained the model.",
    identity_trained_on="as_of of the night that measured it.",
    terms_counted_on="as_of of the night that counted the values.",
)
define(
    RATIO,
    term_share="Share of the profiles that tell such a value of whom it was this one.",
    pair_probability="Probability that both are one person as the model says it, before any correction.",
    match_weight="Evidence for one person in bits: log2 of the odds.",
    weight_prior="Bits before anything is compared.",
    weight_name="Bits of the names.",
    weight_phone="Bits of the phones.",
    weight_birth_date="Bits of the birth dates.",
    weight_email="Bits of the e-mails.",
    weight_place="Bits of the places.",
    identity_value="Value of the metric.",
    identity_baseline_value="The same on the night before.",
)
define(TRUTH, is_own_name="False: the name is that of whoever receives most parcels of the profile.")
define_count(
    identity_sample_count="Rows that the value rests on.",
    training_count="Profiles that the model was trained on.",
)
define_enum("verdict", "What people said: same or different.", *VERDICTS)
define_enum(
    "review_kind",
    "suggested by likeness; held because birth dates, unionids or names differ; too_large a group; shared_card: one"
    " card of two accounts or birth dates; decided already.",
    *REVIEW_KINDS,
)

_PAIR = " ".join(ENDS)
_LEVELS = " ".join(f"level_{name}?" for name in WEIGHTS)
_BITS = "match_weight weight_prior " + " ".join(f"weight_{name}" for name in WEIGHTS)
define_table(
    "identity_decisions",
    "identity",
    "One row per pair of profiles on which people have decided.",
    key=_PAIR,
    columns=f"{_PAIR} verdict decided_on",
    published=True,
)
define_table(
    "profile_features",
    "identity",
    "One row per source profile that shows enough to be compared: what it shows.",
    key="source profile_key",
    columns=(
        "source profile_key name_class? name_key? name_head? name_tail? name_sound? name_surname? is_own_name"
        " phone_number? phone_shape? birth_date? email_address? email_local? province? city? district? member_no?"
        " unionid?"
    ),
)
define_table(
    "identity_model",
    "identity",
    "At most one row: the model of the probabilistic stage; none while there is too little to learn from.",
    key="model_version",
    columns="model_version model_trained_on training_count model_text",
)
define_table(
    "term_frequencies",
    "identity",
    "One row per name, surname, district and city: how common it was when the model was trained. None without a model.",
    key="term_column term_hash",
    columns="term_column term_hash term_share model_version counted_on=terms_counted_on",
)
define_table(
    "compared_profiles",
    "identity",
    "One row per profile that is compared: what beside its profile_features decides with whom, and how it scores.",
    key="source profile_key",
    columns="source profile_key person_source person_key open_blocks compared_by",
)
define_table(
    "scored_pairs",
    "identity",
    "One row per pair of profiles of different persons (by keys) that may well be one, as the model scores it.",
    key=_PAIR,
    columns=f"{_PAIR} {_BITS} {_LEVELS} probability=pair_probability",
)
define_table(
    "likely_links",
    "identity",
    "One row per pair of profiles of different persons (by keys) that look alike, and what becomes of it.",
    key=_PAIR,
    columns=f"{_PAIR} probability {_BITS} decision likeness_reason? evidence",
    published=True,
)
define_table(
    "identity_reviews",
    "identity",
    "One row per pair of profiles that people should decide on, or have decided on, with masked evidence.",
    key="review_id",
    columns=f"review_id {_PAIR} review_kind rule evidence probability? verdict?",
    published=True,
)
define_table(
    "identity_reports",
    "identity",
    "One row per figure that watches over the identity layer, with that of the night before.",
    key="model metric",
    columns=(
        "model=identity_model trained_on=identity_trained_on metric=identity_metric value=identity_value"
        " baseline_value=identity_baseline_value? sample_count=identity_sample_count"
    ),
    published=True,
)
