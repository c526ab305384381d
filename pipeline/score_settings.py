"""Settings of the RFM scores, their classes, further RFM profiles and the groupings made of scores.

The rules that use them stand in `sql/scores`. Stages of life belong to `pipeline.lifecycle_settings`, the built-in
groupings to `pipeline.rfm_grids`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain, pairwise, product
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.rfm_grids import BUILT_IN
from pipeline.setting_types import Days, Name, Section

RfmMethod = Literal["quantile", "fixed", "mean"]
DEFAULT_PROFILE, THIRDS_PROFILE = "default", "thirds"


class RfmProfileSettings(Section):
    """One more set of scores beside the default; what it leaves out is that of `rfm`."""

    name: Name
    method: RfmMethod | None = None
    levels: Annotated[int, Field(ge=2, le=5)] = 5
    """Method quantile: scores 1..levels by rank. The others know only 5."""
    window_days: Days | None = None
    whole_history: bool = False
    """All purchases count, although `rfm.window_days` is set."""
    recency_cuts_days: tuple[int, int, int, int] | None = None
    frequency_cuts: tuple[int, int, int, int] | None = None
    monetary_cuts_amount: tuple[Decimal, Decimal, Decimal, Decimal] | None = None
    response_cuts_rate: tuple[float, float, float, float] | None = None

    @model_validator(mode="after")
    def _is_one_rule(self) -> "RfmProfileSettings":
        _check_cuts(self)
        if self.whole_history and self.window_days is not None:
            raise ValueError("has both window_days and whole_history")
        return self


def _cells(value: Any) -> Any:
    """`54 55` or `[54, 55]`: the same list of cells."""
    parts = value.split() if isinstance(value, str) else value
    return [str(part) for part in parts] if isinstance(parts, list | tuple) else parts


class GroupingSettings(Section):
    """Names for combinations of scores: every combination belongs to exactly one group.

    A cell is two digits, R and FM = (F + M) / 2 with halves rounded up, or three digits R, F, M.
    """

    name: Name
    rfm_profile: Name = DEFAULT_PROFILE
    groups: dict[Name, Annotated[tuple[str, ...], BeforeValidator(_cells)]]
    no_purchase_group: Name | None = None
    """Group of customers who never bought; none: they are in no group."""

    @property
    def digits(self) -> int:
        """2 where cells are R and FM, 3 where they are R, F and M."""
        return len(next(chain.from_iterable(self.groups.values())))

    def check_covers(self, levels: int) -> None:
        """Raises ValueError unless every combination of scores 1..levels is named once and no other is."""
        named = sorted(chain.from_iterable(self.groups.values()))
        scores = "12345"[:levels]
        for digits in (2, 3):
            if named == ["".join(cell) for cell in product(scores, repeat=digits)]:
                return
        raise ValueError(
            f"grouping {self.name} must name each cell of R FM (11 to {levels}{levels}) or of R F M exactly once"
        )


class RfmSettings(Section):
    """Recency, frequency, monetary and response scores. What stands here itself is the RFM profile `default`."""

    method: RfmMethod = "quantile"
    window_days: Days | None = None
    high_score: Annotated[int, Field(ge=1, le=5)] = 4
    recency_cuts_days: tuple[int, int, int, int] = (180, 90, 60, 30)
    """Method fixed: score 1 above the first, 2 above the second, … 5 up to the last."""
    frequency_cuts: tuple[int, int, int, int] = (2, 3, 5, 10)
    """Method fixed: score 2 from the first on, 3 from the second …"""
    monetary_cuts_amount: tuple[Decimal, Decimal, Decimal, Decimal] = (
        Decimal(200), Decimal(500), Decimal(1000), Decimal(5000),
    )  # fmt: skip
    response_cuts_rate: tuple[float, float, float, float] = (0.02, 0.05, 0.1, 0.2)
    low_score: Annotated[int, Field(ge=1, le=5)] = 2
    """RFRC classes: a score up to this is low."""
    middle_score: Annotated[int, Field(ge=1, le=5)] = 3
    """RFRC class at_risk: a customer with F or M from this on is worth keeping."""
    profiles: tuple[RfmProfileSettings, ...] = ()
    """Further sets of scores, side by side with the default; they change no class."""
    groupings: tuple[GroupingSettings, ...] = tuple(GroupingSettings.model_validate(each) for each in BUILT_IN)

    @model_validator(mode="after")
    def _cuts_rise(self) -> "RfmSettings":
        _check_cuts(self)
        return self

    @model_validator(mode="after")
    def _profiles_and_groupings_meet(self) -> "RfmSettings":
        _check_once("profiles", [DEFAULT_PROFILE, THIRDS_PROFILE, *(profile.name for profile in self.profiles)])
        _check_once("groupings", [grouping.name for grouping in self.groupings])
        for profile in self.all_profiles.values():
            if profile.levels != 5 and profile.method != "quantile":
                raise ValueError(f"profile {profile.name}: levels other than 5 need method: quantile")
        levels = {name: profile.levels for name, profile in self.all_profiles.items()}
        for grouping in self.groupings:
            if grouping.rfm_profile not in levels:
                raise ValueError(f"grouping {grouping.name} names {grouping.rfm_profile}, which is no RFM profile")
            grouping.check_covers(levels[grouping.rfm_profile])
        return self

    @property
    def all_profiles(self) -> Mapping[str, RfmProfileSettings]:
        """The default, the thirds if a grouping needs them, and the profiles of the settings, nothing left out."""
        needed = {grouping.rfm_profile for grouping in self.groupings}
        built_in = [RfmProfileSettings(name=DEFAULT_PROFILE)]
        if THIRDS_PROFILE in needed:
            built_in.append(RfmProfileSettings(name=THIRDS_PROFILE, method="quantile", levels=3))
        return {profile.name: self._completed(profile) for profile in (*built_in, *self.profiles)}

    def _completed(self, profile: RfmProfileSettings) -> RfmProfileSettings:
        inherited = {
            key: getattr(self, key)
            for key in RfmProfileSettings.model_fields
            if key in RfmSettings.model_fields and getattr(profile, key) is None
        }
        if profile.whole_history:
            inherited["window_days"] = None
        return profile.model_copy(update=inherited)


def _check_once(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} named twice: {', '.join(twice)}")


def _check_cuts(rfm: RfmSettings | RfmProfileSettings) -> None:
    rising: dict[str, Sequence[int | float | Decimal] | None] = {
        "recency_cuts_days": [-days for days in rfm.recency_cuts_days or ()],
        "frequency_cuts": rfm.frequency_cuts,
        "monetary_cuts_amount": rfm.monetary_cuts_amount,
        "response_cuts_rate": rfm.response_cuts_rate,
    }
    for name, cuts in rising.items():
        if any(left >= right for left, right in pairwise(cuts or ())):
            order = "fall" if name == "recency_cuts_days" else "rise"
            raise ValueError(f"{name} must {order} from each cut to the next")
