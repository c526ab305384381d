"""Precision and recall of the persons of a finished night against a truth, for everybody and by trap class.

    python benchmarks/identity_truth.py WORKSPACE TRUTH

TRUTH is a folder with persons.csv (source, profile_key, person_id) and perhaps classes, traps.csv (person_id, trap),
as `huitou demo` writes it below `truth/`; profile keys are made with the key of the workspace. Rows come as a table for
docs/identity.md: pairs after transitive closure, then B-cubed, and how many profiles the class has. The last rows are
the oracles of `identity_oracle`: what the same evidence allows.
"""

import argparse
from pathlib import Path

import polars as pl
from identity_oracle import with_oracle, with_oracle_of_blocks

from pipeline.identity.agreement import Agreement, agreement, by_class
from pipeline.settings import load_settings
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

PROFILE = ["source", "profile_key"]
EVIDENCE = ("profile_keys", "key_guards", "key_lives", "receiver_contacts", "profile_features", "scored_pairs")
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
    judged_ones = found.join(persons, on=PROFILE)
    tables = {name: snapshot.table(name) for name in EVIDENCE}
    most = load_settings(Workspace(workspace).settings_file).identity.likeness.max_block_profiles
    known = judged_ones.drop("found")
    best = {
        "oracle": agreement(with_oracle(tables, known)),
        "oracle of all blocks": agreement(with_oracle_of_blocks(tables, known, most)),
    }
    return by_class(judged_ones, told) | best


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
