"""Precision and recall of the persons of a finished night against a truth, for everybody and by trap class.

    python benchmarks/identity_truth.py WORKSPACE TRUTH

TRUTH is a folder with persons.csv (source, profile_key, person_id) and perhaps classes, traps.csv (person_id, trap),
as `huitou demo` writes it below `truth/`; profile keys are made with the key of the workspace. Rows come as a table for
docs/identity.md: pairs after transitive closure, then B-cubed, and how many profiles the class has.
"""

import argparse
from pathlib import Path

import polars as pl

from pipeline.identity.agreement import Agreement, by_class
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

PROFILE = ["source", "profile_key"]
NO_CLASSES = pl.DataFrame(schema={"person": pl.String, "trap": pl.String})


def judged(workspace: Path, truth: Path) -> dict[str, Agreement]:
    """The agreement of everybody and of every class; profiles without a truth are left out."""
    snapshot = SnapshotStore(Workspace(workspace).snapshots).current()
    if snapshot is None:
        raise SystemExit(f"{workspace} has no finished night")
    found = snapshot.table("customer_profiles").scan().select(*PROFILE, found="customer_id").collect()
    persons = pl.read_csv(truth / "persons.csv", infer_schema=False).rename({"person_id": "person"})
    classes = truth / "traps.csv"
    told = pl.read_csv(classes, infer_schema=False).rename({"person_id": "person"}) if classes.exists() else NO_CLASSES
    return by_class(found.join(persons, on=PROFILE), told)


def row(name: str, result: Agreement) -> str:
    """One line of a Markdown table; a dash where there is nothing to divide by."""
    figures = (result.pair_precision, result.pair_recall, result.pair_f1, result.cubed_f1)
    cells = ["–" if figure is None else f"{figure:.4f}" for figure in figures]
    return f"| {name} | {' | '.join(cells)} | {result.records:,} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("truth", type=Path)
    options = parser.parse_args()
    print("| class | precision | recall | F1 | B³ F1 | profiles |\n| --- | --- | --- | --- | --- | --- |")
    for name, result in judged(options.workspace, options.truth).items():
        print(row(name, result))


if __name__ == "__main__":
    main()
