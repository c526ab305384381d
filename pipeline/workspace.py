"""The folders of one retailer: where everything lies, and who may read it.

Reading or writing tables does not belong here; see `pipeline.lake`.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SettingsError

FOLDERS = ("landing", "formats", "spool", "parts", "state", "snapshots", "exports", "reports", ".dagster")
KEY_BYTES = 32
WALKED = 0o011
"""Others may walk through reports/ to folders of stores that settings open to them (`pipeline.reports.stores`)."""


@dataclass(frozen=True)
class Workspace:
    """Paths below one root. Folders are 0700, files 0600, the root 0711, the warehouse 0444."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """settings.yaml."""
        return self.root / "settings.yaml"

    @property
    def landing(self) -> Path:
        """Exports as dropped; only ever read."""
        return self.root / "landing"

    @property
    def own_formats(self) -> Path:
        """The retailer's own format files."""
        return self.root / "formats"

    @property
    def own_destinations(self) -> Path:
        """The retailer's own destinations of lists."""
        return self.root / "destinations"

    @property
    def spool(self) -> Path:
        """Immutable copies of landing files, named by content hash."""
        return self.root / "spool"

    @property
    def parts(self) -> Path:
        """What the readers made of each spooled file; may be deleted at any time."""
        return self.root / "parts"

    @property
    def state(self) -> Path:
        """The key, the run lock, the spool index."""
        return self.root / "state"

    @property
    def snapshots(self) -> Path:
        """One folder per night that was built, and CURRENT."""
        return self.root / "snapshots"

    @property
    def warehouse(self) -> Path:
        """The published DuckDB file."""
        return self.root / "warehouse.duckdb"

    @property
    def exports(self) -> Path:
        """Lists by as_of date."""
        return self.root / "exports"

    @property
    def reports(self) -> Path:
        """Morning reports by as_of date."""
        return self.root / "reports"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage: disposable."""
        return self.root / ".dagster"

    def create(self) -> None:
        """Make the missing folders with their permissions."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)
        for name in FOLDERS:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
            passage = (self.root / name).stat().st_mode & WALKED if name == "reports" else 0
            (self.root / name).chmod(0o700 | passage)

    def secret(self) -> bytes:
        """The key of all keyed hashes; made once. Without a backup of it profile keys change."""
        path = self.state / "key"
        if not path.exists():
            self.write_secret(secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise SettingsError(f"must hold {KEY_BYTES} bytes", where="state/key", remedy="Restore it from backup.")
        return key

    def write_secret(self, key: bytes) -> None:
        """Write the key for its owner's eyes only; refuses to replace another one."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.state / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
