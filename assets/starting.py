"""How a workspace begins: empty with a commented settings file, or filled with the sample retailer."""

from datetime import date

from pipeline.errors import SettingsError
from pipeline.samples.people import counted_people
from pipeline.samples.sample_settings import MARKER
from pipeline.samples.write import DEFAULT_UNTIL, write_sample
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

SETTINGS_TEMPLATE = """\
# Settings of one retailer. Everything that is left out has a default; docs/settings.md lists all of it.
retailer: 我的店铺
locale: zh-CN              # language of labels and reports: zh-CN | en
timezone: Asia/Shanghai    # days and nights are counted here
currency: CNY              # money is published in this currency
# as_of: 2026-10-31        # fix the last day included; default: yesterday

# One entry per kind of export. Drop the files below landing/ at the given path.
sources:
  # - {name: pos,     kind: orders,  format: pos,     path: "pos/*.csv"}
  # - {name: tmall,   kind: orders,  format: tmall,   path: "tmall/*"}      # order, item and refund reports together
  # - {name: jd,      kind: orders,  format: jd,      path: "jd/*.csv"}
  # - {name: club,    kind: members, format: members, path: "members/*.xlsx"}
  # - {name: web_shop, kind: orders, format: my_shop, path: "web/*.csv"}    # own format: formats/my_shop.yaml

# Groups of customers by a condition over the columns of the table customers.
segments:
  # - {name: gone_quiet, where: "recency_days >= 60 and order_count >= 3", label: 沉默老客}
"""


def start_workspace(workspace: Workspace) -> list[str]:
    """Make the folders and a commented settings.yaml; an existing one is never touched."""
    if workspace.settings_file.exists():
        raise SettingsError(
            "exists already and stays as it is", where=str(workspace.settings_file), remedy="Edit it, or move it away."
        )
    workspace.create()
    workspace.secret()
    workspace.settings_file.write_text(SETTINGS_TEMPLATE, encoding="utf-8")
    workspace.settings_file.chmod(0o600)
    return [
        f"Wrote {workspace.settings_file} and the folders beside it.",
        "Next: drop exports below landing/, name them under sources, then `huitou check` and `huitou run`.",
        "Back up state/key: without it customers get new profile keys.",
    ]


def write_demo(workspace: Workspace, customers: int, seed: int, days: int, until: date | None) -> list[str]:
    """Fill the workspace with the sample retailer; refuses one whose settings the demo did not write."""
    settings = workspace.settings_file
    if settings.exists() and not settings.read_text(encoding="utf-8").startswith(MARKER):
        raise SettingsError(
            "this workspace has settings of its own", where=str(settings), remedy="Choose another --workspace."
        )
    workspace.create()
    summary = write_sample(workspace.root, customers=customers, seed=seed, days=days, until=until or DEFAULT_UNTIL)
    return [
        (
            f"{summary.files:,} exports of a retailer who sold {summary.orders:,} orders to {summary.customers:,}"
            f" people up to {summary.until}, with the truth in {workspace.root / 'truth'}"
        )
    ]


def people_lines(workspace: Workspace, people: int) -> list[str]:
    """Why the published night of a demo has not as many customers as the sample has people; nothing without a night."""
    snapshot = SnapshotStore(workspace.snapshots).current()
    if snapshot is None:
        return []
    profiles, keys = (snapshot.table(name).read() for name in ("customer_profiles", "profile_keys"))
    return ["", *counted_people(people, workspace.root / "truth", profiles, keys).lines()]
