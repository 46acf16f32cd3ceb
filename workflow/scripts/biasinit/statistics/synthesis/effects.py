"""The effect of each scheme in each condition of a study, at its own best learning rate.

A *condition* is a combination of all factors but the learning rate, at one normalisation. With one
learning rate it is that one's; with several, each scheme's own best (``paired.tuned_rates``).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.inference.collapsed import OUTCOME
from biasinit.statistics.inference.study_runs import (
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.tuned_rates import RATE, tuned_contrasts
from biasinit.vocabulary import CELL_FACTORS

SETTING = tuple(name for name in CELL_FACTORS if name != RATE)
EFFECTS = (
    *("outcome", *SETTING, "normalization", "scheme", "learning_rates"),
    *("estimate", "standard_error", "df", "margin"),
    *("seeds", "runs", "failed", "reference_failed"),
)
TIME = "epochs_to_threshold"
# a time's logarithm in place of accuracy, its sign turned
SPEED = Metric.of(name="speed", unit="logarithm of times as fast", better="higher")
FLIPS = 99  # of tests that a synthesis does not read
FEWEST_SEEDS = 3  # for a slope over learning rates


def effects_of_study(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    speed_margin: tuple[float, float],
    collapse_points: float,
) -> pd.DataFrame:
    """Return the effect of each scheme in each condition, better ones above 0.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study; others are left out.
        margins: equivalence margin of accuracy for each data set, in points.
        speed_margin: ends of that of ratios of times.
        collapse_points: as in ``tuned_contrasts``.

    Returns:
        The columns of ``EFFECTS``: of outcome "accuracy" the difference from the reference in
        points; of outcome "speed", where times are known, the natural logarithm of how many times
        as fast the threshold is reached by seeds of which both runs reached it, at the learning
        rates that are best for accuracy. ``failed`` are runs at the chosen rates that failed (for
        speed: or did not reach the threshold), of ``runs`` there. NaN estimates where no two seeds
        have a pair.

    Raises:
        RunsTableError: a column is missing.

    """
    table = _treated(runs)
    rows = _rows(table, reference, schemes, margins, collapse_points, ACCURACY)
    found = [row | {"outcome": "accuracy"} for row in rows]
    if {TIME, "reached"} <= set(table.columns):
        missed = table["failed"] | ~table["reached"].fillna(False).astype(bool)
        times = table[TIME].astype(float).where(~missed)
        speed = table.assign(**{OUTCOME: -np.log(times.where(times > 0))}, failed=missed)
        nearest = min(abs(math.log(end)) for end in speed_margin)
        limits = dict.fromkeys(margins, nearest)
        rows = _rows(speed, reference, schemes, limits, collapse_points, SPEED)
        found += [row | {"outcome": "speed"} for row in rows]
    return pd.DataFrame(found, columns=list(EFFECTS))


def _treated(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that enter analyses, with every factor: "" where the table has it not."""
    table = treatments(read_runs(runs, needed=[OUTCOME]))
    unsaid = [name for name in CELL_FACTORS if name not in table]
    return table.assign(**dict.fromkeys(unsaid, ""))


def _margin(margins: Mapping[str, float], part: pd.DataFrame) -> float:
    """Return the margin of runs of one data set; of any name where they do not say theirs."""
    unsaid = part["dataset"].iloc[0] == ""
    return common_margin(margins, part.drop(columns="dataset") if unsaid else part)


def _rows(
    table: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric,
) -> list[dict[str, object]]:
    others = [name for name in schemes if name != reference]
    found: list[dict[str, object]] = []
    for values, part in table.groupby(list(SETTING), sort=False, dropna=False):
        setting = dict(zip(SETTING, values, strict=True))
        margin = _margin(margins, part)
        tuned = pd.DataFrame()
        if "validation_accuracy" in part and part[RATE].nunique() > 1:
            tuned = tuned_contrasts(
                part,
                reference=reference,
                schemes=schemes,
                margins={str(setting["dataset"]): margin},
                collapse_points=collapse_points,
                metric=metric,
                alpha=0.05,
                resamples=FLIPS,
                analysis_seed=0,
            )
        for level in levels_present(part):
            here = part[part["normalization"] == level]
            if len(tuned):
                rows = _tuned(tuned[tuned["normalization"] == level], others)
            elif here[RATE].nunique() == 1:
                rows = _at_the_only_rate(here, reference, others)
            else:
                rows = _without_a_rate(here, reference, others)
            found += [{**setting, "normalization": level, "margin": margin} | row for row in rows]
    return found


