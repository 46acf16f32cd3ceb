"""Cumulative incidence of reaching the threshold, with failure as a competing event.

The Aalen-Johansen estimator: the probability of having reached the threshold by time t without
having failed before. One minus Kaplan-Meier would treat a diverged run as if it might still
arrive, and overstate the share (docs/statistics.md).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import RunsTableError
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.model_formula import level_codes


def cumulative_incidence(
    data: pd.DataFrame,
    time: str,
    event: str,
    competing: str | None,
    by: str | Sequence[str],
    *,
    unit: str = "seed",
) -> pd.DataFrame:
    """Return the cumulative incidence of the event in each group.

    Args:
        data: one row per run.
        time: of the event, of the competing event, or the last time seen.
        event: true/false or 1/0.
        competing: true/false or 1/0: ended by the competing event; None for none.
        by: column or columns of the groups.
        unit: left out one at a time for the standard error.

    Returns:
        The ``by`` columns and ``time, incidence, standard_error, lower, upper, at_risk, runs``;
        one row per group and time at which an event of the table happened. The interval is 95 %,
        on the complementary log-log scale, which keeps it inside [0, 1].

    """
    columns = [by] if isinstance(by, str) else list(by)
    needed = [time, event, unit, *columns, *([competing] if competing else [])]
    missing = [name for name in needed if name not in data.columns]
    if missing:
        raise RunsTableError(
            f"The table has no column {', '.join(map(repr, missing))}. "
            f"It has {', '.join(map(str, data.columns))}."
        )
    frame = data[needed].dropna().reset_index(drop=True)
    happened = frame[event].astype(float).to_numpy() > 0
    times = frame[time].to_numpy(dtype=np.float64)
    grid = np.unique(times[happened])
    rows = []
    if len(frame):
        codes, _ = level_codes(frame, columns)
        lost = (
            frame[competing].astype(float).to_numpy() > 0
            if competing
            else np.zeros(len(frame), bool)
        )
        for code in range(int(codes.max()) + 1):
            chosen = codes == code
            units, names = level_codes(frame[chosen], [unit])
            time_of, event_of = times[chosen], happened[chosen]
            lost_of = lost[chosen] & ~event_of
            whole, at_risk = _aalen_johansen(time_of, event_of, lost_of, grid)
            left_out = np.array(
                [
                    _aalen_johansen(time_of[kept], event_of[kept], lost_of[kept], grid)[0]
                    for kept in (units != place for place in range(len(names)))
                ]
            ).reshape(len(names), len(grid))
            error = _jackknife(left_out)
            lower, upper = _interval(whole, error)
            key = frame.loc[np.flatnonzero(chosen)[0], columns].to_dict()
            rows.append(
                pd.DataFrame(
                    {
                        **key,
                        "time": grid,
                        "incidence": whole,
                        "standard_error": error,
                        "lower": lower,
                        "upper": upper,
                        "at_risk": at_risk,
                        "runs": int(chosen.sum()),
                    }
                )
            )
    names_out = [
        *columns,
        "time",
        "incidence",
        "standard_error",
        "lower",
        "upper",
        "at_risk",
        "runs",
    ]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=names_out)


def _aalen_johansen(
    times: Floats, happened: Booleans, lost: Booleans, grid: Floats
) -> tuple[Floats, Floats]:
    """Return the incidence and the number at risk at each time of ``grid``."""
    points = np.unique(times)
    at = np.searchsorted(points, times)
    events = np.bincount(at[happened], minlength=len(points)).astype(float)
    ended = np.bincount(at[lost], minlength=len(points)).astype(float)
    risk = len(times) - np.concatenate(
        [[0], np.cumsum(np.bincount(at, minlength=len(points)))[:-1]]
    )
    free = np.cumprod(1 - (events + ended) / np.maximum(risk, 1))
    before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(before * events / np.maximum(risk, 1))
    place = np.searchsorted(points, grid, side="right") - 1
    value = np.where(place >= 0, incidence[np.maximum(place, 0)] if len(points) else 0.0, 0.0)
    waiting = np.array([(times >= moment).sum() for moment in grid], dtype=float)
    return value, waiting


def _jackknife(left_out: Floats) -> Floats:
    count = len(left_out)
    if count < 2:
        return np.full(left_out.shape[1], np.nan)
    around = left_out - left_out.mean(axis=0)
    return np.asarray(np.sqrt((count - 1) / count * (around**2).sum(axis=0)))


def _interval(incidence: Floats, error: Floats) -> tuple[Floats, Floats]:
    inside = (incidence > 0) & (incidence < 1) & (error > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.log(-np.log1p(-incidence))
        slope = error / ((1 - incidence) * -np.log1p(-incidence))
        half = scipy.stats.norm.isf(0.025) * slope
        lower, upper = (-np.expm1(-np.exp(middle + sign * half)) for sign in (-1, 1))
    return np.where(inside, lower, np.nan), np.where(inside, upper, np.nan)
