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
"""

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.judging.level_contrasts import LevelQuestion, compare_levels
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.layers.layer_summary import summarise_layers
from biasinit.statistics.layers.twins import summarise_twins
from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.trust.calibration import calibrate
from biasinit.statistics.trust.controls import check_controls
from biasinit.statistics.trust.sensitivity import sensitivity
from biasinit.study.claims import level_questions, read_claims
from biasinit.tables import read_table, write_table

REPOSITORY = Path(__file__).parents[2]
MEASURED = REPOSITORY / "docs" / "measured"
TOLERANCE = 1e-12  # absolute below 1, relative above
CALIBRATION_FLIPS = 2_000  # as many as the workflow lets a simulated table have

Tables = Mapping[str, pd.DataFrame]
Plan = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What an analysis makes: each table, with the inputs it has beside the runs.

    A table whose input is missing is made without it where the analysis allows that, but it is
    not the table that the study published.
    """

    makes: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]
    run: Callable[[Tables, Plan], dict[str, pd.DataFrame]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, write and compare tables as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=Path, default=MEASURED, help="folder of studies")
    parser.add_argument("--only", nargs="+", default=[], help="names of studies")
    parser.add_argument("--write", type=Path, help="folder for all tables that can be made")
    parser.add_argument("--against", type=Path, help="folder that another checkout has written")
    options = parser.parse_args(arguments)
    studies = sorted(path.parent for path in options.studies.glob("*/plan.json"))
    differ: list[bool] = []
    for folder in [path for path in studies if path.name in options.only or not options.only]:
        inputs, plan = read_inputs(folder), read_plan(folder / "plan.json")
        if options.write:
            write_tables(tables_again(inputs, plan), options.write / folder.name)
            continue
        if options.against:
            made = tables_again(inputs, plan)
            found = compared_with_same_inputs(made, read_tables(options.against / folder.name))
        else:
            stored = read_tables(folder / "analysis")
            made = tables_again(inputs, plan, wanted=set(stored))
            found = compared_with_published(made, stored, inputs)
        for comparison in found:
            print(f"{folder.name}/{comparison}", flush=True)
            differ.append(comparison.differs)
    if not differ and not options.write:
        print(f"There is no study to compare in {options.studies}.")
    return int(any(differ) or not (differ or options.write))


