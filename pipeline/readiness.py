"""Whether a retailer's settings and format files can be obeyed at all, asked before a night reads anything.

Whether the landing files can be read is asked by `huitou check`; what a night then finds in them, by the night.
"""

from dataclasses import dataclass

from pipeline.delivery_checks import check_deliveries
from pipeline.formats.library import FormatLibrary, load_library
from pipeline.kpis.definitions import check_names
from pipeline.scores.own_profiles import own_rules
from pipeline.segments.library import segments_of
from pipeline.settings import Settings, load_settings
from pipeline.tags.library import tags_of
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Readiness:
    """Settings that hold together, and the formats that their sources name."""

    settings: Settings
    library: FormatLibrary
    segment_count: int


def readiness_of(workspace: Workspace) -> Readiness:
    """Settings, formats, conditions of segments, tags and stages, segments that are counted, tables of deliveries.

    Raises SettingsError for the first that is wrong.
    """
    settings = load_settings(workspace.settings_file)
    library = load_library(workspace.own_formats)
    for source in settings.sources:
        library.get(source)
    tags_of(settings)
    own_rules(settings.lifecycle)
    check_deliveries(settings.delivery)
    segments = [segment.name for segment in segments_of(settings)]
    check_names(settings, segments)
    return Readiness(settings, library, len(segments))
