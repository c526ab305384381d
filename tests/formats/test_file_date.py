"""The day in a file's name."""

from datetime import date

import pytest

from pipeline.formats.parse import date_in_name


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("pos/20261031.csv", date(2026, 10, 31)),
        ("members_2026-10-31.xlsx", date(2026, 10, 31)),
        ("会员2026年10月31日.xlsx", date(2026, 10, 31)),
        ("members_2026.1.5.xlsx", date(2026, 1, 5)),
        ("ExportOrderList20261122103015.csv", date(2026, 11, 22)),
        ("export-20261122T1030.csv", date(2026, 11, 22)),
        ("orders_20261001-20261031.csv", date(2026, 10, 31)),
        ("orders_2026-10-01_2026-10-31.csv", date(2026, 10, 31)),
        ("pos_202610.csv", date(2026, 10, 31)),
        ("pos_2026-02.csv", date(2026, 2, 28)),
        ("pos_2024年2月.csv", date(2024, 2, 29)),
        ("pos/2026-10-31/store1.csv", date(2026, 10, 31)),
        ("20261331.csv", None),
        ("20260230.csv", None),
        ("19991231.csv", None),
        ("order_123456789012.csv", None),
        ("ExportOrderList11223344.csv", None),
        ("members.xlsx", None),
        ("pos_202613.csv", None),
        ("report2026.csv", None),
    ],
)
def test_days_in_names(name, day):
    assert date_in_name(name) == day
