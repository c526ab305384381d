"""Settings of the morning report: which stores get a page of their own, and who may open its folder."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.setting_types import Section

PLACE = "{store}"
GROUP = re.compile(r"^[a-z_][a-z0-9_-]{0,31}$", re.IGNORECASE)
"""Names of groups as shadow-utils takes them."""


class ReportSettings(Section):
    """Pages for single stores. None are written unless this section asks for them."""

    stores: Literal["none", "all"] | tuple[str, ...] = "none"
    """`none`, `all`, or the ids of the stores that get a page."""
    store_group: str = ""
    """System group that may read a store's folder; `{store}` stands for the name of the folder. Empty: nobody else."""
    store_groups: Mapping[str, str] = Field(default_factory=dict)
    """Groups of single stores by id, before `store_group`. Naming one group twice lets it read both stores."""
    store_rounded_to: Annotated[int, Field(ge=1)] = 5
    """People on the pages of stores are counted in steps of so many; 1 tells exact figures."""

    @model_validator(mode="after")
    def _groups_are_names(self) -> "ReportSettings":
        if self.store_group and PLACE not in self.store_group:
            raise ValueError(
                f"store_group must hold {PLACE}, or every store could read all others; "
                "name a group that reads several stores under store_groups"
            )
        for name in (self.store_group.replace(PLACE, "s"), *self.store_groups.values()):
            if name and not GROUP.match(name):
                raise ValueError(f"{name!r} is no name of a group")
        return self

    @property
    def is_shared(self) -> bool:
        """Whether any folder is opened to a group."""
        return self.stores != "none" and bool(self.store_group or self.store_groups)
