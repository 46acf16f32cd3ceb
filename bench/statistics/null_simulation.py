"""Error rates of the statistics on simulated studies, from the table of runs to the verdict.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/null_simulation.py
Every table has a key of its own, so a run that was cut short goes on where it stopped, and the
figures do not depend on how often. Contrasts of one table share the reference, so the
Clopper-Pearson interval of a rate per contrast counts tables. Experiments:

* ``null``, ``null with failures``: no scheme differs from another, one is five times noisier, one
  twice; 5 schemes, 2 normalisations, 2 cells, 20 seeds; with failures, each run fails with 1 %.
  Analysed from table to verdict. What decides no verdict is left out (mixed and hazard models,
  which decide "fragile" only; seeds needed; comparison with statsmodels); every 40th table is
  analysed with everything, and its verdicts must be the same.
* ``one run in twenty fails``: as above, one arm fails in exactly one of its 20 seeds.
* ``power``: one cell, family of 8, one arm shifted by 1.5 SD of the noisier arm.
* ``equivalence``: the truth of every contrast is the margin.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy import analysis as accuracy_module
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.accuracy.contrasts import NO_MODEL
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.equivalence import equivalence_columns, equivalence_of
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.judging import schemes as judging_module
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.paired.seed_tests import family_table, one_sample
from biasinit.statistics.speed import analysis as speed_module
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.speed.hazard_ratios import COLUMNS as HAZARD_COLUMNS
from biasinit.statistics.speed.time_ratios import jackknife_log_ratio

SCHEMES = ("zeros", "small", "one", "xavier", "kaiming")
DEVIATION = np.array([0.4, 0.4, 0.8, 2.0, 0.4])  # points, in the order of SCHEMES
PACE = np.array([0.4, 0.4, 0.6, 1.0, 0.4])  # epochs, SD of the time to threshold
SEEDS, EPOCHS, RESAMPLES, MARGIN = 20, 15.0, 20_000, 0.5
NORMALIZATIONS, RATES = ("none", "batchnorm_shift"), (0.005, 0.02)
FAILING = 0.01  # probability that a run fails, the same for all schemes
CHECKED = 40  # every so many tables, the pipeline without omissions
CLAIMS = ("better", "worse", "different but negligible")
ORDER = {"reference": "zeros", "schemes": SCHEMES}


def null_runs(rng: np.random.Generator, *, failing: float) -> pd.DataFrame:
    """Return a study in which no scheme differs from another in mean or in risk."""
    shape = (len(NORMALIZATIONS), len(RATES), SEEDS, len(SCHEMES))
    index = np.indices(shape).reshape(4, -1)
    block = rng.normal(0, 0.3, shape[:3])[..., None]
    accuracy = 98 + block + DEVIATION * rng.normal(size=shape)
    pace = 5 + rng.normal(0, 0.3, shape[:3])[..., None] + PACE * rng.normal(size=shape)
    failed = rng.uniform(size=shape) < failing
    epochs = np.where(failed, np.nan, np.maximum(np.ceil(4 * pace) / 4, 0.25))
    return pd.DataFrame(
        {
            "dataset": "digits",
            "normalization": np.array(NORMALIZATIONS)[index[0]],
            "learning_rate": np.array(RATES)[index[1]],
            "seed": index[2],
            "scheme": np.array(SCHEMES)[index[3]],
            "final_accuracy": np.where(failed, 10.0, accuracy).ravel(),
            "epochs_to_threshold": epochs.ravel(),
            "reached": ~failed.ravel(),
            "failed": failed.ravel(),
        }
    )


def verdicts_of(runs: pd.DataFrame, key: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the verdicts and the contrasts of accuracy and speed of one study."""
    options = {"alpha": 0.05, "resamples": RESAMPLES, "analysis_seed": key}
    accuracy = analyse_accuracy(runs, margins={"digits": MARGIN}, **ORDER, **options)
    speed = analyse_speed(runs, None, speed_margin=(0.8, 1.25), epochs=EPOCHS, **ORDER, **options)
    failure = analyse_failure(runs, alpha=0.05, **ORDER)
    verdicts = judge_schemes(
        runs,
        accuracy_contrasts=accuracy.contrasts,
        speed_contrasts=speed.contrasts,
        failure_rates=failure.rates,
        failure_contrasts=failure.contrasts,
        alpha=0.05,
        analysis_seed=key,
        **ORDER,
    )
    return verdicts, accuracy.contrasts, speed.contrasts


