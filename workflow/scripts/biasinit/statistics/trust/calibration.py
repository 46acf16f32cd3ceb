"""How often this analysis errs on runs like these.

Two experiments on the contrasts over all cells: scheme minus reference under each normalisation
(accuracy), and the difference of each contrast between normalisations (interaction):

* *Relabelling*: the labels of the schemes are permuted within each seed, so no scheme differs
  from another; also for the restricted epochs to the threshold (speed). Descriptive: the arms
  of real runs differ, and one failed run shows.
* *Simulation*: accuracies are drawn from the fitted mixed models without any scheme effect (type
  I error, coverage), with an effect at the margin in every contrast (equivalence error), and with
  an effect of the given size (power).

A rate is judged against its band only where the Clopper-Pearson interval excludes the band.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.accuracy.accuracy_model import fit_accuracy
from biasinit.statistics.inference.arrays import Booleans, Floats, Integers
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.sign_flips import FlipMethod, flip_family
from biasinit.statistics.inference.study_runs import (
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.mixed.mixed_fit import MixedFit
from biasinit.statistics.paired.arrangement import PairedArray, arrange
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.streams import Purpose, stream

COLUMNS = (
    *("experiment", "quantity", "rate", "lower", "upper"),
    *("band_lower", "band_upper", "within_band", "tables"),
)
TYPE_I = "type I error"


@dataclass(frozen=True, kw_only=True)
class _Arm:
    """One normalisation: its runs as an array, its model, and where simulated rows go."""

    level: str
    array: PairedArray
    fit: MixedFit | None
    flat: Integers


def calibrate(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    alpha: float,
    resamples: int,
    tables: int,
    effect: float,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the error rates of the registered accuracy analysis on runs like these.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        margins: equivalence margin in points for each data set.
        alpha: error rate of the family.
        resamples: random sign flips for each table when there are more than 16 seeds.
        tables: relabelled tables, and simulated tables for each truth.
        effect: in points, for the power.
        analysis_seed: keys all random numbers.

    Returns:
        ``experiment, quantity, rate, lower, upper`` (Clopper-Pearson 95 %), ``band_lower,
        band_upper`` (missing for descriptive rates), ``within_band, tables``. Empty where fewer
        than two schemes or three seeds can be compared.

    """
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    table = table[table["scheme"].isin(list(schemes))].reset_index(drop=True)
    margin = common_margin(margins, table)
    arms = [_arm(table[table["normalization"] == level]) for level in levels_present(table)]
    arms = [arm for arm in arms if reference in arm.array.levels and len(arm.array.levels) > 1]
    if not arms or min(len(arm.array.units) for arm in arms) < 3:
        return pd.DataFrame(columns=list(COLUMNS))
    method = FlipMethod.SMALLEST_P if table["failed"].any() else FlipMethod.LARGEST_T
    rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name="calibration")
    flips = _Flips(alpha=alpha, resamples=resamples, rng=rng)
    rows = []
    for family, arrays in _outcomes(table, arms).items():
        rejected: Counter[str] = Counter()
        for _ in range(tables):
            permuted = [_permuted(array, rng) for array in arrays]
            for name, values in _families(permuted, arrays, reference, family).items():
                rejected[name] += bool(flips.rejected(values, method).any())
        rows += [
            _row("relabelled runs", f"any rejection, {name}", count, tables, None)
            for name, count in rejected.items()
        ]
    if all(arm.fit is not None for arm in arms):
        counts: Counter[str] = Counter()
        for _ in range(tables):
            drawn = [_drawn(arm, rng) for arm in arms]
            families = _families(drawn, [arm.array for arm in arms], reference, "accuracy")
            counts.update(_errors(families, flips, margin=margin, effect=effect))
        rows += _simulated_rows(counts, tables, margin=margin, effect=effect)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"within_band": "boolean"})


def _outcomes(table: pd.DataFrame, arms: Sequence[_Arm]) -> dict[str, list[PairedArray]]:
    """Return the arrays that are relabelled, by family."""
    found = {"accuracy": [arm.array for arm in arms]}
    if "restricted_epochs" in table and len(table):
        found["speed"] = [
            arrange(table[table["normalization"] == level], "restricted_epochs")
            for level in levels_present(table)
            if any(arm.level == level for arm in arms)
        ]
    return found


def _families(
    values: Sequence[Floats], arrays: Sequence[PairedArray], reference: str, family: str
) -> dict[str, Floats]:
    """Return the differences of the family and, for accuracy, of the interaction."""
    single = _differences(values, arrays, reference)
    found = {family: single}
    same = len(arrays) == 2 and arrays[0].levels == arrays[1].levels
    if family == "accuracy" and same:
        half = single.shape[1] // 2
        found["interaction"] = single[:, half:] - single[:, :half]
    return found


def _arm(part: pd.DataFrame) -> _Arm:
    trained = part[~part["failed"]].reset_index(drop=True)
    array = arrange(part, "final_accuracy")
    model = fit_accuracy(trained, joint=False)
    fit = model.fit
    used = model.runs if fit is None else model.runs.iloc[fit.state.design.rows]
    places = [
        np.array([names.index(str(value)) for value in used[column]], dtype=np.int64)
        for names, column in (
            (array.cells, "cell"),
            (array.units, "seed"),
            (array.levels, "scheme"),
        )
    ]
    flat = np.ravel_multi_index(tuple(places), array.values.shape)
    level = str(part["normalization"].iloc[0])
    return _Arm(level=level, array=array, fit=fit, flat=np.asarray(flat, dtype=np.int64))


