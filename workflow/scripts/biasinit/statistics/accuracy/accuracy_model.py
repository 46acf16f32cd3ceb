"""The mixed model of final accuracy, one per normalisation, and the joint one across them.

``accuracy ~ scheme * cell + (1 | seed) + (1 | seed:cell) + (1 | seed:scheme)``, REML, with a
residual standard deviation for each scheme and cell: with one pooled SD and one scheme five times
noisier in one cell, that scheme's contrast there has 38 % type I error (docs/statistics.md). The
joint model has every term within each normalisation too. The model is the co-primary analysis: it
never decides, but where it disagrees the verdict is fragile.
"""

import contextlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.study_runs import constant_groups
from biasinit.statistics.mixed.engine_comparison import (
    NO_DECISION,
    TESTS,
    compare_with_statsmodels,
)
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit
from biasinit.statistics.mixed.residual_checks import residual_checks
from biasinit.vocabulary import ALL_CELLS, WITHOUT_AND_WITH

CHECKED_TABLES = 199  # simulated for the residual checks, so that p is a multiple of 1 %
ESTIMATES = ("estimate", "standard_error", "df", "p")
MODEL_COLUMNS = (
    *("normalization", "quantity", "level", "cell"),
    *("value", "standard_error", "lower", "upper", "p", "note"),
)
STATSMODELS = "statsmodels MixedLM"
CONTRAST = f"contrast, {STATSMODELS}"  # a quantity of the table


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
            notes.append(f"Left out, as nothing varies there: {shown}.")
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

    Every term has its margins before it: where seeds share weights and batches between cells and
    ``seed`` is left out, ``seed:scheme`` takes up what all schemes of a seed share, and with five
    cells the standard errors of contrasts are 1.9 times what they should be
    (``bench/statistics/README.md``). A term that groups the runs as an earlier one does, or has a
    level for each run, is left out.
    """
    crossed = ["seed:cell", "seed:scheme"]
    if joint:
        crossed += ["seed:normalization", "seed:cell:normalization", "seed:scheme:normalization"]
    kept: dict[bytes, str] = {}
    for term in ("seed", *crossed):
        groups = runs.groupby(term.split(":"), sort=False).ngroup()
        if 1 < groups.nunique() < len(runs):
            kept.setdefault(groups.to_numpy().tobytes(), term)
    return list(kept.values())


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
        for level in (WITHOUT_AND_WITH[1], WITHOUT_AND_WITH[0])
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


def _shared_by_schemes(random: "pd.Series[float]") -> float:
    """Return the variance of the terms that are the same for all schemes of a block."""
    return float(random[["scheme" not in str(term).split(":") for term in random.index]].sum())


def model_table(
    normalization: str, model: AccuracyModel, *, reference: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the rows of `accuracy_model` for one fit.

    Args:
        normalization: label of the rows.
        model: the fit.
        reference: the scheme that the contrasts of statsmodels' `MixedLM` subtract; there are none
            of the joint model.
        rng: the stream of the simulated residuals.

    """
    rows: list[dict[str, object]] = []
    if model.fit is not None:
        rows += _variance_rows(model.fit)
        for check in residual_checks(model.fit, draws=CHECKED_TABLES, rng=rng).itertuples():
            note = f"observed {check.observed:.2f}, expected {check.expected:.2f}; {check.meaning}"
            rows.append(_row("residual check, p", str(check.check), float(str(check.p)), note))
        if "normalization" not in model.fit.factors:
            rows += _statsmodels_rows(model.runs, model.fit, reference)
    rows += [_row("note", "", float("nan"), note) for note in model.notes]
    frame = pd.DataFrame(rows).reindex(columns=list(MODEL_COLUMNS[1:]))
    frame.insert(0, "normalization", normalization)
    return frame


def _row(quantity: str, level: str, value: float, note: str) -> dict[str, object]:
    return {"quantity": quantity, "level": level, "cell": "", "value": value, "note": note}


def _variance_rows(fit: MixedFit) -> list[dict[str, object]]:
    random = fit.variance_components.drop("residual")
    rows = [
        _row("variance component", str(term), float(variance), "at zero" * (term in fit.singular))
        for term, variance in random.items()
    ]
    rows += [
        _row("residual SD", str(level), float(deviation), "")
        for level, deviation in fit.residual_sd.items()
    ]
    total = float(random.sum()) + float((fit.residual_sd**2).mean())
    return [
        *rows,
        _row(
            "correlation",
            "two schemes of one block",
            _shared_by_schemes(random) / total if total > 0 else float("nan"),
            "share of the variance that the pairing removes from differences",
        ),
        _row("log-likelihood", "REML", fit.log_likelihood, fit.formula),
        _row("runs", "used", float(fit.n), ""),
    ]


def _statsmodels_rows(runs: pd.DataFrame, fit: MixedFit, reference: str) -> list[dict[str, object]]:
    """Return both engines' log-likelihoods, and each contrast as `MixedLM` has it."""
    schemes = [scheme for scheme in fit.factors["scheme"] if scheme != reference]
    labels = [
        (scheme, cell)
        for scheme in schemes
        for cell in (ALL_CELLS, *fit.factors.get("cell", ()))
        if reference in fit.factors["scheme"]
    ]
    weights = np.zeros((len(labels), len(fit.params)))
    for place, (scheme, cell) in enumerate(labels):
        weights[place] = contrast_rows(fit, scheme, reference, cell, crossed=False)
    found = compare_with_statsmodels(runs, fit, weights)
    rows = [
        _row("engine", "own block-wise REML", found.own, "log-likelihood with one residual SD"),
        _row("engine", STATSMODELS, found.statsmodels, found.words),
        _row("engine", "largest difference of effects", found.largest_effect_difference, ""),
        _row("note", STATSMODELS, float("nan"), NO_DECISION),
    ]
    for (scheme, cell), test in zip(labels, found.contrasts.itertuples(index=False), strict=True):
        row = _row(CONTRAST, scheme, float("nan"), found.words)
        value, *uncertainty = test
        rows.append(
            row | {"cell": cell, "value": value} | dict(zip(TESTS[1:], uncertainty, strict=True))
        )
    return rows
