"""The way into PostgreSQL: the connection string of the environment, one transaction, and errors in our own words.

Texts of the driver are never shown: a connection string that cannot be parsed is quoted in them whole, password and
all, and errors of the server quote rows. What is done inside the transaction belongs to `pipeline.deliver.postgres`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import adbc_driver_postgresql.dbapi as driver
from adbc_driver_manager.dbapi import Connection

from pipeline.delivery_settings import PostgresSettings
from pipeline.errors import DeliveryError

WHERE = "PostgreSQL"
SCHEMES = ("postgresql", "postgres")
UNREACHED: tuple[tuple[str, str, bool], ...] = (
    (r"password authentication failed|role .* does not exist|no password supplied",
     "the server refused user or password", False),
    (r"database .* does not exist", "the server has no such database", False),
    (r"no pg_hba\.conf entry", "the server lets nobody in from this machine", False),
    (r"too many (clients|connections)|connection slots", "the server takes no more connections", True),
    (r"starting up|shutting down|recovery mode", "the server is starting or stopping", True),
    (r"SSL|certificate", "no encrypted connection could be made as the connection string wants it", False),
    (r"connection to server|could not translate host name|timeout expired",
     "the server cannot be reached", True),
)  # fmt: skip
"""What a refused connection says, what is told of it, and whether it may pass."""
STATES: dict[str, tuple[str, bool]] = {
    "22021": ("a text holds a character that the database cannot keep; its encoding should be UTF8", False),
    "25006": ("the server is read-only: a standby, or a full disk", False),
    "2BP01": ("views depend on columns that the tables no longer have; drop those views", False),
    "40001": ("another transaction was in the way", True),
    "40P01": ("another transaction was in the way", True),
    "42501": ("the user may not do that in the database; see docs/how-to-postgres.md for the rights it needs", False),
    "53100": ("the disk of the server is full", False),
    "53300": ("the server takes no more connections", True),
    "55P03": ("somebody else held a lock on the tables for longer than delivery.postgres.lock_timeout_seconds", False),
    "57014": ("it took longer than delivery.postgres.statement_timeout_seconds", False),
    "57P01": ("the server was stopped on the way", True),
    "57P02": ("the server was stopped on the way", True),
    "57P03": ("the server is starting or stopping", True),
}
"""What an SQLSTATE means here, and whether it may pass."""


class PassingError(DeliveryError):
    """What may be gone in a moment."""


def connection_string(settings: PostgresSettings) -> str:
    """The connection string of the environment. Raises DeliveryError, without quoting it, where it is none."""
    text = os.environ.get(settings.url_variable, "").strip()
    if not text:
        raise DeliveryError(
            f"the environment variable {settings.url_variable} is not set",
            where=WHERE,
            remedy="Set it to postgresql://user:password@host:5432/database, or take delivery.postgres out.",
        )
    try:
        is_url = urlsplit(text).scheme in SCHEMES
    except ValueError:
        is_url = False
    if not is_url:
        raise DeliveryError(
            f"{settings.url_variable} holds no connection string",
            where=WHERE,
            remedy="Write postgresql://user:password@host:5432/database; escape @ : / % # in the password as %40 …",
        )
    return text


@contextmanager
def transaction(settings: PostgresSettings, *, autocommit: bool = False) -> Iterator[Connection]:
    """A connection with one transaction, which counts when the block ends well and leaves no trace when it does not.

    Raises DeliveryError, and PassingError for what another try may not meet.
    """
    url = connection_string(settings)
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(settings.connect_timeout_seconds))
    os.environ.setdefault("PGAPPNAME", "huitou")
    try:
        connection = driver.connect(url, autocommit=autocommit)
    except driver.Error as error:
        raise _unreached(error, settings) from None  # its text may hold the password
    try:
        with connection:
            yield connection
            if not autocommit:
                connection.commit()
    except driver.Error as error:
        raise _failed(error) from None  # its text may hold rows


def _unreached(error: driver.Error, settings: PostgresSettings) -> DeliveryError:
    found = next(((told, passes) for sign, told, passes in UNREACHED if re.search(sign, str(error))), None)
    told, passes = found or (f"{settings.url_variable} cannot be used", False)
    kind = PassingError if passes else DeliveryError
    return kind(told, where=WHERE, remedy=f"Check the server and {settings.url_variable}; the next run tries again.")


def _failed(error: driver.Error) -> DeliveryError:
    state = error.sqlstate or ""
    told, passes = STATES.get(state, (f"the server refused with SQLSTATE {state}", False))
    if not state:
        told, passes = "the connection broke", True
    kind = PassingError if passes else DeliveryError
    return kind(told, where=WHERE, remedy="The tables of the night before stay; the next run tries again.")
