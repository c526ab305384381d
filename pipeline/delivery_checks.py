"""Whether deliveries can be obeyed as they are written, asked before a night and without any network.

Whether a database or a bucket lets us in is found out by the delivery itself.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.delivery_settings import DeliverySettings
from pipeline.errors import SettingsError
from pipeline.schemas.catalog import published_tables

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Any of them tells where credentials are; a file in ~/.aws or the role of the machine may, too."""


def check_deliveries(settings: DeliverySettings) -> None:
    """Raises SettingsError for tables that are not published, naming the nearest that is."""
    known = [spec.name for spec in published_tables()]
    wrong = [name for name in (settings.postgres.tables if settings.postgres else ()) if name not in known]
    if wrong:
        raise SettingsError(
            "no published table is called " + ", ".join(_with_nearest(name, known) for name in wrong),
            where="settings.yaml, delivery.postgres.tables",
            remedy="docs/data-dictionary.md lists them.",
        )


def _with_nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} (did you mean {near[0]}?)" if near else name


def missing_variables(
    settings: DeliverySettings, environment: Mapping[str, str] = os.environ, home: Path | None = None
) -> Iterator[str]:
    """What deliveries want from the environment and it does not have, in sentences: here, that is; a night may."""
    if settings.postgres is not None and not environment.get(settings.postgres.url_variable, "").strip():
        yield f"delivery.postgres: the environment variable {settings.postgres.url_variable} is not set here"
    files = (home or Path.home()) / ".aws"
    has_credentials = any(environment.get(name) for name in CREDENTIALS) or (files / "credentials").exists()
    if settings.s3 is not None and not has_credentials:
        yield (
            "delivery.s3: no credentials are set here (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE); "
            "only the role of a cloud machine could give them"
        )
