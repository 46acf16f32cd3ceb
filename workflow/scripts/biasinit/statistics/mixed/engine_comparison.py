"""The homoscedastic mixed model fitted by statsmodels, compared with our own likelihood.

statsmodels' `MixedLM` reports false optima with ``converged=True`` when a component is zero, and
raises on singular fits (docs/statistics.md). It is fitted here with Powell first, then L-BFGS;
whatever it answers, the own fit is what is used, and the difference is reported.
"""

import warnings
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit

AGREEMENT = 1e-3  # difference of log-likelihoods below which the two engines agree
LARGEST = 1_500  # rows; beyond, MixedLM takes minutes where the own fit takes a second


class EngineOutcome(StrEnum):
    """How the comparison ended."""

    AGREED = "statsmodels MixedLM reached the same optimum."
    FALSE_OPTIMUM = "statsmodels MixedLM stopped below the optimum; the own fit is used."
    OWN_BELOW = "statsmodels MixedLM reached a higher likelihood; treat the fit with care."
    FAILED = "statsmodels MixedLM failed; the own fit is used."
    TOO_LARGE = "Not compared: the table is too large for statsmodels MixedLM."
    NO_FIT = "Not compared: the homoscedastic model cannot be fitted."


@dataclass(frozen=True, kw_only=True)
class EngineComparison:
    """Log-likelihoods of the homoscedastic model in both engines, NaN where there is none."""

    outcome: EngineOutcome
    own: float
    statsmodels: float
    largest_effect_difference: float
    detail: str

    def rows(self) -> list[tuple[str, str, float, str]]:
        """Return quantity, level, value and note for the table of the model."""
        note = f"{self.outcome.value} {self.detail}".strip()
        return [
            ("engine", "own block-wise REML", self.own, "homoscedastic log-likelihood"),
            ("engine", "statsmodels MixedLM", self.statsmodels, note),
            ("engine", "largest difference of effects", self.largest_effect_difference, ""),
        ]


def compare_with_statsmodels(data: pd.DataFrame, fit: MixedFit) -> EngineComparison:
    """Return how statsmodels' `MixedLM` fares on the homoscedastic version of a model.

    Args:
        data: the rows that the model was fitted on.
        fit: the own fit; its residual SDs are pooled for the comparison.

    """
    columns = sorted({part for term in fit.random for part in term.split(":")} | set(fit.factors))
    outcome = fit.formula.split("~")[0].strip()
    frame = data.iloc[fit.state.design.rows] if len(data) > fit.n else data
    frame = frame[[outcome, *columns]].reset_index(drop=True)
    frame[columns] = frame[columns].astype(str)
    try:
        own = fit_mixed(frame, fit.formula, fit.random)
    except (NotEstimableError, np.linalg.LinAlgError) as problem:
        return _without(EngineOutcome.NO_FIT, float("nan"), str(problem))
    if len(frame) > LARGEST:
        return _without(EngineOutcome.TOO_LARGE, own.log_likelihood, "")
    if not fit.random or own.params.isna().any():
        return _without(EngineOutcome.NO_FIT, own.log_likelihood, "")
    structure = _structure(frame, fit.random)
    try:
        value, effects = _fit_by_statsmodels(frame, fit.formula, structure)
    except (np.linalg.LinAlgError, ValueError, ArithmeticError) as problem:
        return _without(EngineOutcome.FAILED, own.log_likelihood, f"({problem})")
    return EngineComparison(
        outcome=_outcome_of(own.log_likelihood - value),
        own=own.log_likelihood,
        statsmodels=value,
        largest_effect_difference=float(np.abs(effects - own.params.to_numpy()).max()),
        detail="",
    )


def _fit_by_statsmodels(
    frame: pd.DataFrame, formula: str, structure: "_Structure"
) -> tuple[float, Floats]:
    """Return log-likelihood and fixed effects of `MixedLM`, which may raise."""
    group, intercept, components = structure
    with warnings.catch_warnings():
        # the verdict on the optimum is ours; each optimiser ignores the other's tolerance
        warnings.filterwarnings("ignore", "Keyword arguments", FutureWarning)
        for category in (ConvergenceWarning, UserWarning, RuntimeWarning):
            warnings.simplefilter("ignore", category)
        model = smf.mixedlm(
            formula, frame, groups=group, re_formula=intercept, vc_formula=components or None
        )
        found = model.fit(method=["powell", "lbfgs"], ftol=1e-13, tol=1e-10)
        return float(found.llf), found.fe_params.to_numpy()


def _outcome_of(gap: float) -> EngineOutcome:
    """Return what a difference of log-likelihoods, the own minus the other, says."""
    if not np.isfinite(gap):
        return EngineOutcome.FAILED
    if abs(gap) < AGREEMENT:
        return EngineOutcome.AGREED
    return EngineOutcome.FALSE_OPTIMUM if gap > 0 else EngineOutcome.OWN_BELOW


def _without(outcome: EngineOutcome, own: float, detail: str) -> EngineComparison:
    return EngineComparison(
        outcome=outcome,
        own=own,
        statsmodels=float("nan"),
        largest_effect_difference=float("nan"),
        detail=detail,
    )


_Structure: TypeAlias = tuple["pd.Series[str]", str | None, dict[str, str]]


def _structure(frame: pd.DataFrame, random: tuple[str, ...]) -> _Structure:
    """Return the top group, its random-effects formula, and the variance components within it.

    statsmodels needs one grouping that contains all others, and evaluates variance components
    inside it: the first term when all others refine it, else the columns common to all terms,
    which then have no intercept of their own, else one dummy group.
    """
    parts = [term.split(":") for term in random]
    shared = set.intersection(*(set(part) for part in parts))
    whole = shared == set(parts[0])
    inner = random[1:] if whole else random
    components = {
        term.replace(":", "_"): "0 + "
        + ":".join(f"C({name})" for name in term.split(":") if name not in shared)
        for term in inner
    }
    if shared:
        group = frame[sorted(shared)].agg(":".join, axis=1)
    else:
        group = pd.Series("all", index=frame.index)
    return group, "1" if whole else None, components
