"""The Chinese lunar calendar of 1900 to 2099: which solar day a lunar day falls on.

Each year is one number: bits 0-3 are the month after which a leap month stands (0 = none), bit 4 + i tells whether
the i-th month of the year, leap month included, has 30 days instead of 29. The lengths are those that the libraries
lunar-python 1.4.8 (computed from the moon) and borax 4.1 (tabled) agree on; where they differ, because a new moon
falls close to midnight (September 2057, August 2097), those of lunar-python. Who has a birthday does not belong here.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

FIRST_DAY = date(1900, 1, 31)
FIRST_YEAR = 1900
YEARS = (
    0x16D28, 0x07520, 0x0EA50, 0x164A5, 0x064B0, 0x0A9B0, 0x15564, 0x056A0, 0x0B590, 0x17522,
    0x07520, 0x1B256, 0x0B250, 0x0A4B0, 0x14AB5, 0x02AD0, 0x056B0, 0x0B692, 0x0DA90, 0x1D927,
    0x0E920, 0x0D250, 0x1A4D5, 0x0A560, 0x02B60, 0x15B54, 0x06D40, 0x0EA90, 0x1E922, 0x0E920,
    0x0D266, 0x052B0, 0x0A570, 0x12B65, 0x0B5A0, 0x06D40, 0x0EC93, 0x07490, 0x16937, 0x0A930,
    0x052B0, 0x0A5B6, 0x0AAD0, 0x056A0, 0x1B554, 0x0BA40, 0x0B490, 0x1A932, 0x0A950, 0x152D7,
    0x05360, 0x0AAD0, 0x15AA5, 0x05B20, 0x0DA50, 0x1D4A3, 0x0D4A0, 0x0A958, 0x0A970, 0x05560,
    0x0AB56, 0x0AD50, 0x06D20, 0x0EA54, 0x0EA50, 0x064A0, 0x0C973, 0x0A9B0, 0x155A7, 0x056A0,
    0x0B690, 0x17525, 0x0B520, 0x0B250, 0x164B4, 0x0A4B0, 0x14AB8, 0x02AD0, 0x056D0, 0x0B696,
    0x0DA90, 0x0D920, 0x1D254, 0x0D250, 0x1A4DA, 0x0A560, 0x02B60, 0x05B56, 0x06D50, 0x0EA90,
    0x1E925, 0x0E920, 0x0D260, 0x0A563, 0x0A570, 0x14D68, 0x035A0, 0x06D50, 0x16C95, 0x07490,
    0x06930, 0x152B4, 0x052B0, 0x0A5B0, 0x155A2, 0x056A0, 0x1B557, 0x0BA40, 0x0B490, 0x1A935,
    0x0A950, 0x052D0, 0x0AAD4, 0x0AB50, 0x15AA9, 0x05D20, 0x0DA50, 0x1D4A6, 0x0D4A0, 0x0C950,
    0x152E4, 0x05560, 0x0AB50, 0x15B22, 0x06D20, 0x0EA56, 0x07250, 0x064B0, 0x0C975, 0x0CAB0,
    0x055A0, 0x0AD63, 0x0B690, 0x1752B, 0x0B520, 0x0B250, 0x1A4B6, 0x0A4B0, 0x04AB0, 0x055B5,
    0x05AD0, 0x0B6A0, 0x1B522, 0x0D920, 0x1D257, 0x0D250, 0x0A550, 0x14AD5, 0x04B60, 0x05B50,
    0x0DAA3, 0x0EC90, 0x1E928, 0x0E920, 0x0D260, 0x0A566, 0x0A570, 0x04D60, 0x06D54, 0x07550,
    0x07490, 0x0E933, 0x06930, 0x152B7, 0x052B0, 0x0A5B0, 0x155A5, 0x056A0, 0x0B650, 0x174A4,
    0x0B4A0, 0x1A958, 0x0A950, 0x052D0, 0x0AAD6, 0x0AB50, 0x05AA0, 0x0BA54, 0x0DA50, 0x0D4A0,
    0x1C953, 0x0C960, 0x194E7, 0x05560, 0x0AB50, 0x15B25, 0x06D20, 0x0EA50, 0x0E4A4, 0x068B0,
    0x0C978, 0x04AB0, 0x055B0, 0x0AD66, 0x0B6A0, 0x07520, 0x17254, 0x0B450, 0x0A8B0, 0x149B2,
)  # fmt: skip
Month = tuple[int, int, bool]
"""Year, month, and whether it is a leap month."""


@cache
def _months() -> dict[Month, tuple[date, int]]:
    """First day and number of days of every lunar month."""
    months, first = {}, FIRST_DAY
    for year, code in enumerate(YEARS, start=FIRST_YEAR):
        for place, (month, is_leap) in enumerate(_order(code & 15)):
            days = 29 + (code >> 4 + place & 1)
            months[year, month, is_leap] = (first, days)
            first += timedelta(days=days)
    return months


def _order(leap: int) -> Iterator[tuple[int, bool]]:
    for month in range(1, 13):
        yield month, False
        if month == leap:
            yield month, True


def to_solar(year: int, month: int, day: int, *, is_leap: bool = False) -> date | None:
    """The solar day of a lunar day; None where there is no such month or day in that year."""
    first, days = _months().get((year, month, is_leap), (None, 0))
    return first + timedelta(days=day - 1) if first is not None and 1 <= day <= days else None


def to_lunar(on: date) -> tuple[int, int, int, bool] | None:
    """Lunar year, month, day, and whether the month is a leap month; None outside of 1900 to 2099."""
    for (year, month, is_leap), (first, days) in _months().items():
        if 0 <= (on - first).days < days:
            return year, month, (on - first).days + 1, is_leap
    return None


def month_length(year: int, month: int, *, is_leap: bool = False) -> int:
    """Days of a lunar month; 0 where the year has no such month."""
    return _months().get((year, month, is_leap), (FIRST_DAY, 0))[1]
