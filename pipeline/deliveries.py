"""Where a published night goes beside this machine: each destination of the settings, tried on its own.

A delivery that fails leaves the night published and the others alone, and is tried again by the next run, new files or
none. What a destination does belongs to `pipeline.deliver`; the summary by mail and chat to
`pipeline.deliver.summaries`. The libraries of a destination are imported by those who deliver to it: a second each.
"""

import logging
from collections.abc import Callable, Iterable, Mapping

from pipeline.deliver.outgoing import outgoing
from pipeline.erasure.tombstones import read_tombstones
from pipeline.errors import DeliveryError, HuitouError
from pipeline.measuring import timed
from pipeline.night import Night
from pipeline.replay import is_replay
from pipeline.schemas.catalog import published_tables
from pipeline.snapshots import Snapshot

log = logging.getLogger("huitou.publish")


def deliver_to_postgres(night: Night, snapshot: Snapshot) -> str | None:
    """Put the tables of the settings into PostgreSQL; None where no database is named."""
    settings = night.settings.delivery.postgres
    if settings is None:
        return None
    from pipeline.deliver import postgres  # noqa: PLC0415

    tables = outgoing(snapshot, postgres.tables_of(settings), night.settings.locale)
    with timed("postgres"):
        return postgres.deliver(tables, settings)


def deliver_to_object_storage(night: Night, snapshot: Snapshot) -> str | None:
    """Put the published tables, and the lists if asked for, into the bucket; None where none is named."""
    settings = night.settings.delivery.s3
    if settings is None:
        return None
    from pipeline.deliver import object_storage  # noqa: PLC0415

    tables = outgoing(snapshot, [spec.name for spec in published_tables()], night.settings.locale)
    erasures = read_tombstones(night.workspace.state, night.secret)
    lists = night.workspace.exports / snapshot.as_of.isoformat() if settings.include_lists else None
    with timed("object storage"):
        return object_storage.deliver(tables, settings, lists, erasures.fingerprint())


Deliver = Callable[[Night, Snapshot], str | None]
DELIVERIES: Mapping[str, Deliver] = {"postgres": deliver_to_postgres, "s3": deliver_to_object_storage}
"""By the key of the settings."""


def deliver_to(name: str, night: Night, snapshot: Snapshot) -> str | None:
    """One delivery; None where it is not in the settings, or where nights are only repeated (`huitou rebuild`)."""
    if is_replay(night.workspace):
        return None
    try:
        told = DELIVERIES[name](night, snapshot)
    except DeliveryError as error:  # its kinds (may it pass?) mean nothing out here
        raise DeliveryError(error.what, where=error.where, remedy=error.remedy) from None
    if told is not None:
        log.info("%s", told)
    return told


def deliver_night(night: Night, snapshot: Snapshot) -> list[str]:
    """Every delivery of the settings; what was done, in sentences.

    Raises one DeliveryError for all that failed, after all were tried.
    """
    done: list[str] = []
    failed: list[str] = []
    for name in DELIVERIES:
        try:
            told = deliver_to(name, night, snapshot)
        except DeliveryError as error:
            failed.append(str(error))
        else:
            done += [told] if told else []
    if failed:
        raise undelivered(failed)
    return done


def undelivered(failures: Iterable[str]) -> DeliveryError:
    """What failed, in one error that says first that the night itself is out."""
    return DeliveryError("the night is published, and not everywhere yet. " + " ".join(failures))


def headline(what: str, failure: HuitouError) -> str:
    """The line of an alert: a night that only did not reach a destination is published."""
    became = "was not delivered" if isinstance(failure, DeliveryError) else "was not published"
    return f"Huitou: {what} {became}. {failure}"
