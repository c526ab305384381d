"""Charts as inline SVG: geometry only; colours are classes of style.css, so that dark and light both hold.

Every chart stands beside a table with its figures, therefore the drawing itself is hidden from screen readers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor, log10

from markupsafe import Markup, escape

WIDE, NARROW = 1040, 344
Point = tuple[date, float, float | None]
"""Day, amount, target."""


@dataclass(frozen=True)
class Frame:
    """A drawing area of `width` × `height` with room for the axes."""

    width: int
    height: int
    left: int = 52
    right: int = 8
    top: int = 12
    bottom: int = 26

    def x(self, share: float) -> float:
        """From a share of the width to the place on the drawing."""
        return self.left + share * (self.width - self.left - self.right)

    def y(self, share: float) -> float:
        """From a share of the height, 0 at the foot."""
        return self.height - self.bottom - share * (self.height - self.top - self.bottom)


def tag(name: str, text: str = "", **attributes: object) -> str:
    """One element; numbers with one decimal, `class_` for class."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{_plain(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{escape(text)}</{name}>"


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(escape(value))


def svg(frame: Frame, parts: Sequence[str], name: str) -> Markup:
    """The drawing around its parts; all texts in them are escaped."""
    box = f'viewBox="0 0 {frame.width} {frame.height}"'
    return Markup(f'<svg class="{name}" {box} aria-hidden="true" focusable="false">{"".join(parts)}</svg>')  # noqa: S704


def ticks(most: float, count: int = 3) -> list[float]:
    """Round marks from 0 to at least `most`: steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / count
    power = 10.0 ** floor(log10(rough))
    step = next(times * power for times in (1.0, 2.0, 2.5, 5.0, 10.0) if times * power >= rough * 0.999999)
    marks = [0.0]
    while marks[-1] < most:
        marks.append(round(marks[-1] + step, 6))
    return marks


def grid_lines(frame: Frame, marks: Sequence[float], label: Callable[[float], str]) -> list[str]:
    """Horizontal lines with their figures."""
    parts = []
    for mark in marks:
        y = frame.y(mark / marks[-1])
        name = "axis" if mark == 0 else "line"
        parts.append(tag("line", x1=float(frame.left), x2=float(frame.width - frame.right), y1=y, y2=y, class_=name))
        parts.append(tag("text", label(mark), x=frame.left - 8.0, y=y + 4, text_anchor="end"))
    return parts


def days_chart(points: Sequence[Point], width: int, label: Callable[[float], str]) -> Markup:
    """One bar a day, the last one told apart, targets as short lines, Mondays marked with their date."""
    frame = Frame(width, 250 if width == WIDE else 200)
    marks = ticks(max((max(amount, target or 0) for _, amount, target in points), default=0))
    parts = grid_lines(frame, marks, label)
    step = 1 / max(len(points), 1)
    mondays = [place for place, (on, _, _) in enumerate(points) if on.weekday() == 0]
    shown = set(mondays if width == WIDE else mondays[::2])
    for place, (on, amount, target) in enumerate(points):
        x, end = frame.x(place * step), frame.x((place + 0.74) * step)
        foot, top = frame.y(0), frame.y(max(amount, 0) / marks[-1])
        kind = "bar last" if place == len(points) - 1 else "bar"
        parts.append(tag("rect", x=x, y=top, width=end - x, height=foot - top, class_=kind))
        if target is not None:
            y = frame.y(target / marks[-1])
            parts.append(tag("line", x1=x - 1, x2=end + 1, y1=y, y2=y, class_="target"))
        if place in shown:
            parts.append(tag("text", f"{on:%m-%d}", x=(x + end) / 2, y=frame.height - 8.0, text_anchor="middle"))
    return svg(frame, parts, "chart")


def reliability_chart(bins: Sequence[tuple[float, float, int]], width: int, axes: tuple[str, str]) -> Markup:
    """Told against come, both 0..1; the area of a dot follows its customers, the diagonal is a perfect model."""
    side = min(width, 360)
    frame = Frame(width if width == NARROW else 460, side - 20, left=44, bottom=40)
    most = max((count for *_, count in bins), default=1)
    parts = grid_lines(frame, (0.0, 0.25, 0.5, 0.75, 1.0), lambda mark: f"{mark:.0%}")
    parts.append(tag("line", x1=frame.x(0), y1=frame.y(0), x2=frame.x(1), y2=frame.y(1), class_="diagonal"))
    for mark in (0.0, 0.5, 1.0):
        anchor = {0.0: "start", 1.0: "end"}.get(mark, "middle")
        parts.append(tag("text", f"{mark:.0%}", x=frame.x(mark), y=frame.y(0) + 16, text_anchor=anchor))
    parts.append(tag("text", axes[0], x=frame.x(0.5), y=frame.height - 6.0, text_anchor="middle"))
    parts.append(tag("text", axes[1], x=frame.x(0) + 6, y=float(frame.top) + 10))
    for told, came, count in bins:
        radius = 4 + 9 * (count / most) ** 0.5
        parts.append(tag("circle", cx=frame.x(told), cy=frame.y(came), r=radius, class_="dot"))
    return svg(frame, parts, "chart square")


def whiskers(rows: Sequence[tuple[str, float, float, float]], width: int, label: Callable[[float], str]) -> Markup:
    """One line a row from low to high with a dot between; the zero line tells what caused nothing."""
    left = 220 if width == WIDE else 120
    frame = Frame(width, 44 + 30 * len(rows), left=left, right=24, top=8, bottom=30)
    low = min((0.0, *(row[2] for row in rows)))
    high = max((0.0, *(row[3] for row in rows)))
    span = (high - low) or 1.0
    parts = []
    for mark in sorted({low, 0.0, high}):
        x = frame.x((mark - low) / span)
        name = "axis" if mark == 0 else "line"
        parts.append(tag("line", x1=x, x2=x, y1=float(frame.top), y2=frame.y(0), class_=name))
        parts.append(tag("text", label(mark), x=x, y=frame.height - 8.0, text_anchor="middle"))
    for place, (name, middle, least, most) in enumerate(rows):
        y = frame.top + 15.0 + 30 * place
        start, dot, end = (frame.x((value - low) / span) for value in (least, middle, most))
        parts.append(tag("line", x1=start, x2=end, y1=y, y2=y, class_="whisker"))
        parts.append(tag("circle", cx=dot, cy=y, r=5.0, class_="dot"))
        parts.append(tag("text", _short(name, left), x=left - 12.0, y=y + 4, text_anchor="end"))
    return svg(frame, parts, "chart")


def _short(name: str, width: int) -> str:
    """As much of a name as fits; a Chinese letter is as wide as two others."""
    room, told = (width - 20) / 7, ""
    for letter in name:
        room -= 2 if ord(letter) > 0x2E80 else 1
        if room < 0:
            return f"{told}…"
        told += letter
    return told