def _permuted(array: PairedArray, rng: np.random.Generator) -> Floats:
    """Return the runs with scheme labels permuted within each seed, (cells, seeds, schemes)."""
    values = array.values
    order = rng.permuted(np.tile(np.arange(values.shape[2]), (values.shape[1], 1)), axis=1)
    return np.asarray(np.take_along_axis(values, order[None, :, :], axis=2))


def _drawn(arm: _Arm, rng: np.random.Generator) -> Floats:
    """Return runs drawn from the model without scheme effects, (cells, seeds, schemes)."""
    assert arm.fit is not None
    params = arm.fit.params
    without_schemes = params.mask(params.index.str.contains("scheme"), 0.0)
    values = np.full(arm.array.values.size, np.nan)
    values[arm.flat] = arm.fit.simulate(rng, without_schemes).to_numpy()
    return values.reshape(arm.array.values.shape)


def _differences(values: Sequence[Floats], arrays: Sequence[PairedArray], reference: str) -> Floats:
    """Return per-seed differences from the reference over cells, (seeds, contrasts)."""
    units = sorted({unit for array in arrays for unit in array.units})
    columns = []
    for array, value in zip(arrays, values, strict=True):
        base = array.levels.index(reference)
        means = value.mean(axis=0)
        places = [units.index(unit) for unit in array.units]
        for level in range(len(array.levels)):
            if level != base:
                column = np.full(len(units), np.nan)
                column[places] = means[:, level] - means[:, base]
                columns.append(column)
    return np.array(columns).T


@dataclass(frozen=True, kw_only=True)
class _Flips:
    """The sign flips of all tables, drawn one after another from one stream."""

    alpha: float
    resamples: int
    rng: np.random.Generator

    def rejected(self, differences: Floats, method: FlipMethod) -> Booleans:
        """Return which contrasts of a family are rejected; one that does not vary is not."""
        family = flip_family(
            differences,
            method=method,
            alpha=self.alpha,
            resamples=self.resamples,
            rng=self.rng,
        )
        return np.asarray(family.p_adjusted <= self.alpha)


def _errors(
    families: Mapping[str, Floats], flips: _Flips, *, margin: float, effect: float
) -> Counter[str]:
    """Return what the analysis says of one table in which no scheme differs.

    Args:
        families: differences of each family, (seeds, contrasts).
        flips: of all tables.
        margin: added to every contrast, whose equivalence is then an error.
        effect: added to every contrast, to be found.

    """
    hits = {
        f"{TYPE_I}, {name}": int(flips.rejected(values, FlipMethod.LARGEST_T).any())
        for name, values in families.items()
    }
    null = families["accuracy"]
    tests = one_sample(null)
    known = tests["p"].notna()
    covers = (tests["lower"] <= 0) & (tests["upper"] >= 0) & known
    counts = Counter(hits | {TYPE_I: max(hits.values())})
    counts["contrasts"] = int(known.sum())
    counts["covers"] = int(covers.sum())
    if margin > 0:
        counts["equivalent"] = int(_equivalent(null + margin, margin, flips.alpha).sum())
    counts["found"] = int(flips.rejected(null + effect, FlipMethod.LARGEST_T).sum())
    return counts


def _simulated_rows(
    counts: Counter[str], tables: int, *, margin: float, effect: float
) -> list[dict[str, object]]:
    contrasts = counts["contrasts"]
    found: list[tuple[str, int, int, tuple[float, float] | None]] = [
        (name, count, tables, (0.0, 0.06))
        for name, count in counts.items()
        if name.startswith(f"{TYPE_I}, ")
    ]
    found += [
        (f"{TYPE_I} of any family", counts[TYPE_I], tables, None),
        ("coverage of 95 % intervals", counts["covers"], contrasts, (0.935, 0.965)),
        (f"power at {effect:g} points", counts["found"], contrasts, None),
    ]
    if margin > 0 and contrasts:
        equivalent = counts["equivalent"]
        found.append(("equivalence error at the margin", equivalent, contrasts, (0.0, 0.055)))
    return [_row("simulated runs", *row) for row in found]


def _equivalent(differences: Floats, margin: float, alpha: float) -> Booleans:
    """Return which contrasts two one-sided tests would call equivalent."""
    tests = one_sample(differences)
    half = tests["standard_error"] * scipy.stats.t.isf(alpha, tests["df"])
    inside = (tests["estimate"] - half > -margin) & (tests["estimate"] + half < margin)
    return np.asarray(inside, dtype=bool)


def _row(
    experiment: str, quantity: str, count: int, total: int, band: tuple[float, float] | None
) -> dict[str, object]:
    lower, upper = clopper_pearson(count, total)
    low, high = band if band else (np.nan, np.nan)
    return {
        "experiment": experiment,
        "quantity": quantity,
        "rate": count / total if total else np.nan,
        "lower": lower,
        "upper": upper,
        "band_lower": low,
        "band_upper": high,
        "within_band": None if band is None else bool(lower <= high and upper >= low),
        "tables": total,
    }
