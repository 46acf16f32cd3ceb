"""The mixed model fitted by statsmodels' `MixedLM`, beside our own likelihood.

`MixedLM` has one residual variance for all runs, so it is compared with the own fit of that model,
from the same design. Why its contrasts are shown and do not decide is ``NO_DECISION``; at a
variance component of zero it has reported ``converged=True`` at a log-likelihood 38 below the
maximum (docs/statistics.md). Powell goes first, then L-BFGS: each alone stops early more often.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMResults, VCSpec
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.statistics.inference.model_formula import level_codes
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.mixed_fit import MixedFit

AGREEMENT = 1e-3  # difference of log-likelihoods below which the two engines agree
NO_DECISION = (
    "The contrasts of statsmodels' MixedLM stand beside the deciding ones and decide nothing: it "
    "has one residual SD for all arms, reads its statistics as normal (no degrees of freedom), "
    "and can stop at a false optimum."
)
PROBLEMS = (np.linalg.LinAlgError, ValueError, ArithmeticError)  # that `MixedLM` raised
TESTS = ("estimate", "standard_error", "lower", "upper", "p")


class EngineOutcome(StrEnum):
    """How the comparison ended."""

    AGREED = "statsmodels MixedLM reached the same optimum."
    FALSE_OPTIMUM = "statsmodels MixedLM stopped below the optimum."
    OWN_BELOW = "statsmodels MixedLM reached a higher likelihood; treat the fit with care."
    NOT_CONVERGED = "statsmodels MixedLM did not converge, so it has no contrasts."
    FAILED = "statsmodels MixedLM failed, so it has no contrasts."
    NO_FIT = "Not compared: the model with one residual SD cannot be fitted."


@dataclass(frozen=True, kw_only=True)
class EngineComparison:
    """Log-likelihoods of the model with one residual SD in both engines, NaN where there is none.

    ``contrasts``: what `MixedLM` says of the linear combinations asked for, ``estimate,
    standard_error, lower, upper`` (95 %) and ``p``, by the normal distribution; NaN where it says
    nothing.
    """

    outcome: EngineOutcome
    own: float
    statsmodels: float
    largest_effect_difference: float
    detail: str
    contrasts: pd.DataFrame

    @property
    def words(self) -> str:
        """How it ended."""
        return f"{self.outcome.value} {self.detail}".strip()


def compare_with_statsmodels(data: pd.DataFrame, fit: MixedFit, rows: Floats) -> EngineComparison:
    """Return how statsmodels' `MixedLM` fares on the version of a model with one residual SD.

    Args:
        data: the rows that the model was fitted on.
        fit: the own fit; its residual SDs are pooled for the comparison.
        rows: linear combinations of its parameters, (m, parameters).

    """
    nothing = EngineComparison(
        outcome=EngineOutcome.NO_FIT,
        own=float("nan"),
        statsmodels=float("nan"),
        largest_effect_difference=float("nan"),
        detail="",
        contrasts=pd.DataFrame(np.nan, index=range(len(rows)), columns=list(TESTS)),
    )
    if not fit.random:
        return replace(nothing, detail="It has no random effects.")
    try:
        own = fit_mixed(data, fit.formula, fit.random)
    except (NotEstimableError, np.linalg.LinAlgError) as problem:
        return replace(nothing, detail=str(problem))
    design, value = own.state.design, own.log_likelihood
    nothing = replace(nothing, own=value)
    try:
        found, detail = _fitted_somehow(own, data.iloc[design.rows])
        contrasts = _tests(found, rows[:, design.kept])
    except PROBLEMS as problem:
        return replace(nothing, outcome=EngineOutcome.FAILED, detail=f"({problem})")
    reached = _log_likelihood(found)
    if not found.converged:
        stopped = EngineOutcome.NOT_CONVERGED
        return replace(nothing, outcome=stopped, statsmodels=reached, detail=detail)
    contrasts.loc[~design.estimable(rows)] = np.nan
    differences = np.abs(np.asarray(found.fe_params) - own.params.to_numpy()[design.kept])
    return EngineComparison(
        outcome=_outcome_of(value - reached),
        own=value,
        statsmodels=reached,
        largest_effect_difference=float(differences.max()),
        detail=detail,
        contrasts=contrasts,
    )


def _fitted_somehow(own: MixedFit, data: pd.DataFrame) -> tuple[MixedLMResults, str]:
    """Return what `MixedLM` answers, without the terms at zero where it raises with them."""
    zero = own.singular
    try:
        return _fitted(own, data, own.random), ""
    except PROBLEMS as problem:
        rest = tuple(term for term in own.random if term not in zero)
        if not zero or not rest:
            raise
        return _fitted(own, data, rest), f"(Without {', '.join(zero)}: it raised, {problem}.)"


def _fitted(own: MixedFit, data: pd.DataFrame, random: Sequence[str]) -> MixedLMResults:
    """Return what `MixedLM` answers on the design of the own fit; it may raise.

    It needs one grouping that contains all others: the columns that all terms share, with an
    intercept of their own where they are a term. The formula interface would build the matrices
    of the other terms by a formula for each group, minutes at 5,000 runs; here they take 2 s.
    """
    parts = [term.split(":") for term in random]
    shared = sorted(set.intersection(*(set(part) for part in parts)))
    groups = level_codes(data, shared)[0] if shared else np.zeros(len(data), dtype=np.int64)
    whole = any(set(part) == set(shared) for part in parts)
    codes = dict(zip(own.random, own.state.terms, strict=True))
    within = {
        term: [_indicators(codes[term][groups == group]) for group in range(groups.max() + 1)]
        for term, part in zip(random, parts, strict=True)
        if set(part) != set(shared)
    }
    columns = [[list(map(str, range(m.shape[1]))) for m in mats] for mats in within.values()]
    design = own.state.design
    with warnings.catch_warnings():
        # the verdict on the optimum is ours; each optimiser ignores the other's tolerance
        warnings.filterwarnings("ignore", "Keyword arguments", FutureWarning)
        for category in (ConvergenceWarning, UserWarning, RuntimeWarning):
            warnings.simplefilter("ignore", category)
        model = MixedLM(
            design.response,
            design.matrix[:, design.kept],
            groups,
            exog_re=np.ones((len(data), 1)) if whole else None,
            exog_vc=VCSpec(list(within), columns, list(within.values())) if within else None,
        )
        return model.fit(method=["powell", "lbfgs"], ftol=1e-13, tol=1e-10)


def _indicators(codes: Integers) -> Floats:
    """Return which row has which of the levels that occur, (rows, levels)."""
    return np.asarray(codes[:, None] == np.unique(codes), dtype=float)


def _tests(found: MixedLMResults, rows: Floats) -> pd.DataFrame:
    """Return what `MixedLM` says of linear combinations of its fixed effects."""
    if len(rows) == 0:
        return pd.DataFrame(columns=list(TESTS), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a covariance that is no covariance
        test = found.t_test(rows)
        lower, upper = test.conf_int().T
        columns = (test.effect, test.sd, lower, upper, test.pvalue)
    return pd.DataFrame(dict(zip(TESTS, map(np.ravel, columns), strict=True)))


def _log_likelihood(found: MixedLMResults) -> float:
    """Return the log-likelihood where `MixedLM` stopped; NaN where that is no covariance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it is computed when it is asked for
        return float(found.llf)


def _outcome_of(gap: float) -> EngineOutcome:
    """Return what a difference of log-likelihoods, the own minus the other, says."""
    if not np.isfinite(gap):
        return EngineOutcome.FAILED
    if abs(gap) < AGREEMENT:
        return EngineOutcome.AGREED
    return EngineOutcome.FALSE_OPTIMUM if gap > 0 else EngineOutcome.OWN_BELOW
