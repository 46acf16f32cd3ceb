"""Discrete-time proportional hazards: the complementary log-log model for integer times.

A run that is still without the event before time point t has it at t with probability

    h(t) = 1 - exp(-exp(alpha_{stratum, t} + x' beta)),

with one baseline parameter per stratum and time point, so exp(beta) is the hazard ratio of the
underlying continuous time (grouped proportional hazards: the right likelihood for integer
epochs, where ties make Cox's partial likelihood an approximation). Time points of a stratum
where nobody, or everybody at risk, has the event carry no information and are dropped.

The model is fitted on grouped counts by statsmodels' `GLM`; the deviance is that of single
Bernoulli trials. Standard errors leave out one cluster at a time: SE = sqrt((S - 1)/S sum_s
(theta_-s - mean)^2), df = S - 1; ``grouped_hazard`` says what refits.
Source: Prentice & Gloeckler (1978), doi:10.2307/2529588.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import formulaic
import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import Floats, Integers, require_columns
from biasinit.statistics.inference.model_formula import level_codes, level_text, read_formula
from biasinit.statistics.speed.grouped_hazard import (
    GroupedFit,
    InformativeCounts,
    fit_by_scoring,
    fit_by_statsmodels,
    grouped_counts,
    informative_counts,
)

AGREEMENT = 1e-6  # difference of log-likelihoods below which GLM has reached the maximum


@dataclass(frozen=True, kw_only=True)
class HazardFit:
    """A discrete-time hazard model.

    ``table``: index term; ``estimate, standard_error`` (jackknife), ``model_standard_error, df,
    t, p, lower, upper``. A term whose events are separated perfectly has NaN. ``person_periods``
    counts the time points that runs spent at risk where somebody had the event.
    """

    table: pd.DataFrame
    deviance: float
    person_periods: int
    notes: tuple[str, ...]


def discrete_hazard(
    data: pd.DataFrame,
    time: str,
    event: str,
    formula: str,
    baseline: str | Sequence[str],
    cluster: str,
) -> HazardFit:
    """Return the complementary log-log model of integer event times.

    Args:
        data: one row per run; any index and order.
        time: column of positive integers: the time point of the event, or the last one seen.
        event: column of true/false or 1/0: whether the event happened.
        formula: right-hand side, such as ``"scheme * normalization"``; text columns are factors
            with the first level in sorted text order as base.
        baseline: column or columns with a baseline hazard of their own at each time.
        cluster: column of the units that are left out one at a time.

    Raises:
        RunsTableError: a column is missing, or a time is not a positive whole number.
        NotEstimableError: no run has the event.

    """
    strata_columns = [baseline] if isinstance(baseline, str) else list(baseline)
    right = formula.split("~")[-1]
    parsed = read_formula(right)
    variables = sorted({str(name) for name in parsed.required_variables})
    frame = _complete_rows(data, [time, event, cluster, *strata_columns, *variables])
    matrix, names = _covariate_matrix(frame, parsed, variables)
    times = _times(frame[time])
    happened = frame[event].astype(float).to_numpy() > 0
    stratum, _ = level_codes(frame, strata_columns)
    clusters, cluster_names = level_codes(frame, [cluster])
    if not happened.any():
        raise NotEstimableError(f"No run has '{event}'; a hazard cannot be estimated.")
    counts = grouped_counts(stratum, times, happened, matrix, clusters)
    everything = informative_counts(counts)
    fit, notes = _certified(everything)
    replicates = [
        fit_by_scoring(informative_counts(counts, without=place), start=fit.coefficients)
        for place in range(len(cluster_names))
    ]
    estimates = np.array([replicate.coefficients for replicate in replicates])
    table = _coefficient_table(
        fit.coefficients, fit.errors, estimates.reshape(len(cluster_names), len(names)), names
    )
    notes += [
        f"The events do not determine {name}."
        for name, value in zip(names, fit.coefficients, strict=True)
        if np.isnan(value)
    ]
    return HazardFit(
        table=table,
        deviance=-2 * fit.log_likelihood,
        person_periods=counts.person_periods,
        notes=tuple(notes),
    )


def _certified(counts: InformativeCounts) -> tuple[GroupedFit, list[str]]:
    """Return the fit of `GLM`, or the own one where that is better, which a note then says.

    `GLM` takes full steps; in 48 of 1,500 small random tables it stopped below the maximum, some
    with hazards of 1 where there were runs without the event, and reported convergence.
    """
    theirs = fit_by_statsmodels(counts)
    start = np.zeros(len(counts.kept)) if theirs is None else theirs.coefficients
    own = fit_by_scoring(counts, start=start)
    if theirs is not None and theirs.log_likelihood > own.log_likelihood - AGREEMENT:
        return theirs, []
    return own, ["statsmodels' GLM did not reach the maximum; the own scoring is used."]


def _complete_rows(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows without missing values in ``columns``, with a fresh index."""
    require_columns(data, columns)
    frame = data[list(dict.fromkeys(columns))].dropna().reset_index(drop=True)
    if frame.empty:
        raise NotEstimableError("No row is complete; a hazard cannot be estimated.")
    return frame


def _covariate_matrix(
    frame: pd.DataFrame, parsed: formulaic.Formula, variables: Sequence[str]
) -> tuple[Floats, list[str]]:
    """Return the covariates without intercept, (rows, terms), and their names."""
    columns: dict[str, object] = {}
    for name in variables:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns[name] = column.astype(float)
        else:
            texts = [level_text(value) for value in column]
            columns[name] = pd.Categorical(texts, categories=sorted(set(texts)))
    coded = pd.DataFrame(columns, index=frame.index)
    design = parsed.get_model_matrix(coded, na_action="raise")
    names = [str(name) for name in design.model_spec.column_names]
    matrix = np.asarray(design, dtype=float)
    keep = [place for place, name in enumerate(names) if name != "Intercept"]
    return matrix[:, keep], [names[place] for place in keep]


def _times(column: "pd.Series[float]") -> Integers:
    values = column.astype(float).to_numpy()
    wrong = values[(values < 1) | (values != np.round(values))]
    if len(wrong):
        raise RunsTableError(
            f"'{column.name}' must hold positive whole numbers, got {wrong[:5].tolist()}. "
            "Use the position of the time on its grid, starting at 1."
        )
    return values.astype(np.int64)


def _coefficient_table(
    beta: Floats, model_error: Floats, replicates: Floats, names: Sequence[str]
) -> pd.DataFrame:
    """Return the table of a hazard model.

    Args:
        beta: estimates, (terms,), NaN where the events do not determine one.
        model_error: standard errors from the information matrix, (terms,).
        replicates: estimates with one cluster left out, (clusters, terms).
        names: of the terms.

    """
    count = len(replicates)
    error = np.full(len(beta), np.nan)
    if count >= 2:
        around = replicates - replicates.mean(axis=0)
        error = np.sqrt((count - 1) / count * (around**2).sum(axis=0))
    error = np.where(np.isnan(beta) | (error == 0), np.nan, error)
    df = np.where(np.isnan(error), np.nan, count - 1.0)
    t = beta / error
    half = error * scipy.stats.t.isf(0.025, df)
    return pd.DataFrame(
        {
            "estimate": beta,
            "standard_error": error,
            "model_standard_error": model_error,
            "df": df,
            "t": t,
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "lower": beta - half,
            "upper": beta + half,
        },
        index=pd.Index(list(names), name="term"),
    )
