"""Folders of stores: a safe name for every store id, and who besides the owner may open them.

What lies in them belongs to `stores`. Store ids are free text and may say anything, `../` too.
"""

import grp
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import HuitouError, SettingsError
from pipeline.report_settings import PLACE, ReportSettings

PLAIN = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,39}")
RESERVED = re.compile(r"CON|PRN|AUX|NUL|(COM|LPT)[0-9]")
"""Names of devices that no folder on a shared drive may bear (Microsoft, Naming Files, Paths, and Namespaces)."""
UNSAFE = re.compile(r"[^\w-]+")
LONGEST = 24
HASHED = 12
CLOSED, WALKED, OPEN = 0o700, 0o711, 0o750
FILE_CLOSED, FILE_OPEN = 0o600, 0o640


def folder_name(store_id: str) -> str:
    """The folder of a store: the id itself where it is short capital letters and digits, else what is safe of it with
    a hash of the whole.

    It depends on nothing but the id: no store's folder is renamed, or tells of another store, because one opens. Names
    differ in more than case, for drives that take `s1` and `S1` for one.
    """
    if PLAIN.fullmatch(store_id) and not RESERVED.fullmatch(store_id):
        return store_id
    digest = hashlib.sha256(store_id.encode("utf-8", "surrogatepass")).hexdigest()[:HASHED]
    plain = UNSAFE.sub("_", unicodedata.normalize("NFKC", store_id)).strip("_-")[:LONGEST]
    return f"{plain or 'store'}-{digest}".lower()


def folder_names(store_ids: Iterable[str]) -> dict[str, str]:
    """The folder of each store. Raises HuitouError where two would share one."""
    names: dict[str, str] = {}
    for store_id in store_ids:
        name = folder_name(store_id)
        if name.lower() in {taken.lower() for taken in names.values()}:
            raise HuitouError(
                f"two stores would share the folder {name}",
                where="reports.stores",
                remedy="Name the stores that get a page, and leave out one of the two.",
            )
        names[store_id] = name
    return names


def group_of(store_id: str, settings: ReportSettings) -> str:
    """The group that may read the folder of a store; empty: nobody but the owner."""
    return settings.store_groups.get(store_id) or settings.store_group.replace(PLACE, folder_name(store_id))


def check_groups(settings: ReportSettings) -> None:
    """Raise SettingsError for a group that does not exist, or to which this user may not give a file.

    With `stores: all` the stores behind `store_group` are not known yet; the night warns of them.
    """
    if settings.stores == "none":
        return
    stores = set(settings.store_groups) | (set() if settings.stores == "all" else set(settings.stores))
    for store_id in sorted(stores):
        name = group_of(store_id, settings)
        if name:
            group_id(name, f"reports, store {store_id}")


def group_id(name: str, where: str) -> int:
    """The number of a group to which this user may give files. Raises SettingsError."""
    try:
        number = grp.getgrnam(name).gr_gid
    except KeyError:
        raise SettingsError(
            f"there is no group {name!r} on this machine",
            where=where,
            remedy=f"Create it (groupadd {name}), or name another under reports.store_group or store_groups.",
        ) from None
    if os.geteuid() != 0 and number not in {os.getegid(), *os.getgroups()}:
        raise SettingsError(
            f"this user is not in the group {name!r} and may not give files to it",
            where=where,
            remedy=f"Add the user to it (usermod -aG {name} USER) and log in again.",
        )
    return number


@dataclass(frozen=True)
class Access:
    """Who may open the folder of a store."""

    folder: Path
    group: int | None

    def entries(self) -> Iterator[tuple[Path, int]]:
        """The folder and its files, with the mode that each shall have; files first."""
        shared = self.group is not None
        for path in sorted(self.folder.iterdir()):
            yield path, FILE_OPEN if shared else FILE_CLOSED
        yield self.folder, OPEN if shared else CLOSED


def grant(access: Iterable[Access], walked: Iterable[Path], *, is_shared: bool) -> None:
    """Give folders and files their modes and groups; `walked` are the folders above, which nobody else may list."""
    for each in access:
        for path, mode in each.entries():
            if each.group is not None:
                os.chown(path, -1, each.group)
            path.chmod(mode)
    for folder in walked:
        folder.chmod(WALKED if is_shared else CLOSED)


def is_granted(access: Iterable[Access], walked: Iterable[Path], *, is_shared: bool) -> bool:
    """Whether all modes and groups are as `grant` gives them."""
    above = WALKED if is_shared else CLOSED
    if any(_mode(folder.stat()) != above for folder in walked):
        return False
    told = ((path.stat(), mode, each.group) for each in access for path, mode in each.entries())
    return all(_mode(seen) == mode and (group is None or seen.st_gid == group) for seen, mode, group in told)


def _mode(seen: os.stat_result) -> int:
    return stat.S_IMODE(seen.st_mode)


def usable_groups(wanted: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """The number of the group of each store that has one, and what is wrong with the others."""
    found: dict[str, int] = {}
    wrong: list[str] = []
    for store_id, name in sorted(wanted.items()):
        try:
            if name:
                found[store_id] = group_id(name, f"reports, store {store_id}")
        except SettingsError as error:
            wrong.append(f"{error} Until then its folder is closed.")
    return found, wrong
