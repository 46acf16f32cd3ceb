"""Stratified Cox regression with Efron's treatment of ties, and errors by leaving out clusters.

The partial likelihood compares runs within a stratum (a seed within a cell, say) and leaves its
baseline open. Epochs are tied by nature: Breslow's approximation attenuates effects (-1.155
against -1.271 on the reference data), Efron's is used. Sandwich errors under ties differ between
packages, so clusters are left out one at a time instead. Secondary to ``discrete_hazard``.
Source: Efron (1977), doi:10.1080/01621459.1977.10480613 (R: survival::coxph, ties = "efron").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Booleans, Floats, Integers
from biasinit.statistics.inference.model_formula import (
    independent_columns,
    level_codes,
    read_formula,
)
from biasinit.statistics.speed.hazard import (
    SEPARATED,
    coefficient_table,
    complete_rows,
    covariate_matrix,
)

ITERATIONS = 40


@dataclass(frozen=True, kw_only=True)
class CoxFit:
    """A stratified Cox model.

    ``table``: index term; ``estimate, standard_error`` (jackknife over clusters, NaN without),
    ``model_standard_error, df, t, p, lower, upper``; p and interval rest on the jackknife where
    there is one and on the model with infinite df otherwise.
    """

    table: pd.DataFrame
    log_likelihood: float
    events: int
    strata: int


@dataclass(frozen=True, kw_only=True)
class _Sorted:
    """Runs sorted by stratum and falling time, with the event groups of equal time.

    ``group_end`` (groups,) is the last row at risk at each event time; ``group_of`` (rows,) is the
    event group of a row with the event, -1 otherwise; ``start`` (groups,) the first row of the
    group's stratum.
    """

    design: Floats
    event: Booleans
    group_of: Integers
    group_end: Integers
    start: Integers


def stratified_cox(
    data: pd.DataFrame,
    time: str,
    event: str,
    formula: str,
    strata: str | Sequence[str],
    cluster: str | None = None,
) -> CoxFit:
    """Return the stratified Cox model.

    Args:
        data: one row per run; any index and order.
        time: column of times of the event, or the last time seen.
        event: column of true/false or 1/0: whether the event happened.
        formula: right-hand side, such as ``"scheme * normalization"``.
        strata: column or columns whose combinations have a baseline of their own.
        cluster: column of the units that are left out one at a time; None for model errors only.

    Raises:
        RunsTableError: a column is missing.
        NotEstimableError: no run has the event.

    """
    by = [strata] if isinstance(strata, str) else list(strata)
    parsed = read_formula(formula.split("~")[-1])
    variables = sorted({str(name) for name in parsed.required_variables})
    extra = [cluster] if cluster else []
    frame = complete_rows(data, [time, event, *by, *extra, *variables])
    matrix, names = covariate_matrix(frame, parsed, variables)
    times = frame[time].to_numpy(dtype=np.float64)
    happened = frame[event].astype(float).to_numpy() > 0
    if not happened.any():
        raise NotEstimableError(f"No run has '{event}'; a hazard cannot be estimated.")
    stratum, levels = level_codes(frame, by)
    beta, error, value = _fit(times, happened, matrix, stratum)
    replicates = np.zeros((0, len(names)))
    if cluster:
        codes, units = level_codes(frame, [cluster])
        rows = [codes != place for place in range(len(units))]
        replicates = np.array(
            [_fit(times[r], happened[r], matrix[r], stratum[r], start=beta)[0] for r in rows]
        )
    return CoxFit(
        table=coefficient_table(beta, error, replicates, names, model_errors=cluster is None),
        log_likelihood=value,
        events=int(happened.sum()),
        strata=len(levels),
    )


def _fit(
    times: Floats,
    happened: Booleans,
    matrix: Floats,
    stratum: Integers,
    *,
    start: Floats | None = None,
) -> tuple[Floats, Floats, float]:
    """Return coefficients, model standard errors and the log partial likelihood."""
    terms = matrix.shape[1]
    full, error = np.full(terms, np.nan), np.full(terms, np.nan)
    sizes = np.bincount(stratum)
    means = np.zeros((len(sizes), terms))
    np.add.at(means, stratum, matrix)
    centred = matrix - (means / np.maximum(sizes, 1)[:, None])[stratum]
    kept = independent_columns(centred)
    if not kept.any() or not happened.any():
        return full, error, 0.0
    data = _sorted(times, happened, centred[:, kept], stratum)
    beta = np.zeros(int(kept.sum()))
    if start is not None:
        beta = np.clip(np.nan_to_num(start[kept]), -SEPARATED, SEPARATED)
    value, score, information = _partial(beta, data)
    for _ in range(ITERATIONS):
        step = np.linalg.pinv(information, rcond=1e-13, hermitian=True) @ score
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(30):
            trial = _partial(beta + step, data)
            if trial[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        gained = trial[0] - value
        beta, (value, score, information) = beta + step, trial
        far = np.abs(beta).max() > SEPARATED + 3
        if np.abs(step).max() < 1e-9 or (gained < 1e-9 and far):
            break
    inverse = np.linalg.pinv(information, rcond=1e-13, hermitian=True)
    full[kept] = np.where(np.abs(beta) > SEPARATED, np.nan, beta)
    error[kept] = np.where(np.isnan(full[kept]), np.nan, np.sqrt(np.maximum(np.diag(inverse), 0)))
    return full, error, value


def _sorted(times: Floats, happened: Booleans, design: Floats, stratum: Integers) -> _Sorted:
    order = np.lexsort((-times, stratum))
    times, happened, design, stratum = times[order], happened[order], design[order], stratum[order]
    rows = len(times)
    changes = np.ones(rows, dtype=bool)
    changes[1:] = (times[1:] != times[:-1]) | (stratum[1:] != stratum[:-1])
    block = np.cumsum(changes) - 1
    block_end = np.append(np.flatnonzero(changes)[1:] - 1, rows - 1)
    first_of_stratum = np.searchsorted(stratum, np.arange(stratum[-1] + 1))
    eventful = np.unique(block[happened])
    position = np.full(int(block[-1]) + 1, -1)
    position[eventful] = np.arange(len(eventful))
    end = block_end[eventful]
    return _Sorted(
        design=design,
        event=happened,
        group_of=np.where(happened, position[block], -1),
        group_end=end,
        start=first_of_stratum[stratum[end]],
    )


def _partial(beta: Floats, data: _Sorted) -> tuple[float, Floats, Floats]:
    """Return Efron's log partial likelihood, its score and information."""
    eta = data.design @ beta
    weight = np.exp(eta - eta.max())
    first = weight[:, None] * data.design
    second = first[:, :, None] * data.design[:, None, :]
    in_event = data.event
    groups = data.group_of[in_event]
    count = len(data.group_end)
    deaths = np.bincount(groups, minlength=count)

    def at_risk(values: Floats) -> Floats:
        # sums over the rows of the stratum up to the group's end: all with time >= its time
        total = np.concatenate([np.zeros((1, *values.shape[1:])), values.cumsum(axis=0)])
        return np.asarray(total[data.group_end + 1] - total[data.start])

    def dying(values: Floats) -> Floats:
        total = np.zeros((count, *values.shape[1:]))
        np.add.at(total, groups, values[in_event])
        return total

    # one term per death: the r-th of d tied deaths removes a share r/d of the tied weight
    place = np.repeat(np.arange(count), deaths)
    rank = np.arange(len(place)) - np.repeat(np.cumsum(deaths) - deaths, deaths)
    share = rank / deaths[place]
    risk0 = at_risk(weight)[place] - share * dying(weight)[place]
    risk1 = at_risk(first)[place] - share[:, None] * dying(first)[place]
    risk2 = at_risk(second)[place] - share[:, None, None] * dying(second)[place]
    mean = risk1 / risk0[:, None]
    value = float(eta[in_event].sum() - np.log(risk0).sum() - len(place) * eta.max())
    score = data.design[in_event].sum(axis=0) - mean.sum(axis=0)
    information = (risk2 / risk0[:, None, None]).sum(axis=0) - mean.T @ mean
    return value, score, information
