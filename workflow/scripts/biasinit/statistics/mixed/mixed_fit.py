"""A fitted linear mixed model, and the questions it answers.

Symbols: C = (X' V^-1 X)^-1, f(theta) = c' C(theta) c for a contrast c, g its gradient and A the
asymptotic covariance of the variance parameters theta, zero components left out; then
Satterthwaite's df = 2 f^2 / (g' A g). Source: Fai & Cornelius (1996) for several rows;
Kuznetsova, Brockhoff & Christensen (2017), doi:10.18637/jss.v082.i13 (R: lmerTest).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.statistics.inference.estimates import Contrast, Equivalence, JointTest, two_one_sided
from biasinit.statistics.inference.model_formula import Design, as_list
from biasinit.statistics.mixed import factor_contrasts
from biasinit.statistics.mixed.block_likelihood import BlockLikelihood
from biasinit.statistics.mixed.variance_optimum import VarianceOptimum

Combination = Mapping[str, float] | npt.ArrayLike


@dataclass(frozen=True, kw_only=True)
class MixedState:
    """What a fit keeps to answer questions: everything in units of ``scale``.

    ``basis`` (p, p) turns coefficients of the orthonormal design that was fitted into those of
    the kept columns of the design.
    """

    design: Design
    likelihood: BlockLikelihood
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
    method: str
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
    def standard_errors(self) -> "pd.Series[float]":
        """Standard errors of ``params``."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.params.index)

    @property
    def factors(self) -> Mapping[str, tuple[str, ...]]:
        """The factors of the formula with their levels in sorted text order."""
        return self.state.design.levels

    def grid(self, factors: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
        """Return combinations of levels, and the weights of their means in order of ``params``."""
        return self.state.design.grid(factors)

    def combination(self, weights: Combination) -> Floats:
        """Return a linear combination of the parameters as an array in the order of ``params``.

        Raises:
            NotEstimableError: a name is no parameter, or the length is wrong.

        """
        names = list(self.params.index)
        if isinstance(weights, pd.Series):
            weights = {str(name): float(value) for name, value in weights.items()}
        if isinstance(weights, Mapping):
            unknown = [name for name in weights if name not in names]
            if unknown:
                raise NotEstimableError(
                    f"'L' must name parameters of the model, got {unknown[0]!r}. "
                    f"The parameters are {', '.join(names)}."
                )
            return np.array([float(weights.get(name, 0.0)) for name in names])
        row = np.asarray(weights, dtype=float)
        if row.shape != (len(names),):
            raise NotEstimableError(
                f"'L' must hold one weight for each of the {len(names)} parameters, "
                f"got the shape {row.shape}."
            )
        return row

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

    def correlation(self, rows: Floats) -> Floats:
        """Return the correlation of the estimates of linear combinations, (m, m)."""
        covariance = rows @ np.nan_to_num(self.covariance.to_numpy()) @ rows.T
        deviation = np.sqrt(np.diag(covariance))
        deviation = np.where(deviation > 0, deviation, 1)
        return np.asarray(covariance / np.outer(deviation, deviation))

    def test(self, L: Combination, *, level: float = 0.95) -> Contrast:  # noqa: N803
        """Return the estimate of one linear combination of the parameters and its t-test.

        Args:
            L: an array in the order of ``params``, or a mapping from name to weight.
            level: of the interval.

        """
        row = self.tests(self.combination(L)[None, :]).iloc[0]
        half = row["standard_error"] * scipy.stats.t.isf((1 - level) / 2, row["df"])
        return Contrast(
            estimate=float(row["estimate"]),
            standard_error=float(row["standard_error"]),
            df=float(row["df"]),
            t=float(row["t"]),
            p=float(row["p"]),
            lower=float(row["estimate"] - half),
            upper=float(row["estimate"] + half),
            method=f"{self.method} mixed model, Satterthwaite degrees of freedom",
        )

    def joint_test(self, L: npt.ArrayLike | Sequence[Mapping[str, float]]) -> JointTest:  # noqa: N803
        """Return the F-test that all rows of ``L`` are zero.

        The denominator df combine those of the independent directions (Fai & Cornelius 1996).
        """
        rows = np.array([self.combination(row) for row in _rows_of(L)])
        if not self.state.design.estimable(rows).all():
            return JointTest(
                F=np.nan,
                df_numerator=np.nan,
                df_denominator=np.nan,
                p=np.nan,
                method="not estimable",
            )
        covariance = rows @ np.nan_to_num(self.covariance.to_numpy()) @ rows.T
        values, vectors = np.linalg.eigh(covariance)
        keep = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        directions = vectors[:, keep].T @ rows
        single = self.tests(directions)
        rank = int(keep.sum())
        if rank == 0:
            return JointTest(
                F=np.nan,
                df_numerator=np.nan,
                df_denominator=np.nan,
                p=np.nan,
                method="not estimable",
            )
        statistic = float((single["t"] ** 2).sum()) / rank
        denominator = _combined_df(single["df"].to_numpy(), rank)
        return JointTest(
            F=statistic,
            df_numerator=float(rank),
            df_denominator=denominator,
            p=float(scipy.stats.f.sf(statistic, rank, denominator)),
            method=f"{self.method} mixed model, Satterthwaite degrees of freedom",
        )

    def marginal_means(self, factors: str | Sequence[str]) -> pd.DataFrame:
        """Return the mean of each combination of levels, other factors weighed equally.

        Returns:
            The factor columns and ``estimate, standard_error, df, lower, upper``.

        """
        return factor_contrasts.marginal_means(self, as_list(factors))

    def contrasts(
        self,
        factor: str,
        *,
        reference: str | None = None,
        by: str | Sequence[str] | None = None,
        adjust: Literal["none", "holm", "tukey", "dunnett"] = "none",
        interaction: str | None = None,
    ) -> pd.DataFrame:
        """Return contrasts of marginal means; see ``factor_contrasts.contrasts``."""
        return factor_contrasts.contrasts(
            self,
            factor,
            reference=reference,
            by=as_list(by),
            adjust=adjust,
            interaction=interaction,
        )

    def equivalence(self, L: Combination, margin: float) -> Equivalence:  # noqa: N803
        """Return two one-sided tests that a combination lies within +/- ``margin``."""
        contrast = self.test(L)
        return two_one_sided(contrast.estimate, contrast.standard_error, contrast.df, margin)

    def simulate(
        self, rng: np.random.Generator, effects: Mapping[str, float] | None = None
    ) -> "pd.Series[float]":
        """Return one outcome drawn from the fitted model, with the index of the rows used.

        Args:
            rng: the stream of random numbers.
            effects: coefficients that replace the estimated ones, by name.

        """
        state = self.state
        coefficients = self.params.fillna(0.0)
        if effects:
            self.combination(effects)
            for name, value in effects.items():
                coefficients.loc[name] = float(value)
        outcome = state.design.matrix @ coefficients.to_numpy()
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


def _rows_of(rows: npt.ArrayLike | Sequence[Mapping[str, float]]) -> Sequence[Combination]:
    if isinstance(rows, Sequence) and rows and isinstance(rows[0], Mapping):
        return [row for row in rows if isinstance(row, Mapping)]
    return list(np.atleast_2d(np.asarray(rows, dtype=float)))
