"""Make the tables of analysis again from stored runs, and compare them cell by cell.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/published_again.py
It makes every table in docs/measured/*/analysis that code makes from what lies beside it, and
prints one line for each with the largest difference; exit status 1 where one is not the same.
Tables whose inputs are not published are named with the input that they lack.

Another processor or another NumPy may round differently, and an optimiser passes that on. Whether
it was the code that changed, two checkouts on one machine tell: in the one,
``published_again.py --write FOLDER``, in the other ``published_again.py --against FOLDER``. That
compares all tables of all analyses, also those of which nothing is published.
``--studies results`` takes finished studies of one's own instead, with all their inputs.

``--publish`` judges the published runs anew: it puts the tables that the ledger of claims reads in
the place of those that were published. What can be made of no published input (means by layer,
distances of twins) stays as it is, and what verdicts say of new images goes. `make judge-again`
does so and writes docs/claims.md.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biasinit.analyses.contract import AnalysedStudy, Analysis
from biasinit.analyses.index import all_analyses
from biasinit.analyses.keys import plan_keys
from biasinit.reporting.claims.overview import LEDGER_TABLES
from biasinit.runs.tables import TRAINED_TABLES
from biasinit.study.claims import level_questions, read_claims
from biasinit.study.plan import read_registration
from biasinit.study.reading import parse_study
from biasinit.study.retired import without_retired
from biasinit.tables import read_table, write_table

REPOSITORY = Path(__file__).parents[2]
MEASURED = REPOSITORY / "docs" / "measured"
TOLERANCE = 1e-12  # absolute below 1, relative above

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class StudyFolder:
    """A study that was run: its plan, its tables of runs, and where its analysis is."""

    analysed: AnalysedStudy
    inputs: Tables
    folder: Path

    @classmethod
    def of(cls, folder: Path) -> "StudyFolder":
        """Return the study in a folder, with the inputs that lie there."""
        study = parse_study(without_retired(read_registration(folder).plan["plan"]["study"]))
        files = {table.name: folder / table.path for table in TRAINED_TABLES}
        inputs = {name: read_table(path) for name, path in files.items() if path.exists()}
        claims = read_claims(REPOSITORY / "claims.yaml")
        analysed = AnalysedStudy(
            plan=plan_keys(study, level_questions(claims, study.study)),
            run_columns=frozenset(inputs["runs"].columns),
            compares_pairs=any(item.compares_pairs for item in study.architectures),
            learning_rates=len(study.learning_rates),
        )
        return cls(analysed=analysed, inputs=inputs, folder=folder)

    @property
    def analyses(self) -> list[Analysis]:
        """The analyses that the study has, whatever is left of their inputs."""
        return [item for item in all_analyses() if item.applies(self.analysed)]

    def stored(self) -> dict[str, pd.DataFrame]:
        """Return the tables of its analysis."""
        return read_tables(self.folder / "analysis", without=set(self.inputs))

    def tables_again(self, wanted: set[str] | None = None) -> dict[str, pd.DataFrame]:
        """Return the tables of all analyses whose inputs are there; of ``wanted``, as few as do."""
        asked = set(self.analyses_behind(wanted)) if wanted else None
        tables = dict(self.inputs)
        for analysis in self.analyses:
            if set(analysis.reads) <= set(tables) and (asked is None or analysis.name in asked):
                names = [*analysis.reads, *analysis.reads_if_there]
                read = {name: tables[name] for name in names if name in tables}
                made = analysis.run(read, analysis.keys(self.analysed.plan))
                tables |= {table.name: table.checked(made[table.name]) for table in analysis.makes}
        return {name: table for name, table in tables.items() if name not in self.inputs}

    def analyses_behind(self, wanted: set[str]) -> Iterator[str]:
        """Yield the analyses that make some tables, and those whose tables they read."""
        for analysis in reversed(self.analyses):
            if wanted & {table.name for table in analysis.makes}:
                yield analysis.name
                wanted = wanted | {*analysis.reads, *analysis.reads_if_there}

    def lacks(self, table: str) -> list[str]:
        """Return the inputs of a table that do not lie in the folder, where the study had them."""
        kept = {item.name for item in TRAINED_TABLES} - set(self.inputs)
        names = [
            name
            for analysis in self.analyses
            if table in {item.name for item in analysis.makes}
            for name in (*analysis.reads, *analysis.reads_if_there)
        ]
        return [name for name in names if name in kept]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, write and compare tables as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=Path, default=MEASURED, help="folder of studies")
    parser.add_argument("--only", nargs="+", default=[], help="names of studies")
    parser.add_argument("--write", type=Path, help="folder for all tables that can be made")
    parser.add_argument("--against", type=Path, help="folder that another checkout has written")
    parser.add_argument("--publish", action="store_true", help="replace what is published")
    options = parser.parse_args(arguments)
    folders = sorted(path.parent for path in options.studies.glob("*/plan.json"))
    differ: list[bool] = []
    for folder in [path for path in folders if path.name in options.only or not options.only]:
        study = StudyFolder.of(folder)
        if options.publish:
            publish_again(study)
            continue
        if options.write:
            write_tables(study.tables_again(), options.write / folder.name)
            continue
        if options.against:
            stored = read_tables(options.against / folder.name, without=set())
            found = compared_with_same_inputs(study.tables_again(), stored)
        else:
            found = compared_with_published(study)
        for comparison in found:
            print(f"{folder.name}/{comparison}", flush=True)
            differ.append(comparison.differs)
    written = options.write or options.publish
    if not differ and not written:
        print(f"There is no study to compare in {options.studies}.")
    return int(any(differ) or not (differ or written))


def publish_again(study: StudyFolder) -> None:
    """Put the ledger's tables that can be made again in place of the published ones.

    The plan stays: it is what was registered, whatever keys studies have today.
    """
    made = study.tables_again(set(LEDGER_TABLES))
    kept = {name: table for name, table in made.items() if name in LEDGER_TABLES}
    for name, table in kept.items():
        write_table(table, study.folder / LEDGER_TABLES[name])
    print(f"{study.folder.name}: judged anew: {', '.join(sorted(kept))}", flush=True)


def write_tables(tables: Tables, folder: Path) -> None:
    """Write each table into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")
    print(f"{folder}: {len(tables)} tables written", flush=True)


