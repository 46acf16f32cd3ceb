"""Discrete-time proportional hazards: the complementary log-log model for integer times.

A run that is still without the event before time point t has it at t with probability

    h(t) = 1 - exp(-exp(alpha_{stratum, t} + x' beta)),

with one baseline parameter per stratum and time point, so exp(beta) is the hazard ratio of the
underlying continuous time (grouped proportional hazards: the right likelihood for integer
epochs, where ties make Cox's partial likelihood an approximation). Time points of a stratum
where nobody, or everybody at risk, has the event carry no information and are dropped.

The model is fitted on grouped counts by Fisher scoring, with the baseline eliminated through its
diagonal block; the deviance is that of single Bernoulli trials. Standard errors leave out one
cluster at a time: SE = sqrt((S - 1)/S sum_s (theta_-s - mean)^2), df = S - 1.
Source: Prentice & Gloeckler (1978), doi:10.2307/2529588.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import formulaic
import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import (
    Booleans,
    Floats,
    Integers,
    group_sums,
    require_columns,
)
from biasinit.statistics.inference.model_formula import (
    independent_columns,
    level_codes,
    level_text,
    read_formula,
)

SEPARATED = 12.0  # a log hazard ratio beyond this has run off to infinity
ITERATIONS = 60


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


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """Grouped counts: one row per stratum-and-time and covariate pattern."""

    stratum: Integers
    pattern: Integers
    strata: int


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
    patterns, pattern = np.unique(matrix, axis=0, return_inverse=True)
    risk, hits, counts = _grouped(stratum, times, happened, pattern.ravel(), clusters)
    total_risk, total_hits = risk.sum(axis=0), hits.sum(axis=0)
    beta, model_error, log_likelihood = _fit(total_risk, total_hits, counts, patterns)
    replicates = np.array(
        [
            _fit(total_risk - risk[s], total_hits - hits[s], counts, patterns, start=beta)[0]
            for s in range(len(cluster_names))
        ]
    ).reshape(len(cluster_names), len(names))
    table = _coefficient_table(beta, model_error, replicates, names)
    separated = [name for name, value in zip(names, beta, strict=True) if np.isnan(value)]
    return HazardFit(
        table=table,
        deviance=-2 * log_likelihood,
        person_periods=round(_used_risk(total_risk, total_hits, counts)),
        notes=tuple(f"The events do not determine {name}." for name in separated),
    )


def _used_risk(risk: Floats, hits: Floats, counts: _Counts) -> float:
    by_stratum = group_sums(counts.stratum, hits, counts.strata)
    return float(risk[(by_stratum > 0)[counts.stratum]].sum())


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


def _grouped(
    stratum: Integers, times: Integers, happened: Booleans, pattern: Integers, clusters: Integers
) -> tuple[Floats, Floats, _Counts]:
    """Return runs at risk and events, (clusters, strata x times x patterns), and the layout."""
    points = np.unique(times[happened])
    shape = (int(clusters.max()) + 1, int(stratum.max()) + 1, len(points), int(pattern.max()) + 1)
    hits = np.zeros(shape)
    at = np.searchsorted(points, times)
    np.add.at(hits, (clusters[happened], stratum[happened], at[happened], pattern[happened]), 1)
    # a run is at risk at every event point up to its own time
    leaving = np.zeros((*shape[:2], len(points) + 1, shape[3]))
    seen = np.searchsorted(points, times, side="right")
    np.add.at(leaving, (clusters, stratum, seen, pattern), 1)
    risk = leaving[:, :, ::-1].cumsum(axis=2)[:, :, ::-1][:, :, 1:]
    rows = np.indices(shape[1:])
    layout = _Counts(
        stratum=(rows[0] * shape[2] + rows[1]).ravel(),
        pattern=rows[2].ravel(),
        strata=shape[1] * shape[2],
    )
    return risk.reshape(shape[0], -1), hits.reshape(shape[0], -1), layout


def _fit(
    risk: Floats,
    hits: Floats,
    counts: _Counts,
    patterns: Floats,
    *,
    start: Floats | None = None,
) -> tuple[Floats, Floats, float]:
    """Return coefficients, their model standard errors, and the Bernoulli log-likelihood."""
    by_stratum_risk = group_sums(counts.stratum, risk, counts.strata)
    by_stratum_hits = group_sums(counts.stratum, hits, counts.strata)
    informative = (by_stratum_hits > 0) & (by_stratum_hits < by_stratum_risk)
    used = informative[counts.stratum] & (risk > 0)
    risk, hits = risk[used], hits[used]
    place = np.cumsum(informative) - 1
    stratum = place[counts.stratum[used]]
    strata = int(informative.sum())
    terms = patterns.shape[1]
    design = patterns[counts.pattern[used]]
    centred = design - _stratum_means(design, risk, stratum, strata)[stratum]
    kept = independent_columns(centred) if strata else np.zeros(terms, dtype=bool)
    design = design[:, kept]
    beta = np.zeros(int(kept.sum()))
    if start is not None:
        beta = np.clip(np.nan_to_num(start[kept]), -SEPARATED, SEPARATED)
    share = by_stratum_hits[informative] / by_stratum_risk[informative]
    alpha = np.log(-np.log1p(-share)) - _stratum_means(design, risk, stratum, strata) @ beta
    value = -np.inf
    inverse = np.zeros((len(beta), len(beta)))
    for _ in range(ITERATIONS):
        score_a, score_b, weight, value = _score(alpha, beta, risk, hits, design, stratum)
        diagonal = np.maximum(group_sums(stratum, weight, strata), 1e-300)
        cross: Floats = np.zeros((strata, len(beta)))
        np.add.at(cross, stratum, weight[:, None] * design)
        schur = (design.T * weight) @ design - cross.T @ (cross / diagonal[:, None])
        inverse = np.asarray(np.linalg.pinv(schur, rcond=1e-13, hermitian=True), dtype=np.float64)
        step_b = inverse @ (score_b - cross.T @ (score_a / diagonal))
        step_a = (score_a - cross @ step_b) / diagonal
        largest = max(np.abs(step_b).max(initial=0.0), np.abs(step_a).max(initial=0.0))
        factor = min(1.0, 3.0 / max(largest, 1e-300))
        for _ in range(30):
            trial = _score(
                alpha + factor * step_a, beta + factor * step_b, risk, hits, design, stratum
            )[3]
            if trial >= value - 1e-12 * abs(value):
                break
            factor /= 2
        alpha, beta = alpha + factor * step_a, beta + factor * step_b
        if trial - value < 1e-11 * max(abs(value), 1.0) and largest < 1e-6:
            break
        if trial - value < 1e-9 and np.abs(beta).max(initial=0.0) > SEPARATED + 3:
            break
        value = trial
    value = _score(alpha, beta, risk, hits, design, stratum)[3] if strata else 0.0
    full, error = np.full(terms, np.nan), np.full(terms, np.nan)
    full[kept] = np.where(np.abs(beta) > SEPARATED, np.nan, beta)
    error[kept] = np.where(np.isnan(full[kept]), np.nan, np.sqrt(np.diag(inverse)))
    return full, error, float(value)


def _stratum_means(design: Floats, risk: Floats, stratum: Integers, strata: int) -> Floats:
    """Return the mean of each covariate over the runs at risk of a stratum, (strata, terms)."""
    total = group_sums(stratum, risk, strata)
    sums = np.zeros((strata, design.shape[1]))
    np.add.at(sums, stratum, risk[:, None] * design)
    return np.asarray(sums / np.maximum(total, 1)[:, None])


def _score(
    alpha: Floats, beta: Floats, risk: Floats, hits: Floats, design: Floats, stratum: Integers
) -> tuple[Floats, Floats, Floats, float]:
    """Return scores for baseline and coefficients, Fisher weights, and the log-likelihood."""
    rate = np.exp(np.clip(alpha[stratum] + design @ beta, -60, 30))
    hazard = -np.expm1(-rate)
    with np.errstate(divide="ignore"):
        log_hazard = np.log(hazard)
    value = float(np.where(hits > 0, hits * log_hazard, 0.0).sum() - ((risk - hits) * rate).sum())
    ratio = rate * np.exp(-rate) / hazard
    slope = hits * ratio - (risk - hits) * rate
    weight = risk * rate * ratio
    score_a = group_sums(stratum, slope, len(alpha))
    return score_a, design.T @ slope, weight, value


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
