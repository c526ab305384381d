"""settings.yaml as frozen models: every threshold of the product, with its unit in its name.

A short file is enough: every section has complete defaults. Unknown keys are errors that name the nearest
valid key. Secrets do not belong here; they come from the environment.
"""

import hashlib
import json
from datetime import date, time
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from pipeline.acquisition_settings import AcquisitionSettings, CampaignSettings
from pipeline.complaint_settings import ComplaintSettings
from pipeline.delivery_settings import DeliverySettings
from pipeline.export_settings import ExportSettings, PrivacySettings
from pipeline.identity_settings import IdentitySettings
from pipeline.kpi_settings import KpiSettings
from pipeline.lifecycle_settings import LifecycleSettings
from pipeline.membership_settings import WAKE_UP_STAGE, CareSettings, CycleSettings, PointSettings, TierSettings
from pipeline.model_settings import ChurnSettings, LtvSettings, PredictionSettings
from pipeline.report_settings import ReportSettings
from pipeline.retention_settings import RetentionSettings
from pipeline.score_settings import RfmSettings
from pipeline.segment_settings import SegmentingSettings
from pipeline.setting_types import Currency, Days, Kind, Name, Section, Share, TimeZone
from pipeline.tag_settings import ContactSettings, ImputationSettings, OwnTagSettings, TaggingSettings
from pipeline.yaml_files import read_yaml, validated


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
    tags: tuple[OwnTagSettings, ...] = ()
    exports: tuple[ExportSettings, ...] = ()
    trade: TradeSettings = TradeSettings()
    quality: QualitySettings = QualitySettings()
    rfm: RfmSettings = RfmSettings()
    lifecycle: LifecycleSettings = LifecycleSettings()
    complaints: ComplaintSettings = ComplaintSettings()
    segmenting: SegmentingSettings = SegmentingSettings()
    tagging: TaggingSettings = TaggingSettings()
    contacts: ContactSettings = ContactSettings()
    imputation: ImputationSettings = ImputationSettings()
    tiers: TierSettings = TierSettings()
    points: PointSettings = PointSettings()
    care: CareSettings = CareSettings()
    cycles: CycleSettings = CycleSettings()
    kpis: KpiSettings = KpiSettings()
    predictions: PredictionSettings = PredictionSettings()
    churn: ChurnSettings = ChurnSettings()
    ltv: LtvSettings = LtvSettings()
    acquisition: AcquisitionSettings = AcquisitionSettings()
    campaigns: CampaignSettings = CampaignSettings()
    identity: IdentitySettings = IdentitySettings()
    privacy: PrivacySettings = PrivacySettings()
    reports: ReportSettings = ReportSettings()
    delivery: DeliverySettings = DeliverySettings()
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
        tags = [tag.name for tag in self.tags]
        for what, given in (("sources", names), ("segments", segments), ("tags", tags)):
            twice = sorted({name for name in given if given.count(name) > 1})
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        for source in self.sources:
            for other in (source.orders_of, *source.mirrors):
                if other is not None and other not in names:
                    raise ValueError(f"source {source.name} points to {other}, which is no source")
        return self

    @model_validator(mode="after")
    def _sleepers_are_known(self) -> "Settings":
        profile, lifecycle = self.care.wake_up_profile, self.lifecycle
        able = [name for name in lifecycle.all_profiles if WAKE_UP_STAGE in lifecycle.orders(name)[0]]
        if profile not in able and "wake_up_profile" in self.care.model_fields_set:
            raise ValueError(
                f"care.wake_up_profile names {profile}, which is no lifecycle profile with a stage {WAKE_UP_STAGE};"
                f" those are {', '.join(able)}"
            )
        return self

    @model_validator(mode="after")
    def _mirrors_end(self) -> "Settings":
        """Sources that mirror each other in a ring would each give way to the other."""
        try:
            TopologicalSorter({source.name: source.mirrors for source in self.sources}).prepare()
        except CycleError as error:
            ring = " → ".join(error.args[1])
            raise ValueError(
                f"sources.mirrors runs in a ring ({ring}); only the system that copies (the OMS) lists whom it mirrors"
            ) from error
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The retailer's time zone."""
        return ZoneInfo(self.timezone)

    def source(self, name: str) -> SourceSettings:
        """One source by name."""
        return next(source for source in self.sources if source.name == name)

    def fingerprint(self) -> str:
        """SHA-256 of all settings but `as_of`, which each night names on its own, and where the night is carried to."""
        decisive = self.model_dump(mode="json", exclude={"as_of", "delivery"})
        text = json.dumps(decisive, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def load_settings(path: Path) -> Settings:
    """Settings of one retailer; every mistake is listed in one SettingsError."""
    return validated(Settings, read_yaml(path), path.name)
