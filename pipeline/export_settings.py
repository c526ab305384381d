"""Settings of what leaves the house: which lists go where and what for, and what privacy allows.

The gate that obeys them is `pipeline.exports.gate`; what each destination is belongs to its own file in
`pipeline/exports/destinations`.
"""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Name, Section, Share

Channel = Literal["sms", "email", "wecom", "ads"]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_\u4e00-\u9fff]{1,30}$")]


class ExportSettings(Section):
    """One list to hand out to one tool."""

    segment: Name
    destination: Name
    purpose: Name
    channel: Channel | None = None
    """Only where neither the purpose nor the destination tells it."""
    variables: dict[VariableName, str] = Field(default_factory=dict)
    """Columns of the template: one value for all, or `{column}` for a column of customers."""
    holdout_share: Annotated[Share, Field(lt=1)] = 0.0
    """Share of the segment that is kept back, always the same people, to measure what the list brings."""
    approved_by: str = ""


class PrivacySettings(Section):
    """What may be kept, shown and handed out."""

    keep_address: bool = False
    minor_age: Annotated[int, Field(ge=0)] = 14
    small_cell: Annotated[int, Field(ge=1)] = 10
    responsible: str = ""
    """Who answers for the exports where HUITOU_USER does not say."""
    cross_border: Literal["refused", "approved"] | tuple[Name, ...] = "refused"
    """`approved`, or the destinations abroad that are (PIPL Art. 38-40)."""
    contact_cap: Annotated[int, Field(ge=1)] = 3
    contact_cap_days: Days = 7
    control_days: Days = 30
    """So long the control group of a campaign without an end is left alone."""
    send_from: time = time(8, 0)
    send_until: time = time(22, 0)
    list_expiry_days: Days = 7
    approval_rows: Annotated[int, Field(ge=0)] | None = None
    """Lists with more rows need `approved_by` (GB/T 35273-2020, 7.1)."""

    @model_validator(mode="after")
    def _window_opens_before_it_closes(self) -> "PrivacySettings":
        if self.send_from >= self.send_until:
            raise ValueError("send_from must be earlier than send_until")
        return self
