"""Rows of `accuracy_contrasts`: per-seed contrasts with the mixed model beside them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.accuracy_model import (
    AccuracyModel,
    mixed_columns,
    scheme_by_cell,
)
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.equivalence import equivalence_of
from biasinit.statistics.inference.second_analysis import adjusted_beside, fragile
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION, common_margin
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.seed_tests import family_and_cells

OUTCOME = "final_accuracy"
CONTRASTS = (
    *("family", "normalization", "scheme", "reference", "cell", "basis", "seeds"),
    *("estimate", "standard_error", "df", "t", "p", "lower", "upper"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("margin", "p_equivalence", "p_equivalence_adjusted", "smallest_margin"),
    *("mixed_estimate", "mixed_standard_error", "mixed_df", "mixed_p", "mixed_p_adjusted"),
    *("fragile", "scheme_by_cell_p"),
)
NO_MODEL = AccuracyModel(fit=None, runs=pd.DataFrame(), notes=())


def contrast_table(
    differences: ArmDifferences,
    plan: FlipPlan,
    *,
    models: Mapping[str, AccuracyModel],
    margins: Mapping[str, float],
    runs: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows of `accuracy_contrasts` for one family.

    Args:
        differences: per-seed differences; the rows with cell "all" are the family, the others
            are exploratory.
        plan: of the family.
        models: mixed model for each value of ``normalization``.
        margins: equivalence margin in points for each data set.
        runs: the runs behind the differences.

    """
    labels, whole = differences.labels, differences.over_all_cells
    tests = family_and_cells(differences, plan, name=str(labels["family"].iloc[0]))
    table = pd.concat([labels, tests], axis=1)
    table["margin"] = np.where(
        whole, common_margin(margins, runs), _cell_margins(labels, runs, margins)
    )
    equivalence = equivalence_of(table, family=whole)
    table = pd.concat([table, equivalence, _model_columns(labels, whole, models)], axis=1)
    table["mixed_p_adjusted"] = adjusted_beside(table["mixed_p"].to_numpy(), whole)
    table["fragile"] = fragile(
        table["p_adjusted"].to_numpy(),
        table["mixed_p_adjusted"].to_numpy(),
        (np.sign(table["estimate"]) != np.sign(table["mixed_estimate"])).to_numpy(),
        alpha=plan.alpha,
    )
    return table[list(CONTRASTS)]


def _model_columns(
    labels: pd.DataFrame, whole: Booleans, models: Mapping[str, AccuracyModel]
) -> pd.DataFrame:
    """Return what the mixed models say of each row, and of the cells behind those over all."""
    frames = []
    for normalization, rows in labels.groupby("normalization", sort=False):
        model = models.get(str(normalization), NO_MODEL)
        crossed = normalization == CROSSED_NORMALIZATION
        frames.append(
            mixed_columns(model, rows, crossed=crossed).assign(
                scheme_by_cell_p=[
                    scheme_by_cell(model, str(row.scheme), str(row.reference), crossed=crossed)
                    if whole[place]
                    else np.nan
                    for place, row in zip(rows.index, rows.itertuples(), strict=True)
                ]
            )
        )
    return pd.concat(frames).sort_index().astype(float)


def _cell_margins(labels: pd.DataFrame, runs: pd.DataFrame, margins: Mapping[str, float]) -> Floats:
    if "dataset" not in runs:
        return np.full(len(labels), common_margin(margins, runs))
    of_cell = runs.groupby("cell")["dataset"].first().astype(str).map(dict(margins))
    return np.asarray(labels["cell"].map(of_cell), dtype=float)
