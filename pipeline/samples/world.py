"""Everything the writers of the sample's exports share; nothing is drawn or written here."""

from dataclasses import dataclass

from pipeline.samples.campaigns import Campaigns
from pipeline.samples.catalogue import Catalogue
from pipeline.samples.days import Calendar
from pipeline.samples.output import Output
from pipeline.samples.population import Population
from pipeline.samples.traps import Traps
from pipeline.samples.truth import Truth


@dataclass(frozen=True)
class World:
    """One sample retailer and where it is written."""

    seed: int
    calendar: Calendar
    catalogue: Catalogue
    population: Population
    campaigns: Campaigns
    traps: Traps
    landing: Output
    truth: Truth
    in_workbooks: bool
    """Whether the sample is small enough for .xlsx where the platform gives one."""
