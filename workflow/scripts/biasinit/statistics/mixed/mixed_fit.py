"""A fitted linear mixed model, and the questions it answers.

Symbols: C = (X' V^-1 X)^-1, f(theta) = c' C(theta) c for a contrast c, g its gradient and A the
asymptotic covariance of the variance parameters theta, zero components left out; then
Satterthwaite's df = 2 f^2 / (g' A g). Source: Fai & Cornelius (1996) for several rows;
Kuznetsova, Brockhoff & Christensen (2017), doi:10.18637/jss.v082.i13 (R: lmerTest).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.statistics.inference.model_formula import Design
from biasinit.statistics.mixed.restricted_likelihood import RestrictedLikelihood
from biasinit.statistics.mixed.variance_optimum import VarianceOptimum

LEVEL = 0.95  # of all intervals


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """An F-test that several linear combinations are all zero."""

    F: float
    df_numerator: float
    df_denominator: float
    p: float


@dataclass(frozen=True, kw_only=True)
class MixedState:
    """What a fit keeps to answer questions: everything in units of ``scale``.

    ``basis`` (p, p) turns coefficients of the orthonormal design that was fitted into those of
    the kept columns of the design.
    """

    design: Design
    likelihood: RestrictedLikelihood
    optimum: VarianceOptimum
    basis: Floats
    scale: float
    terms: tuple[Integers, ...]
    groups: Integers
    index: "pd.Index[Any]"


@dataclass(frozen=True, kw_only=True)
class MixedFit:
    """A fitted model; variances in squared units of the outcome.

    ``params`` holds NaN for columns that depend on earlier ones. ``singular`` lists the random
    terms whose variance is zero. ``notes`` are sentences about the fit that a report must show.
    """

    formula: str
    random: tuple[str, ...]
    params: "pd.Series[float]"
    covariance: pd.DataFrame
    variance_components: "pd.Series[float]"
    residual_sd: "pd.Series[float]"
    log_likelihood: float
    singular: list[str]
    n: int
    notes: tuple[str, ...]
    state: MixedState

    @property
    def factors(self) -> Mapping[str, tuple[str, ...]]:
        """The factors of the formula with their levels in sorted text order."""
        return self.state.design.levels

    def grid(self, factors: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
        """Return combinations of levels, and the weights of their means in order of ``params``."""
        return self.state.design.grid(factors)

    def tests(self, rows: Floats) -> pd.DataFrame:
        """Return ``estimate, standard_error, df, t, p`` of linear combinations, one per row.

        Args:
            rows: weights in the order of ``params``, (m, parameters). What the data do not
                determine comes back as NaN.

        """
        known = self.state.design.estimable(rows)
        estimate = rows @ np.nan_to_num(self.params.to_numpy())
        variance, df = self._variance_and_df(rows)
        error = np.sqrt(variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = estimate / error
        table = pd.DataFrame(
            {
                "estimate": estimate,
                "standard_error": error,
                "df": df,
                "t": t,
                "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            }
        )
        table.loc[~known | (error == 0)] = np.nan
        return table

    def joint_test(self, rows: Floats) -> JointTest:
        """Return the F-test that several linear combinations are all zero.

        The denominator df combine those of the independent directions (Fai & Cornelius 1996).

        Args:
            rows: weights in the order of ``params``, (m, parameters); rows that depend on others
                add nothing. NaN where the data do not determine one of them.

        """
        covariance = rows @ np.nan_to_num(self.covariance.to_numpy()) @ rows.T
        values, vectors = np.linalg.eigh(covariance)
        keep = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        rank = int(keep.sum())
        if rank == 0 or not self.state.design.estimable(rows).all():
            return JointTest(F=np.nan, df_numerator=np.nan, df_denominator=np.nan, p=np.nan)
        single = self.tests(vectors[:, keep].T @ rows)
        statistic = float((single["t"] ** 2).sum()) / rank
        denominator = _combined_df(single["df"].to_numpy(), rank)
        return JointTest(
            F=statistic,
            df_numerator=float(rank),
            df_denominator=denominator,
            p=float(scipy.stats.f.sf(statistic, rank, denominator)),
        )

    def marginal_means(self, factors: Sequence[str]) -> pd.DataFrame:
        """Return the mean of each combination of levels (R: emmeans).

        It is the average of the model's predictions over the levels of all other factors with
        equal weights, whatever the numbers of runs.

        Returns:
            The factor columns and ``estimate, standard_error, df, lower, upper``.

        """
        grid, rows = self.grid(factors)
        table = self.tests(rows)
        half = table["standard_error"] * scipy.stats.t.isf((1 - LEVEL) / 2, table["df"])
        table["lower"], table["upper"] = table["estimate"] - half, table["estimate"] + half
        return pd.concat([grid, table.drop(columns=["t", "p"])], axis=1)

    def simulate(
        self, rng: np.random.Generator, coefficients: "pd.Series[float]"
    ) -> "pd.Series[float]":
        """Return one outcome drawn from the fitted model, with the index of the rows used.

        Args:
            rng: the stream of random numbers.
            coefficients: that stand for ``params``, in their order; NaN adds nothing.

        """
        state = self.state
        outcome = state.design.matrix @ np.nan_to_num(coefficients.to_numpy())
        components = self.variance_components.to_numpy()
        for codes, variance in zip(state.terms, components, strict=False):
            outcome = (
                outcome + (np.sqrt(variance) * rng.standard_normal(int(codes.max()) + 1))[codes]
            )
        noise = self.residual_sd.to_numpy()[state.groups] * rng.standard_normal(self.n)
        return pd.Series(outcome + noise, index=state.index)

    def _variance_and_df(self, rows: Floats) -> tuple[Floats, Floats]:
        state, optimum = self.state, self.state.optimum
        reduced = rows[:, state.design.kept] @ state.basis
        inner = optimum.point.coefficient_covariance @ reduced.T
        variance = (reduced * inner.T).sum(axis=1)
        by_term, by_group = state.likelihood.variance_slopes(optimum.point.weighted_design @ inner)
        slopes = np.vstack(
            [
                (optimum.components[:, None] * by_term)[~optimum.zero],
                (optimum.residual[:, None] * by_group)[~optimum.floored],
            ]
        )
        uncertainty = (slopes * (optimum.spread @ slopes)).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = np.where(variance > 0, 2 * variance**2 / uncertainty, np.nan)
        return variance * state.scale**2, df


def _combined_df(df: Floats, rank: int) -> float:
    if rank == 1:
        return float(df[0])
    if np.ptp(df) < 1e-8 * float(np.mean(df)):
        return float(np.mean(df))
    expected = float(sum(value / (value - 2) for value in df if value > 2))
    return 2 * expected / (expected - rank) if expected > rank else 2.0
