"""Formulas that several queries share, by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.engine import Engine
from pipeline.settings import EngineSettings


@pytest.mark.parametrize(
    ("amount", "parts", "each"),
    [
        ("10.00", 3, "3.33"),
        ("20.00", 3, "6.67"),
        ("0.05", 2, "0.03"),
        ("-0.05", 2, "-0.03"),
        ("1.005", 1, "1.01"),
        ("9999999999999999.99", 1, "9999999999999999.99"),
        ("0.00", 7, "0.00"),
        ("1.00", 0, None),
        (None, 3, None),
        ("1.00", None, None),
    ],
)
def test_a_quotient_is_rounded_once_half_away_from_zero(
    tmp_path: Path, amount: str | None, parts: int | None, each: str | None
) -> None:
    with Engine(EngineSettings(), tmp_path).session() as connection:
        found = connection.execute("select rounded_quotient(cast(? as decimal(18, 2)), ?)", [amount, parts]).fetchall()
    assert found == [(None if each is None else Decimal(each),)]
