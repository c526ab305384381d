"""Settings of how long is kept what: nights, lists, reports, refused records, and files of events and contacts.

What they do is in `pipeline.retention`; who was forgotten is another matter (`huitou forget`).
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from pipeline.setting_types import Days, Kind, Section


class RetentionSettings(Section):
    """How much of the past is kept. None: for ever."""

    snapshots: Annotated[int, Field(ge=2)] = 14
    masked_list_days: Days = 30
    """Masked lists for people; lists for tools go on the day that their manifest names."""
    recipient_days: Annotated[int, Field(ge=31)] | None = None
    """Who was on which list: what frequency cap, diff lists and the answer to a person rest on."""
    report_days: Days | None = None
    refused_record_days: Days = 180
    """The text of records that could not be read; that they were refused, and why, stays."""
    event_file_days: Annotated[int, Field(ge=180)] | None = 1095
    """A file of events counts no more when its newest event is older."""
    contact_file_days: Annotated[int, Field(ge=180)] | None = 1095
    """The same for files of campaign contacts."""
    ticket_file_days: Annotated[int, Field(ge=180)] | None = 1095
    """The same for files of service tickets."""
    spool_days: Annotated[int, Field(ge=180)] | None = None
    """Copies of files that count no more are deleted when their newest event is older; `huitou rebuild` needs them."""

    @property
    def file_days(self) -> Mapping[Kind, int | None]:
        """How long files of a kind count; kinds that are not named count for ever."""
        return {
            "events": self.event_file_days,
            "campaign_contacts": self.contact_file_days,
            "tickets": self.ticket_file_days,
        }
