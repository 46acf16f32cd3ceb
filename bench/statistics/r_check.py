"""Fit a study's own runs in R as well and print the largest differences.

Run in the repository, with R and the Debian packages r-cran-lme4, r-cran-lmertest, r-cran-emmeans
and r-cran-nlme: PYTHONPATH=workflow/scripts python bench/statistics/r_check.py STUDY
Compared are the mixed model of accuracy with its contrasts, with one residual SD (lme4) and with
one for each scheme (nlme), the per-seed t-tests and the complementary log-log hazard model (glm),
for each normalisation, on the runs that trained. Exit status 1 where a tolerance is passed.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.accuracy.accuracy_model import contrast_rows, random_terms
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.study_runs import levels_present, read_runs, treatments
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.vocabulary import ALL_CELLS

# relative but for the log-likelihood; R stops its optimiser a little earlier than this package
TOLERANCE = {
    "log-likelihood": 1e-4,
    "estimate": 1e-4,
    "standard error": 1e-3,
    "residual SD": 1e-3,
    "df": 0.01,
    "adjusted p": 0.02,
    "p": 0.02,
}
R_PACKAGES = ("lme4", "lmerTest", "emmeans", "nlme")
DEBIAN = tuple(f"r-cran-{name.lower()}" for name in R_PACKAGES)
SMALLEST_P = 1e-12  # below, the last digits of a tail are no evidence of anything


def main() -> int:
    """Compare and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="a study in results/, or a table of runs")
    parser.add_argument("--reference", default="zeros")
    options = parser.parse_args()
    if missing_in_r():
        print(f"R lacks {', '.join(missing_in_r())}. On Debian: apt install {' '.join(DEBIAN)}.")
        return 2
    path = Path(options.study)
    table = path if path.is_file() else Path("results") / options.study / "runs.parquet"
    if not table.is_file():
        print(f"There is no table of runs at {table}.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        own = own_answers(pd.read_parquet(table), options.reference, Path(folder))
        script = Path(__file__).with_name("r_check.R")
        subprocess.run(["Rscript", str(script), folder], check=True, stdout=subprocess.DEVNULL)
        # a scheme may be named 1.0 or NA, which must stay text
        texts = {"model": str, "name": str, "quantity": str}
        answers = pd.read_csv(Path(folder) / "answers.csv", dtype=texts, keep_default_na=False)
    both = own.merge(answers, on=["model", "name", "quantity"], suffixes=("", "_r"))
    missing = len(own) + len(answers) - 2 * len(both)
    print(report(both).to_string(index=False))
    print(f"{len(both)} numbers compared; {missing} without a counterpart.")
    return int(bool((differences(both) > both["quantity"].map(TOLERANCE)).any() or missing))


def missing_in_r() -> list[str]:
    """Return the packages that R lacks here, all of them where there is no R."""
    if shutil.which("Rscript") is None:
        return list(R_PACKAGES)
    asked = ", ".join(f"'{name}'" for name in R_PACKAGES)
    code = f"for (p in c({asked})) if (!requireNamespace(p, quietly = TRUE)) cat(p, '')"
    command = ["Rscript", "-e", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def own_answers(runs: pd.DataFrame, reference: str, folder: Path) -> pd.DataFrame:
    """Return this package's answers, and leave the tables for R in the folder."""
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    table = table[~table["scheme"].str.endswith("_again") & ~table["failed"]]
    models: list[dict[str, str]] = []
    rows: list[tuple[str, str, str, float]] = []
    for level in levels_present(table):
        part = table[table["normalization"] == level].reset_index(drop=True)
        part = part.assign(value=part["final_accuracy"].astype(float))
        for kind, answer in KINDS.items():
            model = f"{kind}, {level}"
            try:
                frame, formula, found = answer(part, reference)
            except NotEstimableError as problem:
                print(f"{model}: left out. {problem}")
                continue
            frame.to_csv(folder / f"{model}.csv", index=False)
            models.append(
                {
                    "model": model,
                    "kind": kind,
                    "table": f"{model}.csv",
                    "formula": formula,
                    "reference": reference,
                }
            )
            rows += [(model, *row) for row in found]
    pd.DataFrame(models).to_csv(folder / "models.csv", index=False)
    return pd.DataFrame(rows, columns=["model", "name", "quantity", "value"])


Answer = tuple[pd.DataFrame, str, list[tuple[str, str, float]]]


def _mixed(part: pd.DataFrame, reference: str) -> Answer:
    several = part["cell"].nunique() > 1
    fixed = "value ~ scheme" + (" * cell" if several else "")
    terms = random_terms(part, joint=False)
    fit = fit_mixed(part, fixed, terms)
    rows = [("", "log-likelihood", fit.log_likelihood)]
    tests = _contrasts(fit, reference)
    adjusted = holm(tests["p"].to_numpy())
    for (name, row), p in zip(tests.iterrows(), adjusted, strict=True):
        rows += [
            (name, "estimate", float(row["estimate"])),
            (name, "standard error", float(row["standard_error"])),
            (name, "df", float(row["df"])),
            (name, "adjusted p", float(p)),
        ]
    formula = fixed + "".join(f" + (1 | {term})" for term in terms)
    return part[["seed", "cell", "scheme", "value"]], formula, rows


def _contrasts(fit: MixedFit, reference: str) -> pd.DataFrame:
    """Return the tests of each scheme minus the reference over all cells, by scheme."""
    others = [scheme for scheme in fit.factors["scheme"] if scheme != reference]
    rows = [contrast_rows(fit, scheme, reference, ALL_CELLS, crossed=False)[0] for scheme in others]
    return fit.tests(np.array(rows)).set_index(pd.Index(others))


def _varying(part: pd.DataFrame, reference: str) -> Answer:
    fixed = "value ~ scheme" + (" * cell" if part["cell"].nunique() > 1 else "")
    fit = fit_mixed(part, fixed, ["seed:cell"], residual_by=["scheme"])
    rows = [("", "log-likelihood", fit.log_likelihood)]
    for name, row in _contrasts(fit, reference).iterrows():
        rows += [
            (name, "estimate", float(row["estimate"])),
            (name, "standard error", float(row["standard_error"])),
        ]
    rows += [(str(name), "residual SD", float(value)) for name, value in fit.residual_sd.items()]
    return part[["seed", "cell", "scheme", "value"]], fixed, rows


def _paired(part: pd.DataFrame, reference: str) -> Answer:
    complete = part.groupby("seed")["value"].transform("size")
    whole = part[complete == part["cell"].nunique() * part["scheme"].nunique()]
    means = whole.groupby(["seed", "scheme"])["value"].mean().reset_index().assign(cell="all")
    array = arrange(means, "value")
    rows = []
    for name in [level for level in array.levels if level != reference]:
        test = one_sample(array.differences(name, reference).T).iloc[0]
        rows += [(name, "estimate", float(test["estimate"])), (name, "p", float(test["p"]))]
    return means, "", rows


def _with_times(part: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the runs with ``time``, ``event`` and ``arm``, whose first level is the reference."""
    if "epochs_to_threshold" not in part:
        raise NotEstimableError("The table has no epochs to a threshold.")
    times = part["epochs_to_threshold"].astype(float)
    order = {reference: "0"} | {
        name: f"1{name}" for name in part["scheme"].unique() if name != reference
    }
    return part.assign(
        time=times.fillna(times.max()),
        event=times.notna().astype(int),
        arm=part["scheme"].map(order),
    )


def _hazard(part: pd.DataFrame, reference: str) -> Answer:
    frame = _with_times(part, reference)
    grid = np.unique(frame.loc[frame["event"] == 1, "time"])
    frame["point"] = np.searchsorted(grid, frame["time"], side="left") + 1
    fit = discrete_hazard(frame, "point", "event", "arm", "cell", "seed")
    return frame[["seed", "cell", "scheme", "point", "event"]], "", _by_arm(fit.table)


def _by_arm(table: pd.DataFrame) -> list[tuple[str, str, float]]:
    rows = []
    for term, row in table.iterrows():
        name = str(term).removeprefix("arm[T.1").removesuffix("]")
        rows += [
            (name, "estimate", float(row["estimate"])),
            (name, "standard error", float(row["model_standard_error"])),
        ]
    return rows


KINDS = {
    "mixed": _mixed,
    "varying": _varying,
    "paired": _paired,
    "hazard": _hazard,
}


def differences(both: pd.DataFrame) -> "pd.Series[float]":
    """Return how far the answers lie apart, in the measure of ``TOLERANCE``."""
    gap = (both["value"] - both["value_r"]).abs()
    size = both["value_r"].abs().clip(lower=1e-3)
    p = both["quantity"].str.endswith("p")
    size = size.where(~p, both["value_r"].clip(lower=SMALLEST_P))
    return (gap / size).where(both["quantity"] != "log-likelihood", gap)


def report(both: pd.DataFrame) -> pd.DataFrame:
    """Return the largest difference of each model and quantity."""
    table = both.assign(difference=differences(both))
    worst = table.loc[table.groupby(["model", "quantity"], sort=False)["difference"].idxmax()]
    worst["tolerance"] = worst["quantity"].map(TOLERANCE)
    worst["agrees"] = np.where(worst["difference"] <= worst["tolerance"], "yes", "NO")
    names = ["model", "quantity", "name", "value", "value_r", "difference", "tolerance", "agrees"]
    return worst[names].rename(columns={"value_r": "in R"})


if __name__ == "__main__":
    sys.exit(main())
