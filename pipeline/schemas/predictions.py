"""Churn: the probability that each customer does not buy again, what it rests on, and the life of the model."""

from pipeline.schemas import features, scores
from pipeline.schemas.columns import (
    DATE,
    RATIO,
    TEXT,
    TRUTH,
    WHOLE,
    ColumnSpec,
    define,
    define_count,
    define_enum,
    define_one,
)
from pipeline.schemas.tables import define_table

__all__ = ["CHURN_ABSTENTIONS", "CHURN_METHODS", "REASON_CODES", "RISK_LEVELS", "features", "scores"]

RISK_LEVELS = ("low", "medium", "high")
CHURN_METHODS = ("mean", "btyd", "logistic", "boosting", "prior")
CHURN_ABSTENTIONS = (
    "short_history", "too_few_buyers", "no_recent_orders", "few_repeaters", "no_rhythm", "brand_new",
)  # fmt: skip
REASON_CODES = (
    "rhythm", "recency", "frequency", "trend", "spend", "breadth", "discount", "returns", "channels", "contacts",
    "complaints", "visits", "season", "tenure",
)  # fmt: skip
VERSION_STATES = ("champion", "retired", "refused")

for _name, _what in (
    ("churn_probability", "Probability of no purchase in the next horizon_days; null = no outcome known yet."),
    (
        "alive_probability",
        "Probability of still being a customer under the BTYD model; no churn score; null = none.",
    ),
    ("predicted_rate", "Mean probability told of the customers of the bin."),
    ("observed_rate", "Share of them that did not buy again."),
):
    define_one(ColumnSpec(_name, RATIO, _what, minimum=0, maximum=1))
for _rank in (1, 2, 3):
    define_enum(f"reason_{_rank}_code", f"Kind of reason {_rank}; null = no reason as strong.", *REASON_CODES)
    define(TEXT, **{f"reason_{_rank}": f"Reason {_rank} in words, the strongest first, with this customer's values."})
define_enum("risk_level", "low, medium or high by churn.medium_risk and churn.high_risk.", *RISK_LEVELS)
define_enum("churn_method", "Candidate that made the probability; prior = a rate of many customers.", *CHURN_METHODS)
define_enum("churn_abstained_because", "Why only the prior is told; null = an own probability.", *CHURN_ABSTENTIONS)
define_enum("version_state", "champion = published; retired = it was; refused = never published.", *VERSION_STATES)
define(TRUTH, has_frequency_drop="Buys at most lifecycle.active.warning_pace of the pace before: rule churn_warning.")
define(
    TEXT,
    model="Model that the row is of.",
    metric="Measure: auc, brier, ece …; drift:<feature>, mean:<feature>, importance:<group of reasons>.",
    model_sha256="SHA-256 of the model's parameters.",
    trained_because="first, age, settings, or drift:<what moved most>.",
    decided_because="not_worse, worse_than_champion, first, new_layout, or no_held_out_slice.",
    model_parameters="The published model as canonical JSON; null = retired or refused.",
    trained_method="Candidate that validation chose.",
)
define(DATE, trained_on="as_of of the night that trained the model.")
define(
    RATIO,
    metric_value="Value of the measure.",
    baseline_value="The same measure of the plainest model, or of the training night; null = none.",
    held_out_loss="Mean loss (churn: log loss, lifetime: Tweedie deviance) on the newest slice, unseen; null = none.",
    champion_loss="The same of the model published before; null = none to compare with.",
)
define_count(
    horizon_days="Days that the prediction looks ahead.",
    sample_count="Customers, or rows, that the value rests on.",
    bin_customer_count="Customers of the bin.",
)
define_one(ColumnSpec("reliability_bin", WHOLE, "Tenth of the probability: 0 = below 0.1.", minimum=0, maximum=9))

REPORT = "model trained_on metric value=metric_value baseline_value? sample_count"
VERSION = (
    "model trained_on version=model_sha256 state=version_state trained_because decided_because method=trained_method"
    " loss=held_out_loss? champion_loss? sample_count"
)

define_table(
    "churn_versions",
    "predictions",
    "One row per attempt to train the churn model; the published one with its parameters.",
    key="trained_on",
    columns=f"{VERSION} parameters=model_parameters?",
)
define_table(
    "lifetime_versions",
    "predictions",
    "One row per attempt to train the lifetime model; the published one with its parameters.",
    key="trained_on",
    columns=f"{VERSION} parameters=model_parameters?",
)
define_table(
    "model_versions",
    "predictions",
    "One row per model and attempt to train it: which version counts, and why others do not.",
    key="model trained_on",
    columns=VERSION,
    published=True,
)
define_table(
    "churn_scores",
    "predictions",
    "One row per customer whose last purchase is less than churn.population_days old: will they buy again?",
    key="customer_id",
    columns=(
        "customer_id churn_probability? horizon_days alive_probability? risk_level? reason_1? reason_2? reason_3?"
        " reason_1_code? reason_2_code? reason_3_code? method=churn_method"
        " abstained_because=churn_abstained_because? has_frequency_drop"
    ),
    published=True,
)
define_table(
    "churn_reports",
    "predictions",
    "One row per measure of the published churn model, as `model_reports` takes it in.",
    key="model metric",
    columns=REPORT,
)
define_table(
    "churn_reliability",
    "predictions",
    "One row per tenth of the churn probability: what was told and what came, on held-out time.",
    key="bin",
    columns=("bin=reliability_bin trained_on predicted_rate observed_rate customer_count=bin_customer_count"),
    published=True,
)
define_table(
    "model_reports",
    "predictions",
    "One row per model and measure.",
    key="model metric",
    columns=REPORT,
    published=True,
)
