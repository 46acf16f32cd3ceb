"""Linear mixed-effects models with random intercepts, fitted by REML.

``fit_mixed`` maximises the block-wise likelihood of ``block_likelihood`` and returns a
``MixedFit``: coefficients with (X' V^-1 X)^-1 as covariance, variance components, and tests whose
degrees of freedom follow Satterthwaite. Residual standard deviations may differ by the level of
one or several factors, which neither lme4 nor statsmodels offers for crossed designs.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Booleans, Floats, Integers, group_sums
from biasinit.statistics.inference.model_formula import Design, level_codes, read_design
from biasinit.statistics.mixed.block_likelihood import BlockLikelihood
from biasinit.statistics.mixed.mixed_fit import MixedFit, MixedState
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
    names, by = list(random), list(residual_by)
    grouping = [[part.strip() for part in term.split(":")] for term in names]
    repeated = [
        name
        for place, name in enumerate(names)
        if sorted(grouping[place]) in [sorted(columns) for columns in grouping[:place]]
    ]
    if repeated:
        raise NotEstimableError(
            f"'random' names the term {', '.join(repeated)} twice, so its variance cannot be "
            "split. Name each term once."
        )
    design = read_design(data, formula, [*itertools.chain.from_iterable(grouping), *by])
    used = data.iloc[design.rows]
    terms = [_term_codes(used, columns, design) for columns in grouping]
    groups, levels = (
        level_codes(used, by) if by else (np.zeros(len(used), dtype=np.int64), ("all",))
    )
    kept = design.matrix[:, design.kept]
    n, p = kept.shape
    orthonormal, triangle = np.linalg.qr(kept)
    orthonormal, triangle = orthonormal * np.sqrt(n), triangle / np.sqrt(n)
    residuals = design.response - orthonormal @ (orthonormal.T @ design.response) / n
    residuals -= orthonormal @ (orthonormal.T @ residuals) / n
    scale = _scale(residuals, design.response, n - p)
    likelihood = BlockLikelihood(
        design=orthonormal,
        response=residuals / scale,
        terms=terms,
        groups=groups,
    )
    sizes = np.bincount(groups)
    guess = group_sums(groups, (residuals / scale) ** 2, len(sizes)) / sizes
    rounding = NO_VARIATION * float(np.abs(design.response).max()) / scale
    _refuse_silent_levels(guess <= max(rounding**2, 1e-18), levels, by)
    optimum = maximise(likelihood, np.maximum(guess, 1e-12))
    basis = np.linalg.inv(triangle)
    shift = np.linalg.lstsq(kept, design.response - residuals, rcond=None)[0]
    coefficients = shift + basis @ optimum.point.coefficients * scale
    params = pd.Series(np.full(len(design.names), np.nan), index=list(design.names))
    params.iloc[np.flatnonzero(design.kept)] = coefficients
    covariance = pd.DataFrame(np.nan, index=params.index, columns=params.index)
    places = np.flatnonzero(design.kept)
    covariance.iloc[places, places] = (
        basis @ optimum.point.coefficient_covariance @ basis.T * scale**2
    )
    criterion = optimum.point.value + 2 * n * np.log(scale)
    criterion += 2 * np.log(np.abs(np.diag(triangle))).sum() - 2 * p * np.log(scale)
    return MixedFit(
        formula=formula,
        random=tuple(names),
        params=params,
        covariance=covariance,
        variance_components=pd.Series(
            [*(optimum.components * scale**2), np.nan if by else optimum.residual[0] * scale**2],
            index=[*names, "residual"],
        ),
        residual_sd=pd.Series(np.sqrt(optimum.residual) * scale, index=list(levels)),
        log_likelihood=float(-criterion / 2),
        singular=[name for name, zero in zip(names, optimum.zero, strict=True) if zero],
        n=n,
        notes=tuple(_notes(design, optimum, names, levels, len(data) - n)),
        state=MixedState(
            design=design,
            likelihood=likelihood,
            optimum=optimum,
            basis=basis,
            scale=scale,
            terms=tuple(terms),
            groups=groups,
            index=data.index[design.rows],
        ),
    )


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
