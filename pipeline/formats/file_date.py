"""The day that a file's name tells: the date of undated state such as member attributes."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath

FIRST_YEAR, LAST_YEAR = 2000, 2099
CLOCK = r"(?:[T_\-]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{3})?)?)?"
DAY = re.compile(
    rf"(?<!\d)(20\d\d)(?:([-_.])(\d{{1,2}})\2(\d{{1,2}})|年(\d{{1,2}})月(\d{{1,2}})日?|(\d\d)(\d\d){CLOCK})(?!\d)"
)
MONTH = re.compile(r"(?<!\d)(20\d\d)(?:[-_.](\d{1,2})(?![-_.]?\d)|年(\d{1,2})月(?!\d)|(\d\d))(?!\d)")


def date_in_name(name: str) -> date | None:
    """The last plausible day in a file's name, or in its nearest folder that has one.

    `20261031`, `2026-10-31` and `2026年10月31日` are days, `202610` and `2026-10` the last day of the month; of a
    range its end counts. None where the name tells no day.
    """
    path = PurePosixPath(name)
    for part in (path.name, *reversed(path.parts[:-1])):
        days = [*_days(part), *_month_ends(DAY.sub(" ", part))]
        if days:
            return max(days)
    return None


def _days(text: str) -> Iterator[date]:
    for match in DAY.finditer(text):
        year, month, day = (int(group) for group in match.groups() if group and group.isdigit())
        if month in range(1, 13) and day in range(1, monthrange(year, month)[1] + 1):
            yield date(year, month, day)


def _month_ends(text: str) -> Iterator[date]:
    for match in MONTH.finditer(text):
        year, month = (int(group) for group in match.groups() if group)
        if month in range(1, 13):
            yield date(year, month, monthrange(year, month)[1])
