"""Linear mixed-effects models with random intercepts, fitted by REML.

``fit_mixed`` maximises the likelihood of ``restricted_likelihood`` and returns a
``MixedFit``: coefficients with (X' V^-1 X)^-1 as covariance, variance components, and tests whose
degrees of freedom follow Satterthwaite. Residual standard deviations may differ by the level of
one or several factors, which neither lme4 nor statsmodels offers for crossed designs.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Booleans, Floats, Integers, group_sums
from biasinit.statistics.inference.model_formula import Design, level_codes, read_design
from biasinit.statistics.mixed.mixed_fit import MixedFit, MixedState
from biasinit.statistics.mixed.restricted_likelihood import RestrictedLikelihood
from biasinit.statistics.mixed.variance_optimum import VarianceOptimum, maximise

NO_VARIATION = 1e-12  # spread / largest value below which the outcome does not vary


def fit_mixed(
    data: pd.DataFrame,
    formula: str,
    random: Sequence[str],
    *,
    residual_by: Sequence[str] = (),
) -> MixedFit:
    """Return a linear mixed model with random intercepts.

    Args:
        data: one row per run; any index and order. Rows with missing values are left out.
        formula: for example ``"accuracy ~ scheme * cell"``; text columns are factors.
        random: grouping terms, nested or crossed, such as ``["seed", "seed:cell"]``.
        residual_by: factors whose combined levels have residual SDs of their own.

    Raises:
        RunsTableError: a column is missing.
        NotEstimableError: the data cannot determine the model; the message says why.

    """
    grouping = _grouping(random)
    design = read_design(data, formula, [*itertools.chain.from_iterable(grouping), *residual_by])
    used = data.iloc[design.rows]
    terms = tuple(_term_codes(used, columns, design) for columns in grouping)
    groups, levels = (
        level_codes(used, residual_by)
        if residual_by
        else (np.zeros(len(used), dtype=np.int64), ("all",))
    )
    problem = _standardised(design)
    likelihood = RestrictedLikelihood(
        design=problem.matrix, response=problem.response, terms=terms, groups=groups
    )
    sizes = np.bincount(groups)
    guess = group_sums(groups, problem.response**2, len(sizes)) / sizes
    rounding = NO_VARIATION * float(np.abs(design.response).max()) / problem.scale
    _refuse_silent_levels(guess <= max(rounding**2, 1e-18), levels, residual_by)
    optimum = maximise(likelihood, np.maximum(guess, 1e-12))
    params, covariance = _coefficients(design, problem, optimum)
    scale = problem.scale
    residual = np.nan if residual_by else optimum.residual[0] * scale**2
    return MixedFit(
        formula=formula,
        random=tuple(random),
        params=params,
        covariance=covariance,
        variance_components=pd.Series(
            [*(optimum.components * scale**2), residual], index=[*random, "residual"]
        ),
        residual_sd=pd.Series(np.sqrt(optimum.residual) * scale, index=list(levels)),
        log_likelihood=problem.log_likelihood(optimum.point.value),
        singular=[name for name, zero in zip(random, optimum.zero, strict=True) if zero],
        n=len(used),
        notes=tuple(_notes(design, optimum, random, levels, len(data) - len(used))),
        state=MixedState(
            design=design,
            likelihood=likelihood,
            optimum=optimum,
            basis=problem.basis,
            scale=scale,
            terms=terms,
            groups=groups,
            index=used.index,
        ),
    )


def _grouping(random: Sequence[str]) -> list[list[str]]:
    """Return the columns of each grouping term."""
    grouping = [[part.strip() for part in term.split(":")] for term in random]
    repeated = [
        name
        for place, name in enumerate(random)
        if sorted(grouping[place]) in [sorted(columns) for columns in grouping[:place]]
    ]
    if repeated:
        raise NotEstimableError(
            f"'random' names the term {', '.join(repeated)} twice, so its variance cannot be "
            "split. Name each term once."
        )
    return grouping


@dataclass(frozen=True, kw_only=True)
class _Standardised:
    """The same regression with an orthonormal design and a response of variance near 1.

    ``matrix`` (n, p) spans the fixed effects, ``basis`` (p, p) turns its coefficients into those
    of the kept columns and ``triangle`` is its inverse; ``residuals`` (n,) are what the fixed
    effects leave, and ``response`` is the same in units of ``scale``.
    """

    matrix: Floats
    triangle: Floats
    basis: Floats
    response: Floats
    residuals: Floats
    scale: float

    def log_likelihood(self, criterion: float) -> float:
        """Return the restricted log-likelihood of the design and the response as they were."""
        n, p = self.matrix.shape
        criterion += 2 * n * np.log(self.scale)
        criterion += 2 * np.log(np.abs(np.diag(self.triangle))).sum() - 2 * p * np.log(self.scale)
        return float(-criterion / 2)


def _standardised(design: Design) -> _Standardised:
    kept = design.matrix[:, design.kept]
    n, p = kept.shape
    orthonormal, triangle = np.linalg.qr(kept)
    orthonormal, triangle = orthonormal * np.sqrt(n), triangle / np.sqrt(n)
    residuals = design.response - orthonormal @ (orthonormal.T @ design.response) / n
    residuals -= orthonormal @ (orthonormal.T @ residuals) / n
    scale = _scale(residuals, design.response, n - p)
    return _Standardised(
        matrix=orthonormal,
        triangle=triangle,
        basis=np.linalg.inv(triangle),
        response=residuals / scale,
        residuals=residuals,
        scale=scale,
    )


def _coefficients(
    design: Design, problem: _Standardised, optimum: VarianceOptimum
) -> tuple["pd.Series[float]", pd.DataFrame]:
    """Return the coefficients of all columns, and their covariance; NaN for dependent columns."""
    kept, basis, scale = design.matrix[:, design.kept], problem.basis, problem.scale
    fitted = design.response - problem.residuals
    shift = np.linalg.lstsq(kept, fitted, rcond=None)[0]
    places = np.flatnonzero(design.kept)
    params = pd.Series(np.full(len(design.names), np.nan), index=list(design.names))
    params.iloc[places] = shift + basis @ optimum.point.coefficients * scale
    covariance = pd.DataFrame(np.nan, index=params.index, columns=params.index)
    covariance.iloc[places, places] = (
        basis @ optimum.point.coefficient_covariance @ basis.T * scale**2
    )
    return params, covariance


def _term_codes(data: pd.DataFrame, columns: Sequence[str], design: Design) -> Integers:
    codes, levels = level_codes(data, columns)
    name = ":".join(columns)
    if len(levels) < 2:
        raise NotEstimableError(
            f"The random term '{name}' has a single level, so its variance cannot be told from "
            "the mean. Leave the term out, or add data."
        )
    if len(levels) == len(design.rows):
        raise NotEstimableError(
            f"The random term '{name}' has a level of its own for each of the {len(levels)} rows, "
            "so it cannot be told from the residual. Leave the term out."
        )
    return codes


def _scale(residuals: Floats, response: Floats, df: int) -> float:
    if df < 1:
        raise NotEstimableError(
            f"The fixed effects use up all {len(response)} rows; no residual variance is left. "
            "Add runs, or drop terms of the formula."
        )
    scale = float(np.sqrt(residuals @ residuals / df))
    if not scale > NO_VARIATION * float(np.abs(response).max(initial=0.0)):
        raise NotEstimableError(
            "The outcome does not vary around the fixed effects, so no standard error exists."
        )
    return scale


def _refuse_silent_levels(quiet: Booleans, levels: Sequence[str], by: Sequence[str]) -> None:
    """Raise where a residual SD of zero would make the likelihood unbounded.

    The silent level would then dictate the random effects of all other levels as well.
    """
    silent = [level for level, is_quiet in zip(levels, quiet, strict=True) if is_quiet]
    if by and silent:
        raise NotEstimableError(
            f"The outcome does not vary in {':'.join(by)} {', '.join(silent[:5])}, so no residual "
            "standard deviation of its own exists there. Leave those rows out, or drop "
            "'residual_by'."
        )


def _notes(
    design: Design,
    optimum: VarianceOptimum,
    names: Sequence[str],
    levels: Sequence[str],
    missing: int,
) -> list[str]:
    notes = []
    if missing:
        notes.append(f"{missing} rows with missing values were left out.")
    if not design.kept.all():
        dropped = [design.names[place] for place in np.flatnonzero(~design.kept)]
        notes.append(f"The data do not determine {', '.join(dropped)}.")
    for name, zero in zip(names, optimum.zero, strict=True):
        if zero:
            notes.append(f"The variance of {name} is estimated as zero.")
    for level, floored in zip(levels, optimum.floored, strict=True):
        if floored:
            notes.append(f"The residual variance of {level} is estimated as zero.")
    if optimum.curvature_deficient:
        notes.append("The likelihood is flat in some direction of the variances.")
    if optimum.gradient_norm > 1e-2:
        notes.append(f"The optimiser stopped at a slope of {optimum.gradient_norm:.1g}.")
    return notes
