"""The mixed model of final accuracy, one per normalisation, and the joint one across them.

``accuracy ~ scheme * cell + (1 | seed:cell) + (1 | seed:scheme)``, REML, with a residual standard
deviation for each scheme and cell: with one pooled SD and one scheme five times noisier in one
cell, that scheme's contrast there has 38 % type I error (docs/statistics.md). The model
is the co-primary analysis: it never decides, but where it disagrees the verdict is fragile.
"""

import contextlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.study_runs import ALL_CELLS, constant_groups
from biasinit.statistics.mixed.engine_comparison import compare_with_statsmodels
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit
from biasinit.statistics.mixed.residual_checks import residual_checks
from biasinit.vocabulary import TREATMENTS

CHECKED_TABLES = 199  # simulated for the residual checks, so that p is a multiple of 1 %
ESTIMATES = ("estimate", "standard_error", "df", "p")


@dataclass(frozen=True, kw_only=True)
class AccuracyModel:
    """A fit and the runs that it used, or the sentence that says why there is none."""

    fit: MixedFit | None
    runs: pd.DataFrame
    notes: tuple[str, ...]


def fit_accuracy(runs: pd.DataFrame, *, joint: bool) -> AccuracyModel:
    """Return the mixed model of ``final_accuracy``.

    Args:
        runs: of one treatment normalisation, or of several with ``joint``.
        joint: adds normalisation, crossed with everything, and a block within each.

    """
    usable = runs[np.isfinite(runs["final_accuracy"].astype(float))].reset_index(drop=True)
    spread_by = ["scheme", "cell", *(["normalization"] if joint else [])]
    notes = []
    if len(usable):
        constant = constant_groups(usable, "final_accuracy", spread_by)
        if constant.any():
            named = usable[constant].groupby(spread_by).size().index.tolist()
            shown = "; ".join(", ".join(map(str, np.atleast_1d(key))) for key in named[:5])
            notes.append(f"Left out, as the accuracy there does not vary: {shown}.")
            usable = usable[~constant].reset_index(drop=True)
    several_cells = usable["cell"].nunique() > 1
    factors = ["scheme", *(["cell"] if several_cells else [])]
    factors += ["normalization"] if joint else []
    residual_by = [name for name in spread_by if name in factors]
    if usable["scheme"].nunique() < 2:
        return AccuracyModel(
            fit=None, runs=usable, notes=(*notes, "Fewer than two schemes can be compared.")
        )
    try:
        fit = fit_mixed(
            usable,
            f"final_accuracy ~ {' * '.join(factors)}",
            random_terms(usable, joint=joint),
            residual_by=residual_by,
        )
    except (NotEstimableError, np.linalg.LinAlgError) as problem:
        return AccuracyModel(fit=None, runs=usable, notes=(*notes, str(problem)))
    return AccuracyModel(fit=fit, runs=usable, notes=(*notes, *fit.notes))


def random_terms(runs: pd.DataFrame, *, joint: bool) -> list[str]:
    """Return the grouping terms that the design can tell apart, by structure and never by data.

    The block comes first; scheme-specific seed effects need several cells, and a block within
    each normalisation needs several schemes.
    """
    several_cells = runs["cell"].nunique() > 1
    block = "seed:cell" if several_cells else "seed"
    terms = [block]
    if joint:
        terms.append(f"{block}:normalization")
    if several_cells or joint:
        terms.append("seed:scheme")
    kept = []
    for term in terms:
        levels = runs.groupby(term.split(":"), sort=False).ngroups
        if 1 < levels < len(runs):
            kept.append(term)
    return kept


