"""settings.yaml as frozen models: every threshold of the product, with its unit in its name.

A short file is enough: every section has complete defaults. Unknown keys are errors that name the nearest
valid key. Secrets do not belong here; they come from the environment.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.yaml_files import read_yaml, validated

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


class SourceSettings(Section):
    """One source of landing files; its first matching path takes a file."""

    name: Name
    kind: Kind
    path: str
    format: str = "canonical"
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] | None = None
    timezone: TimeZone | None = None
    currency: Currency | None = None
    store_id: str | None = None
    orders_of: Name | None = None
    """For refunds and tickets: the orders source whose order_id they name; default: the only one that has it."""
    mirrors: tuple[Name, ...] = ()
    """For an OMS: its orders that these sources tell as well are the same orders and count once, as theirs."""

    @model_validator(mode="after")
    def _stay_inside(self) -> "SourceSettings":
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:
            raise ValueError("path must stay inside landing/")
        return self


class SegmentSettings(Section):
    """One named group: a boolean expression over the columns of `customers`."""

    name: Name
    where: str
    label: str = ""
    description: str = ""


class ExportSettings(Section):
    """One list to hand out."""

    segment: Name
    destination: Name
    purpose: Name
    variables: dict[str, str] = Field(default_factory=dict)


class RfmSettings(Section):
    """Recency, frequency, monetary and response scores."""

    method: Literal["quantile", "fixed", "mean"] = "quantile"
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

    @model_validator(mode="after")
    def _cuts_rise(self) -> "RfmSettings":
        rising: dict[str, Sequence[int | float | Decimal]] = {
            "recency_cuts_days": [-days for days in self.recency_cuts_days],
            "frequency_cuts": self.frequency_cuts,
            "monetary_cuts_amount": self.monetary_cuts_amount,
            "response_cuts_rate": self.response_cuts_rate,
        }
        for name, cuts in rising.items():
            if any(left >= right for left, right in pairwise(cuts)):
                order = "fall" if name == "recency_cuts_days" else "rise"
                raise ValueError(f"{name} must {order} from each cut to the next")
        return self


def _check_stages(key: str, order: tuple[str, ...], known: tuple[str, ...], last: tuple[str, ...]) -> None:
    chosen = order[: -len(last)]
    if order[-len(last) :] != last or len(set(chosen)) < len(chosen) or not set(chosen) <= set(known):
        raise ValueError(f"{key} must list stages of {', '.join(known)}, each once, and end with {', '.join(last)}")


class ActiveProfileSettings(Section):
    """Boundaries of the lifecycle profile `active`."""

    new_days: Days = 30
    dormant_days: Days = 60
    active_window_days: Days = 30
    active_orders: Annotated[int, Field(ge=1)] = 1
    warning_window_days: Days = 60
    warning_earlier_orders: Annotated[int, Field(ge=1)] = 4
    """Purchases before the window without which a customer has no pace of their own to fall behind."""
    warning_pace: Annotated[Decimal, Field(gt=0)] = Decimal("0.25")
    """churn_warning: the pace in the window is at most this share of the pace before it."""
    order: tuple[str, ...] = ("new", "dormant", "churn_warning", "active", "regular", "prospect")

    @model_validator(mode="after")
    def _order_is_known(self) -> "ActiveProfileSettings":
        _check_stages("order", self.order, ("new", "dormant", "churn_warning", "active"), ("regular", "prospect"))
        return self


class LifecycleSettings(Section):
    """Boundaries of the lifecycle profile `guide`, and the profile `active`.

    In every order the first stage that matches wins; a stage that is left out is never given. `regular` (buyers)
    and `prospect` (who never bought) take whoever no other stage matches, so they come last.
    """

    new_days: Days = 30
    dormant_days: Days = 90
    churned_days: Days = 180
    growing_window_days: Days = 30
    growing_orders: Annotated[int, Field(ge=1)] = 2
    mature_windows: Annotated[int, Field(ge=2)] = 3
    mature_window_days: Days = 30
    mature_variation: Annotated[Decimal, Field(ge=0)] = Decimal("0.3")
    buyer_order: tuple[str, ...] = ("churned", "dormant", "new", "mature", "growing", "regular")
    prospect_order: tuple[str, ...] = ("new", "prospect")
    active: ActiveProfileSettings = ActiveProfileSettings()

    @model_validator(mode="after")
    def _orders_are_known(self) -> "LifecycleSettings":
        _check_stages("buyer_order", self.buyer_order, ("churned", "dormant", "new", "mature", "growing"), ("regular",))
        _check_stages("prospect_order", self.prospect_order, ("new",), ("prospect",))
        return self


class TierSettings(Section):
    """Membership tiers by the spend of the last 12 months."""

    silver_amount: Decimal = Decimal(5000)
    gold_amount: Decimal = Decimal(15000)


class PointSettings(Section):
    """Loyalty points."""

    points_per_unit: Decimal = Decimal(1)
    value_amount: Decimal = Decimal("0.10")


class ChurnSettings(Section):
    """What churn means."""

    horizon_days: Days = 90
    population_days: Days = 180


class LtvSettings(Section):
    """Lifetime value."""

    horizon_months: Days = 12
    yearly_discount_rate: Share = 0.1


class IdentitySettings(Section):
    """When two profiles are one person."""

    receiver_phone: bool = True
    max_names_per_key: Annotated[int, Field(ge=1)] = 5
    max_birthdays_per_key: Annotated[int, Field(ge=1)] = 3
    max_profiles_per_key: Annotated[int, Field(ge=2)] = 30
    max_keys_per_profile: Annotated[int, Field(ge=1)] = 5
    """A profile with more phones (or e-mails …) than this joins nobody by them: a clerk's card, a reseller."""
    blocked_values: tuple[str, ...] = ()
    max_retired_share: Share = 0.01
    max_cluster_profiles: Annotated[int, Field(ge=2)] = 50


