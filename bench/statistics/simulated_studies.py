"""Simulated tables of runs, sent through the public functions up to the verdicts.

``judged`` calls ``analyse_accuracy``, ``analyse_speed``, ``analyse_failure`` and ``judge_schemes``
themselves. By default it leaves out what decides no verdict and takes most of the time: mixed and
hazard models, marginal means, power curves and seeds needed. Only "fragile" and the seeds needed
differ then; ``whole`` leaves nothing out.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy import analysis as accuracy_module
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.accuracy.contrasts import NO_MODEL
from biasinit.statistics.failure import analysis as failure_module
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.judging import contrast_rows as rows_module
from biasinit.statistics.judging import schemes as judging_module
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.judging.seeds_needed import NOT_NEEDED
from biasinit.statistics.speed import analysis as speed_module
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.speed.hazard_ratios import COLUMNS as HAZARD_COLUMNS
from biasinit.vocabulary import WITHOUT_AND_WITH

ALPHA, MARGIN, COLLAPSE_POINTS = 0.05, 0.5, 15.0  # of the default study; points
SPEED_MARGIN, EPOCHS = (0.8, 1.25), 15.0
RESAMPLES = 999  # sign flips: (b + 1) / 1,000 makes a p-value of .05 exact
COLLAPSE: dict[str, Any] = {"margins": {"digits": MARGIN}, "collapse_points": COLLAPSE_POINTS}
CHANCE = 10.0  # accuracy of a failed run, percent
RATES = (0.005, 0.02, 0.08, 0.32, 1.28)  # learning rates that name the cells


def runs_table(
    accuracy: Floats, *, times: Floats | None = None, failed: Booleans | None = None
) -> pd.DataFrame:
    """Return a table of runs; the schemes are called s0, which is the reference, s1 and so on.

    Args:
        accuracy: in percent, (normalisations, cells, seeds, schemes).
        times: epochs to the threshold of the same shape, NaN where a run does not reach it.
        failed: of the same shape; such runs get the accuracy of chance and no time.

    """
    lost = np.zeros(accuracy.shape, dtype=bool) if failed is None else failed
    level, cell, seed, scheme = (axis.ravel() for axis in np.indices(accuracy.shape))
    columns = {
        "dataset": "digits",
        "normalization": np.array(WITHOUT_AND_WITH)[level],
        "learning_rate": np.array(RATES)[cell],
        "seed": seed,
        "scheme": np.array(scheme_names(accuracy.shape[3]))[scheme],
        "final_accuracy": np.where(lost, CHANCE, accuracy).ravel(),
        "failed": lost.ravel(),
    }
    if times is not None:
        within = np.where(lost | (times > EPOCHS), np.nan, times).ravel()
        columns |= {"epochs_to_threshold": within, "reached": np.isfinite(within)}
    return pd.DataFrame(columns)


def scheme_names(count: int) -> list[str]:
    """Return the names of so many schemes, the reference first."""
    return [f"s{place}" for place in range(count)]


def cell_name(place: int) -> str:
    """Return the label of a cell by its place."""
    return f"learning_rate {RATES[place]:g}"


def judged(
    runs: pd.DataFrame, key: int, *, events: bool = False, whole: bool = False
) -> pd.DataFrame:
    """Return the table of verdicts of one study.

    Args:
        runs: from ``runs_table``; speed is judged where it has times.
        key: of the sign flips.
        events: whether failures, collapses and missed thresholds are judged as well.
        whole: whether nothing is left out.

    """
    if whole:
        return _judged(runs, key, events=True)
    with only_what_decides(events=events):
        return _judged(runs, key, events=events)


def accuracy_contrasts(runs: pd.DataFrame, key: int) -> pd.DataFrame:
    """Return the contrasts of accuracy of one study, without mixed models."""
    with only_what_decides(events=False):
        return _accuracy(runs, key)


def speed_contrasts(runs: pd.DataFrame, key: int) -> pd.DataFrame:
    """Return the contrasts of speed of one study, without hazard models."""
    with only_what_decides(events=False):
        return _speed(runs, key)


def _judged(runs: pd.DataFrame, key: int, *, events: bool) -> pd.DataFrame:
    epochs = EPOCHS if "reached" in runs else None
    failure = None
    if events:
        arguments = _order(runs) | COLLAPSE | _flips(key)
        failure = analyse_failure(runs, epochs=epochs, **arguments).contrasts
    return judge_schemes(
        runs,
        accuracy_contrasts=_accuracy(runs, key),
        speed_contrasts=None if epochs is None else _speed(runs, key),
        failure_contrasts=failure,
        epochs=epochs,
        alpha=ALPHA,
        analysis_seed=key,
        **_order(runs),
        **COLLAPSE,
    )


def _accuracy(runs: pd.DataFrame, key: int) -> pd.DataFrame:
    return analyse_accuracy(runs, **_order(runs), **COLLAPSE, **_flips(key)).contrasts


def _speed(runs: pd.DataFrame, key: int) -> pd.DataFrame:
    timing = {"speed_margin": SPEED_MARGIN, "epochs": EPOCHS}
    return analyse_speed(runs, None, **timing, **_order(runs), **_flips(key)).contrasts


def _order(runs: pd.DataFrame) -> dict[str, Any]:
    names = sorted(runs["scheme"].unique())
    return {"reference": names[0], "schemes": names}


def _flips(key: int) -> dict[str, Any]:
    return {"alpha": ALPHA, "resamples": RESAMPLES, "analysis_seed": key}


@contextmanager
def only_what_decides(*, events: bool) -> Iterator[None]:
    """Leave out the models that stand beside the verdicts, the planning, and events if need be."""

    def no_hazards(table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(np.nan, index=labels.index, columns=list(HAZARD_COLUMNS))

    def no_ratios(arrays: object, labels: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(np.nan, index=labels.index, columns=list(speed_module.RESTRICTED))

    stand_ins = (
        (accuracy_module, "fit_accuracy", lambda *_, **__: NO_MODEL),
        *(
            (accuracy_module, name, _nothing)
            for name in ("_means", "_model_rows", "_residual_rows")
        ),
        (accuracy_module, "power_curves", _nothing),
        (speed_module, "_means", _nothing),
        (speed_module, "hazard_ratios", no_hazards),
        (speed_module, "restricted_ratios", no_ratios),
        (failure_module, "_rates", _nothing),
        (rows_module, "places_to_plan", lambda contrasts, **_: dict.fromkeys(contrasts.index)),
        (rows_module, "seeds_for_row", lambda *_, **__: NOT_NEEDED),
    )
    if not events:
        stand_ins = (*stand_ins, (judging_module, "EVENT_OUTCOMES", {}))
    with ExitStack() as stack:
        for module, name, stand_in in stand_ins:
            stack.enter_context(mock.patch.object(module, name, stand_in))
        yield


def _nothing(*_: object, **__: object) -> None:
    """Stand in for a table that decides nothing."""