def contrast_rows(
    fit: MixedFit, scheme: str, reference: str, cell: str, *, crossed: bool
) -> Floats:
    """Return the weights of scheme minus reference, (1, parameters).

    Args:
        fit: the model.
        scheme: compared with the reference.
        reference: subtracted.
        cell: a label, or "all" for the mean over cells.
        crossed: the difference of the contrast between normalisations.

    Raises:
        KeyError: the model has no such scheme or cell.

    """
    factors = ["scheme"]
    factors += ["cell"] if cell != ALL_CELLS and "cell" in fit.factors else []
    factors += ["normalization"] if crossed else []
    grid, means = fit.grid(factors)
    place = {tuple(row): index for index, row in enumerate(grid.itertuples(index=False))}
    at = (cell,) if "cell" in factors else ()
    if not crossed:
        return np.asarray(means[place[(scheme, *at)]] - means[place[(reference, *at)]])[None, :]
    on, off = (
        means[place[(scheme, *at, level)]] - means[place[(reference, *at, level)]]
        for level in (TREATMENTS[1], TREATMENTS[0])
    )
    return np.asarray(on - off)[None, :]


def mixed_columns(model: AccuracyModel, labels: pd.DataFrame, *, crossed: bool) -> pd.DataFrame:
    """Return ``mixed_estimate, mixed_standard_error, mixed_df, mixed_p`` of each labelled row."""
    names = [f"mixed_{name}" for name in ESTIMATES]
    table = pd.DataFrame(np.nan, index=labels.index, columns=names)
    if model.fit is None:
        return table
    weights = {}
    for place, row in zip(labels.index, labels.itertuples(), strict=True):
        with contextlib.suppress(KeyError):  # an arm without runs
            weights[place] = contrast_rows(
                model.fit, str(row.scheme), str(row.reference), str(row.cell), crossed=crossed
            )[0]
    if weights:
        tests = model.fit.tests(np.array(list(weights.values())))
        table.loc[list(weights), names] = tests[list(ESTIMATES)].to_numpy()
    return table


def scheme_by_cell(model: AccuracyModel, scheme: str, reference: str, *, crossed: bool) -> float:
    """Return the p-value of the joint test that the contrast is the same in all cells."""
    fit = model.fit
    if fit is None or "cell" not in fit.factors:
        return float("nan")
    try:
        rows = np.vstack(
            [
                contrast_rows(fit, scheme, reference, cell, crossed=crossed)
                for cell in fit.factors["cell"]
            ]
        )
    except KeyError:
        return float("nan")
    return fit.joint_test(rows[1:] - rows[0]).p


def model_table(
    normalization: str, model: AccuracyModel, *, compare: bool, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the rows of `accuracy_model` for one fit.

    Args:
        normalization: label of the rows.
        model: the fit.
        compare: fit the homoscedastic version with statsmodels too and report the difference.
        rng: the stream of the simulated residuals.

    """
    rows: list[tuple[str, str, float, str]] = []
    fit = model.fit
    if fit is not None:
        random = fit.variance_components.drop("residual")
        for term, variance in random.items():
            note = "at zero" if term in fit.singular else ""
            rows.append(("variance component", str(term), float(variance), note))
        for level, deviation in fit.residual_sd.items():
            rows.append(("residual SD", str(level), float(deviation), ""))
        mean_residual = float((fit.residual_sd**2).mean())
        total = float(random.sum()) + mean_residual
        rows.append(
            (
                "correlation",
                "two schemes of one block",
                float(random.iloc[:1].sum()) / total if total > 0 else float("nan"),
                "share of the variance that the pairing removes from differences",
            )
        )
        rows.append(("log-likelihood", "REML", fit.log_likelihood, fit.formula))
        rows.append(("runs", "used", float(fit.n), ""))
        for check in residual_checks(fit, draws=CHECKED_TABLES, rng=rng).itertuples():
            note = f"observed {check.observed:.2f}, expected {check.expected:.2f}; {check.meaning}"
            rows.append(("residual check, p", str(check.check), float(str(check.p)), note))
        if compare:
            rows += compare_with_statsmodels(model.runs, fit).rows()
    for note in model.notes:
        rows.append(("note", "", float("nan"), note))
    frame = pd.DataFrame(rows, columns=["quantity", "level", "value", "note"])
    frame.insert(0, "normalization", normalization)
    return frame