class PrivacySettings(Section):
    """What may be kept and shown."""

    keep_address: bool = False
    minor_age: Annotated[int, Field(ge=0)] = 14
    small_cell: Annotated[int, Field(ge=1)] = 10


class RetentionSettings(Section):
    """How much of the past is kept."""

    snapshots: Annotated[int, Field(ge=2)] = 14


class EngineSettings(Section):
    """What the machine may give."""

    kind: Literal["duckdb"] = "duckdb"
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(MB|GB|MiB|GiB)$")] = "5GB"
    threads: Annotated[int, Field(ge=1)] = 2


class ScheduleSettings(Section):
    """When the night runs and by when it must be done, in the retailer's time zone."""

    run_at: time = time(2, 30)
    deadline: time = time(8, 0)


class TradeSettings(Section):
    """Which orders never count as purchases."""

    test_store_ids: tuple[str, ...] = ()
    excluded_remarks: tuple[str, ...] = ()
    """Beginnings of a remark that mark a fictitious order (刷单), such as `G-`."""


class QualitySettings(Section):
    """When a night is held back."""

    max_rejected_share: Share = 0.2
    """Share of a source's records of one file that may be rejected before the night is held."""
    stale_days: Days = 3
    """Orders sources whose newest order lies more days before as_of are named as stale."""


class Settings(Section):
    """The whole of settings.yaml."""

    retailer: str
    locale: Literal["zh-CN", "en"] = "zh-CN"
    timezone: TimeZone = "Asia/Shanghai"
    currency: Currency = "CNY"
    as_of: date | None = None
    sources: tuple[SourceSettings, ...] = ()
    segments: tuple[SegmentSettings, ...] = ()
    exports: tuple[ExportSettings, ...] = ()
    trade: TradeSettings = TradeSettings()
    quality: QualitySettings = QualitySettings()
    rfm: RfmSettings = RfmSettings()
    lifecycle: LifecycleSettings = LifecycleSettings()
    tiers: TierSettings = TierSettings()
    points: PointSettings = PointSettings()
    churn: ChurnSettings = ChurnSettings()
    ltv: LtvSettings = LtvSettings()
    identity: IdentitySettings = IdentitySettings()
    privacy: PrivacySettings = PrivacySettings()
    retention: RetentionSettings = RetentionSettings()
    engine: EngineSettings = EngineSettings()
    schedule: ScheduleSettings = ScheduleSettings()

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, content: dict[str, Any]) -> dict[str, Any]:
        """A key with nothing after it, as in a file whose entries are all commented out, means the default."""
        return {key: value for key, value in content.items() if value is not None}

    @model_validator(mode="after")
    def _names_meet(self) -> "Settings":
        names = [source.name for source in self.sources]
        segments = [segment.name for segment in self.segments]
        for what, given in (("sources", names), ("segments", segments)):
            twice = sorted({name for name in given if given.count(name) > 1})
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        for source in self.sources:
            for other in (source.orders_of, *source.mirrors):
                if other is not None and other not in names:
                    raise ValueError(f"source {source.name} points to {other}, which is no source")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The retailer's time zone."""
        return ZoneInfo(self.timezone)

    def source(self, name: str) -> SourceSettings:
        """One source by name."""
        return next(source for source in self.sources if source.name == name)

    def fingerprint(self) -> str:
        """SHA-256 of all settings but `as_of`, which each night names on its own."""
        text = json.dumps(self.model_dump(mode="json", exclude={"as_of"}), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def load_settings(path: Path) -> Settings:
    """Settings of one retailer; every mistake is listed in one SettingsError."""
    return validated(Settings, read_yaml(path), path.name)