@contextmanager
def only_what_decides() -> Iterator[None]:
    """Leave out the models that stand beside the verdicts, and the planning."""

    def no_hazards(table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(np.nan, index=labels.index, columns=list(HAZARD_COLUMNS))

    with ExitStack() as stack:
        for module, name, stand_in in (
            (accuracy_module, "fit_accuracy", lambda *_, **__: NO_MODEL),
            (accuracy_module, "_means", lambda *_, **__: None),
            (speed_module, "_means", lambda *_, **__: None),
            (speed_module, "hazard_ratios", no_hazards),
            (judging_module, "planned_seeds", lambda *_, **__: np.nan),
        ):
            stack.enter_context(mock.patch.object(module, name, stand_in))
        yield


def null_table(key: int, *, failing: float) -> Counter[str]:
    """Return the counts of one null study."""
    runs = null_runs(np.random.default_rng([1, key]), failing=failing)
    with only_what_decides():
        verdicts, accuracy, speed = verdicts_of(runs, key)
    counts: Counter[str] = Counter(tables=1)
    claimed = verdicts["verdict"].isin(CLAIMS)
    for outcome in ("accuracy", "interaction", "speed", "failure"):
        counts[f"type I error, {outcome}"] += bool(
            (claimed & (verdicts["outcome"] == outcome)).any()
        )
    counts["type I error, union"] += bool(claimed.any())
    for table in (accuracy, speed):
        for family, rows in table[table["cell"] == "all"].groupby("family"):
            label = f"coverage, {family}"
            counts[label] += int(((rows["lower"] <= 0) & (rows["upper"] >= 0)).sum())
            counts[f"{label}: contrasts"] += int(rows["p"].notna().sum())
            rejected = bool((rows["p_adjusted"] <= 0.05).any())
            counts[f"sign flips alone, {family}"] += rejected
            if family == "speed":
                ratio = (rows["ratio_lower"] <= 1) & (rows["ratio_upper"] >= 1)
                counts["coverage, speed ratio"] += int(ratio.sum())
                counts["coverage, speed ratio: contrasts"] += int(rows["ratio_lower"].notna().sum())
    if key % CHECKED == 0:
        whole, _, _ = verdicts_of(runs, key)
        counts["checked"] += 1
        counts["checked: verdicts differ"] += int((whole["verdict"] != verdicts["verdict"]).sum())
        counts["checked: rows"] += len(whole)
        counts["checked: fragile"] += int(whole["fragile"].sum())
    return counts


def one_failure_table(key: int) -> Counter[str]:
    """Return whether an arm that fails in one of 20 seeds is reported so and not averaged away."""
    rng = np.random.default_rng([2, key])
    runs = null_runs(rng, failing=0.0)
    runs = runs[runs["learning_rate"] == RATES[0]].reset_index(drop=True)
    hit = (runs["scheme"] == "one") & (runs["normalization"] == "none")
    hit &= runs["seed"] == int(rng.integers(SEEDS))
    runs.loc[hit, ["failed", "reached"]] = [True, False]
    runs.loc[hit, ["final_accuracy", "epochs_to_threshold"]] = [10.0, np.nan]
    with only_what_decides():
        verdicts, accuracy, _ = verdicts_of(runs, key)
    rows = verdicts[(verdicts["scheme"] == "one") & (verdicts["normalization"] == "none")]
    said = rows["headline"].str.contains("one failed in 1 of 20 runs").all()
    apart = accuracy[(accuracy["scheme"] == "one") & (accuracy["normalization"] == "none")]
    honest = (apart["basis"] == "seeds where both trained").all() and (apart["seeds"] == 19).all()
    inside = bool((apart["estimate"].abs() < 2).all())  # averaged in, it would be about -4.4
    reported = bool(said and honest and inside and (rows["failed"] == 1).all())
    return Counter({"tables": 1, "reported as failing": int(reported)})


def power_table(key: int, *, deviations: np.ndarray) -> Counter[str]:
    """Return whether a shift by 1.5 SD of the noisier arm is found in a family of 8, one cell."""
    rng = np.random.default_rng([3, key])
    columns = []
    for _ in NORMALIZATIONS:
        values = rng.normal(0, 0.3, (SEEDS, 1)) + deviations * rng.normal(size=(SEEDS, 5))
        columns.append(values[:, 1:] - values[:, :1])
    differences = np.concatenate(columns, axis=1)
    differences[:, 0] += 1.5 * max(deviations[0], deviations[1])
    plan = FlipPlan(alpha=0.05, resamples=RESAMPLES, analysis_seed=key)
    found = family_table(differences, plan, any_failed=False, name="accuracy")["p_adjusted"]
    return Counter({"tables": 1, "found": int(found[0] <= 0.05)})


def equivalence_table(key: int) -> Counter[str]:
    """Return how many contrasts whose truth is the margin are called equivalent."""
    rng = np.random.default_rng([4, key])
    deviations = DEVIATION / 4  # small enough that equivalence is within reach
    values = rng.normal(0, 0.3, (SEEDS, 1)) + deviations * rng.normal(size=(SEEDS, 5))
    tests = one_sample(values[:, 1:] - values[:, :1] + MARGIN)
    family = np.ones(4, dtype=bool)
    found = equivalence_of(tests.assign(margin=MARGIN), family=family)
    pace = (5 + rng.normal(0, 0.3, (SEEDS, 1)) + PACE / 2 * rng.normal(size=(SEEDS, 5))) * [
        1,
        *[1.25] * 4,
    ]
    ratios = np.array([jackknife_log_ratio(pace[:, arm], pace[:, 0]) for arm in range(1, 5)])
    speed = equivalence_columns(
        np.log(ratios[:, 0]), ratios[:, 1], ratios[:, 2], np.full(4, np.log(1.25)), family=family
    )
    counts = Counter(tables=1, contrasts=4)
    for name, table in (("accuracy", found), ("speed", speed)):
        for column in ("p_equivalence", "p_equivalence_adjusted"):
            counts[f"{name}, {column}"] = int((table[column] < 0.05).sum())
    return counts


EQUAL = np.full(5, 0.4)
NOISY = np.array([0.4, 2.0, 0.4, 0.4, 0.4])
EXPERIMENTS: dict[str, Callable[[int], Counter[str]]] = {
    "equivalence": equivalence_table,
    "power, equal SDs": lambda key: power_table(key, deviations=EQUAL),
    "power, the shifted arm 5 times noisier": lambda key: power_table(key, deviations=NOISY),
    "one run in twenty fails": one_failure_table,
    "null": lambda key: null_table(key, failing=0.0),
    "null with failures": lambda key: null_table(key, failing=FAILING),
}


def bars(counts: dict[str, dict[str, int]]) -> list[dict[str, object]]:
    """Return one row per figure: rate, Clopper-Pearson interval, bar, and whether it holds."""
    rows: list[dict[str, object]] = []

    def add(experiment: str, quantity: str, hits: int, total: int, low: float, high: float) -> None:
        if total == 0:
            return
        lower, upper = clopper_pearson(hits, total)
        rows.append(
            {
                "experiment": experiment,
                "quantity": quantity,
                "rate": hits / total,
                "lower": lower,
                "upper": upper,
                "total": total,
                "bar": "" if np.isnan(low + high) else f"{low:g} to {high:g}",
                "holds": "" if np.isnan(low + high) else bool(lower <= high and upper >= low),
            }
        )

    for name in ("null", "null with failures"):
        found = counts.get(name, {})
        tables = found.get("tables", 0)
        for family in ("accuracy", "interaction", "speed", "failure", "union"):
            high = np.nan if family == "union" else 0.06
            add(
                name,
                f"type I error, {family}",
                found.get(f"type I error, {family}", 0),
                tables,
                0,
                high,
            )
        for family in ("accuracy", "interaction", "speed"):
            hits = found.get(f"sign flips alone, {family}", 0)
            label = "max-|t| alone" if name == "null" else "sign flips alone"
            low, high = (0.035, 0.065) if name == "null" else (np.nan, np.nan)
            add(name, f"{label}, {family}", hits, tables, low, high)
        for family in ("accuracy", "interaction", "speed", "speed ratio"):
            label = f"coverage, {family}"
            total = found.get(f"{label}: contrasts", 0)
            add(name, label, found.get(label, 0), total, 0.935, 0.965)
        rows_checked = found.get("checked: rows", 0)
        add(
            name,
            "verdicts that the omissions change",
            found.get("checked: verdicts differ", 0),
            rows_checked,
            0,
            0,
        )
        add(name, "fragile rows", found.get("checked: fragile", 0), rows_checked, np.nan, np.nan)
    for name in ("power, equal SDs", "power, the shifted arm 5 times noisier"):
        found = counts.get(name, {})
        add(name, "power", found.get("found", 0), found.get("tables", 0), 0.9, 1)
    found = counts.get("one run in twenty fails", {})
    add(
        "one run in twenty fails",
        "reported as failing",
        found.get("reported as failing", 0),
        found.get("tables", 0),
        1,
        1,
    )
    found = counts.get("equivalence", {})
    for name in ("accuracy", "speed"):
        total = found.get("contrasts", 0)
        add(
            "equivalence",
            f"error per contrast, {name}",
            found.get(f"{name}, p_equivalence", 0),
            total,
            0,
            0.055,
        )
        add(
            "equivalence",
            f"error per contrast after Holm, {name}",
            found.get(f"{name}, p_equivalence_adjusted", 0),
            total,
            0,
            0.055,
        )
    return rows


def main() -> int:
    """Run until every experiment has its tables or the chunk's time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000, help="of each null experiment")
    parser.add_argument("--equivalence-tables", type=int, default=10_000)
    parser.add_argument(
        "--experiments", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS), metavar="NAME"
    )
    parser.add_argument("--chunk", type=float, default=np.inf, help="seconds until this run stops")
    parser.add_argument(
        "--output", type=Path, default=Path("bench/statistics/null_simulation.json")
    )
    options = parser.parse_args()
    state = json.loads(options.output.read_text()) if options.output.exists() else {}
    counts = {name: Counter(state.get("counts", {}).get(name, {})) for name in EXPERIMENTS}
    seconds = Counter(state.get("seconds", {}))
    began, finished = time.monotonic(), True
    for name in options.experiments:
        experiment = EXPERIMENTS[name]
        wanted = {"equivalence": options.equivalence_tables, "one run in twenty fails": 200}.get(
            name, options.tables
        )
        start = time.monotonic()
        while counts[name]["tables"] < wanted and time.monotonic() - began < options.chunk:
            counts[name] += experiment(counts[name]["tables"])
        seconds[name] += time.monotonic() - start
        finished &= counts[name]["tables"] >= wanted
    rows = bars(counts)
    result = {
        "finished": finished,
        "bars": rows,
        "counts": counts,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
    options.output.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    with pd.option_context("display.width", 160, "display.max_colwidth", 60):
        print(pd.DataFrame(rows).to_string(index=False, float_format="%.4f"))
    print("Finished." if finished else "Not finished; run again to go on.")
    return 0 if all(row["holds"] in (True, "") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
