"""The page by itself: one file, nothing of a person, sound structure, contrast; and in a browser at two widths."""

import itertools
import json
import re
import shutil
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_shop import SHOP, SNAPSHOT_ID, ReportShop
from store_shop import store_rows, write_stores_of

from pipeline.reports import folder
from pipeline.reports.folder import is_up_to_date, write_report
from pipeline.reports.wording import HERE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HEADINGS = ("h1", "h2", "h3", "h4")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA)."""


@pytest.fixture
def shop(tmp_path: Path) -> ReportShop:
    return ReportShop(tmp_path, SHOP)


class Outline(HTMLParser):
    """Tags in their order, attributes that reach out, and the tables' captions."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@pytest.fixture(params=["house", "store"])
def page(request: pytest.FixtureRequest, shop: ReportShop, tmp_path: Path) -> Path:
    if request.param == "house":
        return write_report(shop.night())
    return write_stores_of(tmp_path, store_rows("S1", 60, 1000)) / "S1" / "index.html"


@pytest.fixture
def outline(page: Path) -> Outline:
    return Outline(page.read_text(encoding="utf-8"))


class TestFile:
    def test_page_and_workbook_are_for_their_owner_alone(self, shop: ReportShop) -> None:
        page = write_report(shop.night())
        assert sorted(path.name for path in page.parent.iterdir()) == ["index.html", "index.xlsx"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in page.parent.iterdir()} == {0o600}
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700

    def test_the_same_night_gives_the_same_bytes(self, tmp_path: Path) -> None:
        told = []
        for name in ("one", "two"):
            page = write_report(ReportShop(tmp_path / name, SHOP).night())
            told.append([path.read_bytes() for path in sorted(page.parent.iterdir())])
        assert told[0] == told[1]

    def test_no_person_is_in_it(self, shop: ReportShop) -> None:
        page = write_report(shop.night()).read_text(encoding="utf-8")
        assert not [word for word in ("CUST", "张*", "138****") if word in page]

    def test_texts_of_the_shop_are_no_markup(self, tmp_path: Path) -> None:
        evil = "<script>alert(1)</script>"
        lines = [{**row, "category": evil} for row in SHOP["order_lines"]]
        definitions = [{**row, "label": evil} for row in SHOP["segment_definitions"]]
        night = ReportShop(tmp_path, {**SHOP, "order_lines": lines, "segment_definitions": definitions},
                           {"retailer": evil}).night()  # fmt: skip
        page = write_report(night).read_text(encoding="utf-8")
        assert "<script" not in page
        assert "&lt;script&gt;" in page

    def test_other_lists_make_another_report(self, shop: ReportShop) -> None:
        night = shop.night()
        assert not is_up_to_date(night)
        write_report(night)
        assert is_up_to_date(night)
        lists = night.exports / night.snapshot.manifest.as_of / "manifest.json"
        lists.parent.mkdir(parents=True)
        lists.write_text(json.dumps({"snapshot_id": SNAPSHOT_ID, "exports": []}), encoding="utf-8")
        assert not is_up_to_date(night)

    def test_an_empty_night_has_a_report_too(self, tmp_path: Path) -> None:
        write_report(ReportShop(tmp_path, {"runs": SHOP["runs"]}, {"locale": "en"}).night())


class TestStructure:
    def test_nothing_is_fetched(self, outline: Outline) -> None:
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(outline.tags)
        assert {value[0] for _, name, value in outline.attributes if name in ("href", "src")} == {"#"}
        assert not [tag for tag, name, _ in outline.attributes if name == "style" or name.startswith("on")]

    def test_landmarks_headings_and_captions(self, outline: Outline) -> None:
        assert [outline.tags.count(tag) for tag in ("main", "nav", "header", "footer", "h1")] == [1] * 5
        levels = [HEADINGS.index(tag) for tag in outline.tags if tag in HEADINGS]
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
        assert outline.tags.count("table") == outline.tags.count("caption")
        assert ("html", "lang", "zh-CN") in outline.attributes

    def test_every_link_of_the_contents_leads_somewhere(self, outline: Outline) -> None:
        ids = [value for _, name, value in outline.attributes if name == "id"]
        assert len(ids) == len(set(ids))
        assert {value[1:] for _, name, value in outline.attributes if name == "href"} <= set(ids)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *((ink, paper) for ink in ("ink", "quiet", "accent") for paper in ("paper", "card")),
    ("alarm-ink", "alarm-paper"),
    *(("on-light", f"level-{level}") for level in range(4)),
    *(("on-dark", f"level-{level}") for level in (4, 5)),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_texts_stand_out(scheme: int, ink: str, paper: str) -> None:
    style = (HERE / "style.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
    assert contrast(colours[ink], colours[paper]) >= LEAST_CONTRAST


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(page: Path, width: int, scheme: str, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    said: list[str] = []
    asked: list[str] = []
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.as_uri())
        wider = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        charts = [chart.is_visible() for chart in tab.locator("figure .wide, figure .narrow").all()]
        tab.keyboard.press("Tab")
        focused = tab.evaluate("document.activeElement.className")
        tab.screenshot(path=tmp_path / "page.png", full_page=True)
        background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()
    assert (wider, said, asked) == (0, [], [page.as_uri()])
    assert charts == [width > 720, width < 720]
    assert focused == "skip"
    assert (background == "rgb(20, 23, 26)") is (scheme == "dark")


def test_the_order_of_the_page() -> None:
    names = [section.__name__ for section in folder.SECTIONS]
    assert names[0] == "sales"
    assert names[-1] == "quality"
