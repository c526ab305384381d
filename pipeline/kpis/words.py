"""Figures and their changes in words: a change always in percentage points and relative, a return as `1:16`.

28 % to 45 % is +17.0 percentage points and +60.7 %: to say only one of the two misleads. Where figures come from does
not belong here; see sql/kpis.
"""

from decimal import ROUND_HALF_UP, Decimal

CHINESE = "zh-CN"


def relative_change(value: Decimal, previous: Decimal) -> Decimal | None:
    """(value - previous) ÷ |previous|; None where there was nothing."""
    return (value - previous) / abs(previous) if previous else None


def percent(share: Decimal, places: int = 1) -> str:
    """A share in percent with its sign: 0.607 is +60.7 %."""
    return f"{_rounded(100 * share, places):+} %"


def change_in_words(value: Decimal, previous: Decimal, *, is_rate: bool, locale: str, places: int = 1) -> str:
    """The change of a figure; that of a share in percentage points too.

    A figure that was nothing has no relative change and says so with a dash.
    """
    relative = relative_change(value, previous)
    told = percent(relative, places) if relative is not None else "–"
    if not is_rate:
        return told
    points = f"{_rounded(100 * (value - previous), places):+}"
    return f"{points} 个百分点({told})" if locale == CHINESE else f"{points} pp ({told})"


def return_in_words(revenue: Decimal, cost: Decimal) -> str | None:
    """Revenue per unit of cost as the trade writes it: 80 for 5 is 1:16. None without cost."""
    return f"1:{_rounded(revenue / cost, 1).normalize():f}" if cost > 0 else None


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
