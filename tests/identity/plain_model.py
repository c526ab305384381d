"""A model of the probabilistic stage with round numbers, written by hand, so that weights can be counted."""

import json

from pipeline.identity.likeness import RETAIL
from pipeline.identity.splink_model import settings_of

PRIOR_BITS = 16
WEIGHTS = {
    "name": {"equal": 12, "mask agrees": 6, "sounds equal": 10, "one character differs": 10, "same surname": 0},
    "phone": {"digits equal": 15, "one digit differs": 8},
    "birth_date": {"equal": 14, "one digit differs": 4},
    "email": {"equal": 16, "same before @": 10},
    "place": {"same district": 6, "same city": 4, "other district": 0},
}
"""Bits of each outcome before the commonness of names; what differs weighs minus 4 bits."""
DIFFERS = -4


def plain_model(by_commonness: bool = False) -> str:
    """The model as JSON text: m = 1/2 for every outcome, u as the bits want it, rare names weigh more if asked for."""
    settings = settings_of(RETAIL)
    for comparison in settings["comparisons"]:
        bits = WEIGHTS[comparison["output_column_name"]]
        for level in comparison["comparison_levels"][1:]:
            wanted = bits.get(level["label_for_charts"], DIFFERS)
            level["m_probability"] = 0.5 if wanted >= 0 else 0.5 * 2.0**wanted
            level["u_probability"] = level["m_probability"] * 2.0**-wanted
            if not by_commonness:
                level.pop("tf_adjustment_column", None)
                level.pop("tf_minimum_u_value", None)
    return json.dumps(settings | {"probability_two_random_records_match": 1 / (1 + 2.0**PRIOR_BITS)})
