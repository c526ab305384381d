"""The probabilistic stage on public truth: Febrl 1–4, no labels, one threshold. Gates of the project's goals."""

from pathlib import Path

import pytest
from febrl import measured


@pytest.mark.parametrize(
    ("number", "records", "pair_f1", "cubed_f1"),
    [
        (1, 1_000, 0.999, 0.999),
        (3, 5_000, 0.999, 0.9993),
        pytest.param(2, 5_000, 0.998, 0.999, marks=pytest.mark.slow),
        pytest.param(4, 10_000, 0.9995, 0.9995, marks=pytest.mark.slow),
    ],
)
def test_persons_are_found(number: int, records: int, pair_f1: float, cubed_f1: float, tmp_path: Path) -> None:
    found = measured(number, tmp_path)
    assert found.records == records
    assert (found.pair_f1 or 0) >= pair_f1
    assert (found.cubed_f1 or 0) >= cubed_f1