def read_tables(folder: Path, *, without: set[str]) -> dict[str, pd.DataFrame]:
    """Return the tables in a folder."""
    files = sorted(path for path in folder.glob("*.parquet") if path.stem not in without)
    return {path.stem: read_table(path) for path in files}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One table beside its yardstick; its text is the line that is printed."""

    table: str
    differs: bool
    finding: str

    @classmethod
    def of(cls, table: str, stored: pd.DataFrame, made: pd.DataFrame) -> "Comparison":
        """Return what ``difference`` finds."""
        differs, finding = difference(stored, made)
        return cls(table=table, differs=differs, finding=finding)

    def __str__(self) -> str:
        return f"{self.table}: {'DIFFERS, ' if self.differs else ''}{self.finding}"


def compared_with_same_inputs(made: Tables, stored: Tables) -> Iterator[Comparison]:
    """Yield the comparison of each table with what other code made of the same inputs."""
    for name in sorted({*made, *stored}):
        if name in made and name in stored:
            yield Comparison.of(name, stored[name], made[name])
        else:
            which = "this" if name in made else "the other"
            yield Comparison(table=name, differs=True, finding=f"made by {which} code only")


def compared_with_published(study: StudyFolder) -> Iterator[Comparison]:
    """Yield the comparison of each published table, or which input of it is not published."""
    stored = study.stored()
    made = study.tables_again(set(stored))
    for name, table in stored.items():
        lacking = " and ".join(f"{part}.parquet" for part in study.lacks(name))
        if lacking and name == "verdicts":
            found = Comparison.of(name, without_new_images(table), without_new_images(made[name]))
            note = f"; without what it says of new images: rests on {lacking}, not published"
            yield replace(found, finding=found.finding + note)
        elif lacking:
            finding = f"not made again: rests on {lacking}, not published"
            yield Comparison(table=name, differs=False, finding=finding)
        elif name in made:
            yield Comparison.of(name, table, made[name])
        else:
            yield Comparison(table=name, differs=True, finding="no analysis makes it")


def without_new_images(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts without what rests on the predictions of each test image."""
    kept = verdicts.drop(columns=["new_test_set_lower", "new_test_set_upper"])
    said = r",? on this test set(?: and on new images)?"
    return kept.assign(headline=kept["headline"].str.replace(said, "", regex=True))


def difference(stored: pd.DataFrame, made: pd.DataFrame) -> tuple[bool, str]:
    """Return whether two tables differ by more than the tolerance, and what is to be said."""
    made = as_stored(made)
    if list(stored.columns) != list(made.columns):
        changed = sorted(set(stored.columns) ^ set(made.columns))
        return True, f"columns are others: {', '.join(changed) or 'another order'}"
    if len(stored) != len(made):
        return True, f"{len(made)} rows instead of {len(stored)}"
    largest, where = 0.0, ""
    for name in stored.columns:
        if stored[name].dtype != made[name].dtype:
            return True, f"{name} holds {made[name].dtype} instead of {stored[name].dtype}"
        gaps = column_gaps(stored[name], made[name])
        if gaps.max(initial=0.0) > largest:
            row, largest = int(gaps.argmax()), float(gaps.max())
            where = f" ({name}, row {row}: {stored[name][row]!r} became {made[name][row]!r})"
    size = f"{len(stored)} rows, {len(stored.columns)} columns"
    return largest > TOLERANCE, f"{size}, largest difference {largest:.1e}{where}"


def as_stored(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it comes back from a file, with the types that files have."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return pd.read_parquet(buffer)


def column_gaps(stored: "pd.Series[Any]", made: "pd.Series[Any]") -> np.ndarray:
    """Return the difference of each cell, relative for numbers above 1, infinite for texts."""
    empty, now_empty = stored.isna().to_numpy(), made.isna().to_numpy()
    gaps = np.where(empty == now_empty, 0.0, np.inf)
    both = ~(empty | now_empty)
    before, now = stored[both].to_numpy(), made[both].to_numpy()
    if pd.api.types.is_float_dtype(stored):
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            relative = np.abs(now - before) / np.maximum(1.0, np.abs(before))
        gaps[both] = np.where(before == now, 0.0, np.nan_to_num(relative, nan=np.inf))
    else:
        gaps[both] = np.where(before == now, 0.0, np.inf)
    return gaps


if __name__ == "__main__":
    sys.exit(main())
