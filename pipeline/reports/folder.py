"""`reports/<as_of>/`: the morning report of a sealed night, put in place as a whole.

What stands in it is said by the sections; this is their order, and the folder.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.deliver.folders import replacing_folder
from pipeline.engine import Engine
from pipeline.exports.audit_log import AuditLog
from pipeline.lake import write_bytes
from pipeline.reports.channels import campaigns, costs
from pipeline.reports.customers import customers, rfm
from pipeline.reports.document import Report
from pipeline.reports.lists import lists
from pipeline.reports.page import page
from pipeline.reports.predictions import churn, value
from pipeline.reports.quality import alarms, quality
from pipeline.reports.sales import sales
from pipeline.reports.segments import segments
from pipeline.reports.source import Source, lists_of, opened
from pipeline.reports.stores import PAGE, WORKBOOK, is_shared_right, share_stores, write_stores
from pipeline.reports.wording import Words, words_of
from pipeline.reports.workbook import workbook
from pipeline.settings import Settings
from pipeline.snapshots import Snapshot

SECTIONS = (sales, customers, rfm, segments, churn, value, costs, campaigns, lists, quality)
MADE_FROM = re.compile(rb'<meta name="huitou-made-from" content="([^"]*)">')
HEAD_BYTES = 4096


@dataclass(frozen=True)
class ReportNight:
    """A sealed night and the folders that its report reads and writes."""

    snapshot: Snapshot
    settings: Settings
    exports: Path
    reports: Path
    state: Path
    engine: Engine
    who: str
    """Who answers for the lists of stores."""

    @property
    def folder(self) -> Path:
        """Where the report of this night is published."""
        return self.reports / self.snapshot.as_of.isoformat()

    @property
    def made_from(self) -> str:
        """Snapshot, and a hash of the lists that the report tells of."""
        snapshot_id = self.snapshot.manifest.snapshot_id
        lists = lists_of(self.exports / self.snapshot.as_of.isoformat(), snapshot_id)
        told = json.dumps(lists, sort_keys=True, ensure_ascii=False)
        return f"{snapshot_id} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def report_of(source: Source, words: Words) -> Report:
    """The figures of a night in the order of the page."""
    return Report(
        title=words("report.title"),
        retailer=source.settings.retailer,
        as_of=source.as_of,
        day_name=words.day(source.as_of),
        snapshot_id=source.snapshot_id,
        locale=source.settings.locale,
        sections=[section(source, words) for section in SECTIONS],
        alarms=alarms(source, words),
        privacy=words("report.privacy", least=words.small_cell),
    )


def write_report(night: ReportNight) -> Path:
    """Write page and workbook of the house, and those of stores; a report with the same contents stays untouched."""
    settings = night.settings
    words = words_of(settings.locale, settings.currency, settings.privacy.small_cell)
    with opened(night.snapshot, settings, night.exports, night.engine) as source:
        report = report_of(source, words)
        with replacing_folder(night.folder) as building:
            write_bytes(building / PAGE, page(report, words, night.made_from))
            write_bytes(building / WORKBOOK, workbook(report, words))
            write_stores(source, building, AuditLog(night.state), night.who)
    share_stores(night.folder, settings)
    return night.folder / PAGE


def is_up_to_date(night: ReportNight) -> bool:
    """Whether the published report is that of this snapshot and these lists, and open to those who may read it."""
    try:
        with (night.folder / PAGE).open("rb") as file:
            found = MADE_FROM.search(file.read(HEAD_BYTES))
    except FileNotFoundError:
        return False
    is_current = found is not None and found[1].decode() == night.made_from
    return is_current and is_shared_right(night.folder, night.settings)
