"""The words that settings and formats are written in: names, zones, currencies, and sections that refuse typos."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

IDENTIFIER = r"^[a-z_][a-z0-9_]{0,62}$"

Kind = Literal[
    "orders", "refunds", "members", "products", "stores", "events", "campaigns", "campaign_contacts",
    "marketing_spend", "fx_rates", "consents", "tickets", "points", "stock",
]  # fmt: skip
Name = Annotated[str, Field(pattern=IDENTIFIER)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1)]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    """A frozen group of settings that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
