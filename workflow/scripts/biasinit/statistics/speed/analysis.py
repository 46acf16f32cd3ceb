"""Convergence speed: times to the threshold, judged as ratios among seeds where both got there.

What decides is the per-seed logarithm of the ratio of two times; the discrete-time hazard model
with a baseline for each cell stands beside it. Runs that never reach the threshold are a risk,
which is counted with the failures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.inference.reached import TIMES, reached_by
from biasinit.statistics.inference.second_analysis import adjusted_beside, fragile
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import levels_present, read_runs, treatments
from biasinit.statistics.paired.arms import ArmDifferences, arm_differences
from biasinit.statistics.paired.arrangement import PairedArray, arrange
from biasinit.statistics.paired.contrast_tests import COLUMNS as TESTS
from biasinit.statistics.paired.contrast_tests import Margins, contrast_tests
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.statistics.speed.hazard_ratios import hazard_ratios
from biasinit.statistics.speed.learning_curves import curve_means
from biasinit.statistics.speed.time_ratios import (
    RATIOS,
    RESTRICTED,
    as_ratios,
    restricted_ratios,
)

RESTRICTED_EPOCHS = "restricted_epochs"
LOG_EPOCHS = "log_epochs"
CONTRASTS = (
    *("family", "normalization", "scheme", "reference", "cell", "basis"),
    *TESTS,
    *RATIOS,
    *("margin_lower", "margin_upper"),
    *RESTRICTED,
    *("hazard_ratio", "hazard_lower", "hazard_upper", "hazard_p", "hazard_p_adjusted"),
    "fragile",
)
MEANS = ("normalization", "scheme", "estimate", "standard_error", "df", "lower", "upper")


@dataclass(frozen=True, kw_only=True)
class SpeedAnalysis:
    """The tables `speed_means`, `speed_contrasts` and `curve_means`."""

    means: pd.DataFrame
    contrasts: pd.DataFrame
    curve_means: pd.DataFrame


def analyse_speed(
    runs: pd.DataFrame,
    curves: pd.DataFrame | None,
    *,
    reference: str,
    schemes: Sequence[str],
    speed_margin: tuple[float, float],
    epochs: float,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> SpeedAnalysis:
    """Return means and contrasts of the time to threshold, and mean learning curves.

    Args:
        runs: the table `runs`.
        curves: the table `curves`, or None where the study has none.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        speed_margin: ratios between which two schemes count as equally fast.
        epochs: length of a run, T; not reaching the threshold counts as T.
        alpha: error rate of the family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    """
    table = _with_restricted_epochs(runs, schemes, epochs)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    arrays = {
        level: arrange(table[table["normalization"] == level], RESTRICTED_EPOCHS)
        for level in levels_present(table)
    }
    differences = arm_differences(
        table,
        LOG_EPOCHS,
        family="speed",
        reference=reference,
        schemes=schemes,
        lost="not_reached",
    )
    return SpeedAnalysis(
        means=_means(table, arrays, schemes),
        contrasts=_contrasts(table, arrays, differences, plan, speed_margin=speed_margin),
        curve_means=curve_means(runs, curves, schemes=schemes, analysis_seed=analysis_seed),
    )


def _with_restricted_epochs(
    runs: pd.DataFrame, schemes: Sequence[str], epochs: float
) -> pd.DataFrame:
    """Return the runs that are judged with restricted and logarithmic times."""
    table = read_runs(runs, needed=TIMES)
    table = reached_by(treatments(table[table["scheme"].isin(list(schemes))]), epochs)
    restricted = table["epochs_to_threshold"].where(table["reached"], float(epochs))
    return table.assign(**{RESTRICTED_EPOCHS: restricted, LOG_EPOCHS: np.log(restricted)})


def _contrasts(
    table: pd.DataFrame,
    arrays: Mapping[str, PairedArray],
    differences: ArmDifferences,
    plan: FlipPlan,
    *,
    speed_margin: tuple[float, float],
) -> pd.DataFrame:
    labels, whole = differences.labels, differences.over_all_cells
    if labels.empty:
        return pd.DataFrame(columns=list(CONTRASTS))
    low, high = (np.full(len(labels), np.log(end)) for end in speed_margin)
    tests = contrast_tests(differences, plan, Margins(lower=low, upper=high), name="speed")
    hazards = hazard_ratios(table, labels)
    frame = pd.concat(
        [labels, tests, as_ratios(tests), restricted_ratios(arrays, labels), hazards], axis=1
    )
    frame["hazard_p_adjusted"] = adjusted_beside(hazards["hazard_p"].to_numpy(), whole)
    # a longer time is a smaller hazard
    same_sign = np.sign(frame["estimate"]) == -np.sign(np.log(frame["hazard_ratio"]))
    disagrees = fragile(
        frame["p_adjusted"].to_numpy(),
        frame["hazard_p_adjusted"].to_numpy(),
        ~same_sign.to_numpy(),
        alpha=plan.alpha,
    )
    frame["fragile"] = disagrees | frame["skewed"]
    frame["margin_lower"], frame["margin_upper"] = speed_margin
    return frame[list(CONTRASTS)]


def _means(
    table: pd.DataFrame, arrays: Mapping[str, PairedArray], schemes: Sequence[str]
) -> pd.DataFrame:
    rows = []
    for level, array in arrays.items():
        part = table[table["normalization"] == level]
        for scheme in schemes:
            runs = part[part["scheme"] == scheme]
            row: dict[str, object] = dict.fromkeys(MEANS, np.nan)
            if scheme in array.levels:
                test = one_sample(array.cell_mean(array.of(scheme))[:, None]).iloc[0]
                row |= {name: test[name] for name in MEANS[2:]}
            row |= {"normalization": level, "scheme": scheme}
            rows.append({**row, "runs": len(runs), "reached": int(runs["reached"].sum())})
    return pd.DataFrame(rows, columns=[*MEANS, "runs", "reached"])