def read_inputs(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables that the study's folder has, and what its jobs predicted of layers."""
    files = [folder / f"{name}.parquet" for name in ("runs", "curves", "layers", "correct")]
    files.append(folder / "analysis" / "predictions.parquet")
    return {path.stem: read_table(path) for path in files if path.exists()}


def read_plan(path: Path) -> dict[str, Any]:
    """Return the choices that analyses take from the registered plan."""
    study = json.loads(path.read_text(encoding="utf-8"))["plan"]["study"]
    analysis = study["analysis"]
    assert not analysis["looks"], "further looks share alpha, which this script does not do"
    return {
        **analysis,
        "reference": study["reference"],
        "schemes": [scheme["name"] for scheme in study["schemes"]],
        "replicate": study["replicate"],
        "epochs": study["training"]["epochs"],
        "analysis_seed": study["study_seed"],
        "architectures": [item["name"] for item in study["architectures"]],
        "test_images": {item["name"]: item["test"] for item in study["datasets"]},
        "questions": level_questions(read_claims(REPOSITORY / "claims.yaml"), study["study"]),
    }


def tables_again(
    inputs: Tables, plan: Plan, *, wanted: set[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of all analyses whose inputs are there; of ``wanted``, as few as do."""
    asked = set(ANALYSES) if wanted is None else analyses_behind(wanted)
    tables = dict(inputs)
    for name, analysis in ANALYSES.items():
        if name in asked and set(analysis.needs) <= set(tables):
            tables |= analysis.run(tables, plan)
    return {name: table for name, table in tables.items() if name not in inputs}


def analyses_behind(wanted: set[str]) -> set[str]:
    """Return the analyses that make the tables wanted, and those that these read."""
    found: set[str] = set()
    left = set(wanted)
    while left:
        names = {name for name, analysis in ANALYSES.items() if left & set(analysis.makes)}
        left = {table for name in names - found for table in ANALYSES[name].needs}
        found |= names
    return found


def write_tables(tables: Tables, folder: Path) -> None:
    """Write each table into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")
    print(f"{folder}: {len(tables)} tables written", flush=True)


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables in a folder, those that are no analysis of runs left out."""
    files = sorted(path for path in folder.glob("*.parquet") if path.stem != "predictions")
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


def compared_with_published(made: Tables, stored: Tables, inputs: Tables) -> Iterator[Comparison]:
    """Yield the comparison of each published table, or which input of it is not published."""
    rests_on = {name: parts for item in ANALYSES.values() for name, parts in item.makes.items()}
    for name, table in stored.items():
        lacking = " and ".join(
            f"{part}.parquet" for part in rests_on.get(name, ()) if part not in inputs
        )
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
    return kept.assign(headline=kept["headline"].str.replace(" and on new images", ""))


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


# What each analysis takes from the plan, and the tables it gives.
ORDER = ("reference", "schemes")
FLIPS = ("alpha", "resamples", "analysis_seed")


def chosen(plan: Plan, *names: str) -> dict[str, Any]:
    """Return some keys of the plan."""
    return {name: plan[name] for name in names}


def accuracy(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the five tables of final accuracy."""
    found = analyse_accuracy(tables["runs"], **chosen(plan, *ORDER, *FLIPS, "margins"))
    names = ("means", "contrasts", "model", "residuals", "power")
    return {f"accuracy_{name}": getattr(found, name) for name in names}


def speed(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables of the time to threshold and of mean curves."""
    keys = (*ORDER, *FLIPS, "speed_margin", "epochs")
    found = analyse_speed(tables["runs"], tables.get("curves"), **chosen(plan, *keys))
    return {
        "speed_means": found.means,
        "speed_contrasts": found.contrasts,
        "curve_means": found.curve_means,
    }


def failure(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables of failed runs."""
    found = analyse_failure(tables["runs"], **chosen(plan, *ORDER, "alpha"))
    return {"failure_rates": found.rates, "failure_contrasts": found.contrasts}


def levels(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the contrasts between levels of factors that claims ask of the study."""
    questions = [LevelQuestion(**question) for question in plan["questions"]]
    if not questions:
        return {}
    keys = chosen(plan, *FLIPS, "margins")
    return {"level_contrasts": compare_levels(tables["runs"], questions=questions, **keys)}


def layers(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the means of what happens in layers."""
    predicted = tables.get("predictions")
    found = summarise_layers(tables["layers"], predictions=predicted, schemes=plan["schemes"])
    return {"layer_means": found}


def twins(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the distances between twins, where networks compare pairs."""
    if "asymmetry" not in tables["curves"]:
        return {}
    parts = (tables[name] for name in ("runs", "curves", "layers"))
    return {"twin_means": summarise_twins(*parts, **chosen(plan, "schemes", "architectures"))}


def controls(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the checks whose answer is known beforehand."""
    keys = chosen(plan, *ORDER, *FLIPS, "replicate", "margins", "test_images")
    found = check_controls(tables["runs"], tables.get("correct"), **keys)
    return {name: getattr(found, name) for name in ("identity", "replicate", "pairing")}


def verdicts(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the verdicts."""
    names = ("accuracy_contrasts", "speed_contrasts", "failure_rates", "failure_contrasts")
    found = judge_schemes(
        tables["runs"],
        correct=tables.get("correct"),
        **{name: tables[name] for name in names},
        **chosen(plan, *ORDER, "alpha", "analysis_seed", "test_images"),
    )
    return {"verdicts": found}


def specifications(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the contrasts under other choices."""
    keys = chosen(plan, *ORDER, *FLIPS, "thresholds", "epochs")
    return {"sensitivity": sensitivity(tables["runs"], tables.get("curves"), **keys)}


def tuned(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the contrasts at tuned learning rates, where the study sets seeds for tuning."""
    if not plan["tuning_seeds"]:
        return {}
    keys = chosen(plan, *ORDER, *FLIPS, "margins", "tuning_seeds")
    return {"tuned": tuned_contrasts(tables["runs"], **keys)}


def calibration(tables: Tables, plan: Plan) -> dict[str, pd.DataFrame]:
    """Return how often the analysis errs."""
    found = calibrate(
        tables["runs"],
        resamples=min(plan["resamples"], CALIBRATION_FLIPS),
        tables=plan["calibration_tables"],
        effect=min(plan["margins"].values()),
        **chosen(plan, *ORDER, "margins", "alpha", "analysis_seed"),
    )
    return {"calibration": found}


ANALYSES = {
    "accuracy": Analysis(
        makes=dict.fromkeys(
            [f"accuracy_{name}" for name in ("means", "contrasts", "model", "residuals", "power")],
            (),
        ),
        needs=("runs",),
        run=accuracy,
    ),
    "speed": Analysis(
        makes={"speed_means": (), "speed_contrasts": (), "curve_means": ("curves",)},
        needs=("runs",),
        run=speed,
    ),
    "failure": Analysis(
        makes={"failure_rates": (), "failure_contrasts": ()}, needs=("runs",), run=failure
    ),
    "levels": Analysis(makes={"level_contrasts": ()}, needs=("runs",), run=levels),
    "layers": Analysis(
        makes={"layer_means": ("layers", "predictions")}, needs=("layers",), run=layers
    ),
    "twins": Analysis(
        makes={"twin_means": ("curves", "layers")}, needs=("runs", "curves", "layers"), run=twins
    ),
    "controls": Analysis(
        makes={"identity": ("correct",), "replicate": (), "pairing": ()},
        needs=("runs",),
        run=controls,
    ),
    "verdicts": Analysis(
        makes={"verdicts": ("correct",)},
        needs=(
            "runs",
            "accuracy_contrasts",
            "speed_contrasts",
            "failure_rates",
            "failure_contrasts",
        ),
        run=verdicts,
    ),
    "specifications": Analysis(
        makes={"sensitivity": ("curves",)}, needs=("runs",), run=specifications
    ),
    "tuned": Analysis(makes={"tuned": ()}, needs=("runs",), run=tuned),
    "calibration": Analysis(makes={"calibration": ()}, needs=("runs",), run=calibration),
}


if __name__ == "__main__":
    sys.exit(main())
