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
from biasinit.statistics.inference.second_analysis import adjusted_beside, fragile
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION, common_margin
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.contrast_tests import COLUMNS as TESTS
from biasinit.statistics.paired.contrast_tests import Margins, contrast_tests
from biasinit.statistics.paired.seed_tests import one_sample

WITHOUT_COLLAPSED = ("without_collapsed", "without_collapsed_lower", "without_collapsed_upper")
CONTRASTS = (
    *("family", "normalization", "scheme", "reference", "cell", "basis"),
    *TESTS,
    *("margin", *WITHOUT_COLLAPSED),
    *("mixed_estimate", "mixed_standard_error", "mixed_df", "mixed_p", "mixed_p_adjusted"),
    *("mixed_scheme_by_cell_p", "fragile"),
)
NO_MODEL = AccuracyModel(fit=None, runs=pd.DataFrame(), notes=())


def contrast_table(
    differences: ArmDifferences,
    plan: FlipPlan,
    *,
    models: Mapping[str, AccuracyModel],
    margins: Mapping[str, float],
    runs: pd.DataFrame,
    without_collapsed: ArmDifferences | None = None,
) -> pd.DataFrame:
    """Return the rows of `accuracy_contrasts` for one family.

    Args:
        differences: per-seed differences; the rows with cell "all" are one family, the single
            cells another.
        plan: of the families.
        models: mixed model for each value of ``normalization``.
        margins: equivalence margin in points for each data set.
        runs: the runs behind the differences.
        without_collapsed: the same differences without collapsed runs, or None where none did.

    """
    labels, whole = differences.labels, differences.over_all_cells
    margin = np.where(whole, common_margin(margins, runs), _cell_margins(labels, runs, margins))
    name = str(labels["family"].iloc[0])
    tests = contrast_tests(differences, plan, Margins.around_zero(margin), name=name)
    table = pd.concat([labels, tests], axis=1).assign(margin=margin)
    table = table.join(_without(table, without_collapsed))
    table = table.join(_model_columns(labels, whole, models))
    table["mixed_p_adjusted"] = adjusted_beside(table["mixed_p"].to_numpy(), whole)
    disagrees = fragile(
        table["p_adjusted"].to_numpy(),
        table["mixed_p_adjusted"].to_numpy(),
        (np.sign(table["estimate"]) != np.sign(table["mixed_estimate"])).to_numpy(),
        alpha=plan.alpha,
    )
    table["fragile"] = disagrees | table["skewed"]
    return table[list(CONTRASTS)]


def _without(table: pd.DataFrame, differences: ArmDifferences | None) -> pd.DataFrame:
    """Return estimate and plain interval without collapsed runs, where there are any."""
    found = pd.DataFrame(np.nan, index=table.index, columns=list(WITHOUT_COLLAPSED))
    if differences is None:
        return found
    tests = one_sample(differences.values, fewest=differences.fewest)
    keys = ["normalization", "scheme", "cell"]
    rows = pd.concat([differences.labels[keys], tests], axis=1).set_index(keys)
    rows = rows.reindex(pd.MultiIndex.from_frame(table[keys]))
    fewer = (rows["seeds"].to_numpy() < table["seeds"].to_numpy())[:, None]
    numbers = rows[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    found[:] = np.where(fewer, numbers, np.nan)
    return found


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
                mixed_scheme_by_cell_p=[
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