def _tuned(table: pd.DataFrame, schemes: Sequence[str]) -> list[dict[str, object]]:
    kept = ("scheme", "learning_rates", "estimate", "standard_error", "df", "seeds", "failed")
    rows = table[table["scheme"].isin(schemes)].rename(columns={"pairs": "runs"})
    numbers = rows[[*kept, "reference_failed", "runs"]]
    return [{str(name): value for name, value in row.items()} for row in numbers.to_dict("records")]


def _without_a_rate(
    here: pd.DataFrame, reference: str, schemes: Sequence[str]
) -> list[dict[str, object]]:
    """Return rows without an estimate: there are several rates, and nothing to choose one by."""
    failed = here.groupby("scheme")["failed"]
    runs, befell = failed.size(), failed.sum()
    return [
        {
            "scheme": scheme,
            "learning_rates": "",
            **dict.fromkeys(("estimate", "standard_error", "df"), math.nan),
            "seeds": 0.0,
            "runs": float(runs[scheme]),
            "failed": float(befell[scheme]),
            "reference_failed": float(befell.get(reference, 0)),
        }
        for scheme in schemes
        if scheme in runs.index
    ]


def _at_the_only_rate(
    here: pd.DataFrame, reference: str, schemes: Sequence[str]
) -> list[dict[str, object]]:
    trained = here[OUTCOME].where(~here["failed"])
    wide = here.assign(trained=trained).pivot(index="seed", columns="scheme", values="trained")
    failed = here.pivot(index="seed", columns="scheme", values="failed")
    rows: list[dict[str, object]] = []
    for scheme in schemes:
        if scheme not in wide or reference not in wide:
            continue
        both = failed[[scheme, reference]].dropna()
        differences = (wide[scheme] - wide[reference]).dropna()
        count = len(differences)
        rows.append(
            {
                "scheme": scheme,
                "learning_rates": f"{here[RATE].iloc[0]}",
                "estimate": differences.mean(),
                "standard_error": differences.sem(),
                "df": float(count - 1) if count > 1 else math.nan,
                "seeds": float(count),
                "runs": float(len(both)),
                "failed": float(both[scheme].astype(bool).sum()),
                "reference_failed": float(both[reference].astype(bool).sum()),
            }
        )
    return rows


def rate_slopes_of_study(
    runs: pd.DataFrame, *, reference: str, schemes: Sequence[str], margins: Mapping[str, float]
) -> pd.DataFrame:
    """Return how the effect on accuracy changes with each doubling of the learning rate.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: others are left out.
        margins: equivalence margin of accuracy for each data set, in points.

    Returns:
        The columns of ``SETTING``, ``normalization``, ``scheme``, and over the seeds of which both
        arms trained at every rate ``slope`` (mean of each seed's least-squares slope of the
        difference over log2 of the rate, in margins, better above 0) and ``error`` (its standard
        error). Only settings with two rates and three seeds or more.

    """
    table = _treated(runs)
    table["value"] = table[OUTCOME].where(~table["failed"])
    keys = [*SETTING, "normalization"]
    found = []
    for values, part in table.groupby(keys, sort=False, dropna=False):
        if part[RATE].nunique() < 2:
            continue
        wide = part.pivot(index="seed", columns=["scheme", RATE], values="value")
        for scheme in schemes:
            if scheme == reference or scheme not in wide or reference not in wide:
                continue
            differences = (wide[scheme] - wide[reference]).dropna() / _margin(margins, part)
            if len(differences) < FEWEST_SEEDS:
                continue
            doublings = np.log2(differences.columns.to_numpy(dtype=np.float64))
            centred = doublings - doublings.mean()
            slopes = differences.to_numpy() @ centred / (centred @ centred)
            error = slopes.std(ddof=1) / math.sqrt(len(slopes))
            row = {"scheme": scheme, "slope": slopes.mean(), "error": error}
            found.append(dict(zip(keys, values, strict=True)) | row)
    return pd.DataFrame(found, columns=[*keys, "scheme", "slope", "error"])
