"""Scores layer, RFM: the profiles side by side, the cut points of the night, and the groups made of scores."""

import polars as pl

from pipeline.schemas import scores
from pipeline.schemas.columns import (
    MONEY,
    RATIO,
    TEXT,
    WHOLE,
    ColumnSpec,
    define,
    define_count,
    define_enum,
    define_one,
)
from pipeline.schemas.tables import define_table

__all__ = ["LETTERS", "METHODS", "scores"]

METHODS = ("quantile", "fixed", "mean")
LETTERS = ("r", "f", "m", "c")

define(
    TEXT,
    rfm_profile="RFM profile: default, thirds, or a name of rfm.profiles.",
    rfm_grouping="Name of the grouping of scores (rfm.groupings).",
    rfm_group="Group of this grouping.",
    profile_version="Hash of the definition: another one means that the profile was defined otherwise.",
)
define_enum("rfm_method", "quantile: by rank; fixed: by cuts; mean: 5 if better than the mean, else 1.", *METHODS)
define_enum("rfm_letter", "r = recency_days, f = frequency, m = monetary_amount, c = response_rate.", *LETTERS)
define_count(
    rfm_levels="Scores go from 1 to this.",
    rfm_window_days="Purchases of the last so many days count; null = all history.",
    scored_customer_count="Customers with this score.",
)
define_one(ColumnSpec("rfm_score", WHOLE, "Score, 1 = worst.", minimum=1, maximum=5))
for _number in range(1, 5):
    _from = f"Method fixed: score {_number + 1} from this on; null for other methods."
    _up_to = f"Method fixed: score {_number + 1} up to this; null for other methods."
    define(WHOLE, **{f"recency_cut_{_number}_days": _up_to, f"frequency_cut_{_number}": _from})
    define(MONEY, **{f"monetary_cut_{_number}_amount": _from})
    define(RATIO, **{f"response_cut_{_number}_rate": _from})
define(
    pl.Decimal(28, 9),
    worst_value="Worst value with this score: days, purchases, money or rate.",
    best_value="Best value with this score; every value between the two has it.",
    cut_value="Where the rule cuts: the fixed cut, or the mean (rounded); null for method quantile, which ranks.",
)

CUTS = " ".join(
    f"recency_cut_{number}_days? frequency_cut_{number}? monetary_cut_{number}_amount? response_cut_{number}_rate?"
    for number in range(1, 5)
)

define_table(
    "rfm_profiles",
    "scores",
    "One row per RFM profile: its definition. The profile `default` makes rfm_scores.",
    key="rfm_profile",
    columns=f"rfm_profile rfm_method rfm_levels rfm_window_days? {CUTS} profile_version",
    published=True,
)
define_table(
    "rfm_profile_scores",
    "scores",
    "One row per RFM profile and customer with a purchase in its window: values and scores.",
    key="customer_id rfm_profile",
    columns=(
        "customer_id rfm_profile recency_days frequency monetary_amount response_rate? r_score f_score m_score c_score?"
    ),
    published=True,
)
define_table(
    "rfm_cut_points",
    "scores",
    "One row per RFM profile, letter and score that anybody has: which values have it, for computing scores by hand.",
    key="rfm_profile rfm_letter rfm_score",
    columns=("rfm_profile rfm_method rfm_letter rfm_score worst_value best_value cut_value? scored_customer_count"),
    published=True,
)
define_table(
    "rfm_group_cells",
    "scores",
    "One row per grouping and combination of scores: the group that it belongs to.",
    key="rfm_grouping r_score f_score m_score",
    columns="rfm_grouping rfm_profile r_score f_score m_score rfm_group",
    published=True,
)
define_table(
    "rfm_groups",
    "scores",
    "One row per grouping and customer with scores (or, where the grouping names such a group, without a purchase).",
    key="customer_id rfm_grouping",
    columns="customer_id rfm_grouping rfm_group",
    published=True,
)
