"""Checks whose answer is known beforehand: identity, A/A arm, and pairing.

A bias before batch normalisation is cancelled exactly by the mean subtraction, so all schemes
must agree there (an identity, which enters no statistics). The A/A arm repeats one scheme with
another order of batches: an effect found there is a false alarm by construction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.accuracy.accuracy_model import fit_accuracy
from biasinit.statistics.accuracy.contrasts import CONTRASTS, contrast_table
from biasinit.statistics.inference.arrays import Bytes, Floats
from biasinit.statistics.inference.collapsed import OUTCOME
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.arms import arm_differences
from biasinit.statistics.paired.pairing import pairing_audit
from biasinit.statistics.trust.packed_bits import packed, unpacked
from biasinit.vocabulary import AGAIN, IDENTITY

IDENTITY_COLUMNS = (
    *("cell", "scheme", "reference", "seeds"),
    *("mean_accuracy_difference", "largest_accuracy_difference", "share_identical_predictions"),
    *("margin", "fails"),
)
FAILING_P = 0.05  # of a one-sample t-test; and the mean must lie beyond the margin


@dataclass(frozen=True, kw_only=True)
class ControlChecks:
    """The tables `identity`, `replicate` and `pairing`; empty where the study has no such arm."""

    identity: pd.DataFrame
    replicate: pd.DataFrame
    pairing: pd.DataFrame


def check_controls(
    runs: pd.DataFrame,
    correct: pd.DataFrame | None,
    *,
    reference: str,
    schemes: Sequence[str],
    replicate: str | None,
    margins: Mapping[str, float],
    alpha: float,
    resamples: int,
    analysis_seed: int,
    test_images: Mapping[str, int] | None = None,
) -> ControlChecks:
    """Return the checks whose answer is known beforehand.

    Args:
        runs: the table `runs`.
        correct: the table `correct`, or None where the study has none.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        replicate: name of the scheme that the A/A arm repeats, or None.
        margins: equivalence margin in points for each data set.
        alpha: error rate of the family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.
        test_images: number of test images of each data set; without it the few padding bits of
            the packed predictions count as identical.

    """
    table = read_runs(runs, needed=[OUTCOME])
    return ControlChecks(
        identity=_identity(table, correct, reference, schemes, margins, test_images or {}),
        replicate=_replicate(
            table,
            replicate,
            FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed),
            margins=margins,
        ),
        pairing=pairing_audit(runs, reference=reference, schemes=schemes),
    )


def _replicate(
    table: pd.DataFrame,
    replicate: str | None,
    plan: FlipPlan,
    *,
    margins: Mapping[str, float],
) -> pd.DataFrame:
    pseudo = f"{replicate}{AGAIN}"
    table = treatments(table)
    table = table[table["scheme"].isin([str(replicate), pseudo])]
    if replicate is None or not (table["scheme"] == pseudo).any():
        return pd.DataFrame(columns=list(CONTRASTS))
    differences = arm_differences(
        table,
        OUTCOME,
        family="replicate",
        reference=replicate,
        schemes=[replicate, pseudo],
    )
    trained = table[~table["failed"]]
    models = {
        level: fit_accuracy(trained[trained["normalization"] == level], joint=False)
        for level in levels_present(table)
    }
    return contrast_table(differences, plan, models=models, margins=margins, runs=table)


def _identity(
    table: pd.DataFrame,
    correct: pd.DataFrame | None,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    test_images: Mapping[str, int],
) -> pd.DataFrame:
    bits = {} if correct is None else _packed(correct)
    part = table[table["normalization"] == IDENTITY]
    rows = []
    for cell in sorted(part["cell"].unique()):
        in_cell = part[part["cell"] == cell].set_index("seed")
        base = in_cell[in_cell["scheme"] == reference]
        images = _images(in_cell, test_images)
        margin = common_margin(margins, in_cell)
        for scheme in schemes:
            arm = in_cell[in_cell["scheme"] == scheme]
            common = arm.index.intersection(base.index)
            if scheme == reference or len(common) == 0:
                continue
            gaps = (arm.loc[common, OUTCOME] - base.loc[common, OUTCOME]).to_numpy(dtype=float)
            pairs = [
                (bits[(cell, scheme, seed)], bits[(cell, reference, seed)])
                for seed in common
                if (cell, scheme, seed) in bits and (cell, reference, seed) in bits
            ]
            rows.append(
                {
                    "cell": cell,
                    "scheme": scheme,
                    "reference": reference,
                    "seeds": len(common),
                    "mean_accuracy_difference": float(gaps.mean()),
                    "largest_accuracy_difference": float(np.abs(gaps).max()),
                    "share_identical_predictions": _share_identical(pairs, images),
                    "margin": margin,
                    "fails": fails_identity(gaps, margin),
                }
            )
    return pd.DataFrame(rows, columns=list(IDENTITY_COLUMNS)).astype({"fails": bool})


def fails_identity(gaps: Floats, margin: float) -> bool:
    """Return whether schemes that must agree differ, and by more than matters.

    In floating-point numbers a bias is not cancelled to the last bit, and training makes single
    runs differ by that: of either sign, so that their mean stays near zero.

    Args:
        gaps: differences of accuracy from the reference, one for each seed.
        margin: of equivalence, in points.

    """
    mean = float(gaps.mean())
    if not abs(mean) > margin:
        return False
    error = float(gaps.std(ddof=1)) / math.sqrt(len(gaps)) if len(gaps) > 1 else 0.0
    if error == 0:
        return True
    return bool(2 * scipy.stats.t.sf(abs(mean) / error, len(gaps) - 1) <= FAILING_P)


def _packed(correct: pd.DataFrame) -> dict[tuple[str, str, Any], Bytes]:
    """Return the packed bits by cell, scheme and seed of the identity check."""
    if "normalization" not in correct:
        return {}
    labelled = read_runs(correct.drop(columns=["correct"]))
    chosen = np.flatnonzero((labelled["normalization"] == IDENTITY).to_numpy())
    values = correct["correct"].to_numpy()
    keys = list(zip(labelled["cell"], labelled["scheme"], labelled["seed"], strict=True))
    return {keys[row]: packed(values[row]) for row in chosen}


def _images(runs: pd.DataFrame, test_images: Mapping[str, int]) -> int | None:
    if "dataset" not in runs:
        return None
    return test_images.get(str(runs["dataset"].iloc[0]))


def _share_identical(pairs: Sequence[tuple[Bytes, Bytes]], images: int | None) -> float:
    same = total = 0
    for first, second in pairs:
        differ = unpacked(first ^ second, images)
        same, total = same + int((~differ).sum()), total + len(differ)
    return same / total if total else float("nan")
