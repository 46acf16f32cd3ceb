"""All tables of a study, made by the analyses one after the other as the workflow makes them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np
import pandas as pd

from biasinit.analyses import analyse_accuracy as accuracy
from biasinit.analyses import analyse_speed as speed
from biasinit.metric import ACCURACY, Metric
from biasinit.runs.columns import Table
from biasinit.statistics.accuracy import analysis as accuracy_module
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.accuracy.contrasts import NO_MODEL
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.judging import contrast_rows as judging_module
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.judging.seeds_needed import NOT_NEEDED
from biasinit.statistics.speed import analysis as speed_module
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.speed.hazard_ratios import COLUMNS as HAZARD_COLUMNS

COLLAPSE_POINTS = 15.0
SPEED_MARGIN = (0.8, 1.25)


def analysed(
    runs: pd.DataFrame,
    *,
    schemes: tuple[str, ...],
    reference: str = "zeros",
    margins: dict[str, float],
    epochs: float | None = 15.0,
    curves: pd.DataFrame | None = None,
    tuned: pd.DataFrame | None = None,
    metric: Metric = ACCURACY,
    collapse_points: float = COLLAPSE_POINTS,
    alpha: float = 0.05,
    resamples: int = 2_000,
    analysis_seed: int = 0,
    **images: object,
) -> dict[str, pd.DataFrame]:
    """Return the tables of accuracy, speed (where the runs have times), failures, and verdicts."""
    arms = {"reference": reference, "schemes": schemes}
    plan = {"alpha": alpha, "resamples": resamples, "analysis_seed": analysis_seed}
    rules = {"margins": margins, "collapse_points": collapse_points, "metric": metric}
    found = analyse_accuracy(runs, **arms, **rules, **plan)
    failure = analyse_failure(runs, epochs=epochs, **arms, **rules, **plan)
    made = {
        "accuracy_means": found.means,
        "accuracy_contrasts": found.contrasts,
        "accuracy_model": found.model,
        "accuracy_residuals": found.residuals,
        "accuracy_power": found.power,
        "failure_rates": failure.rates,
        "failure_contrasts": failure.contrasts,
    }
    if epochs is not None and "epochs_to_threshold" in runs:
        times = analyse_speed(
            runs, curves, speed_margin=SPEED_MARGIN, epochs=epochs, **arms, **plan
        )
        made |= {
            "speed_means": times.means,
            "speed_contrasts": times.contrasts,
            "curve_means": times.curve_means,
        }
    verdicts = judge_schemes(
        runs,
        accuracy_contrasts=found.contrasts,
        speed_contrasts=made.get("speed_contrasts"),
        failure_contrasts=failure.contrasts,
        tuned_contrasts=tuned,
        epochs=epochs,
        alpha=alpha,
        analysis_seed=analysis_seed,
        **arms,
        **rules,
        **images,
    )
    return made | {"verdicts": verdicts}


@contextmanager
def only_what_decides() -> Iterator[None]:
    """Leave out the models that stand beside the verdicts, and the planning of seeds."""

    def no_hazards(_table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(np.nan, index=labels.index, columns=list(HAZARD_COLUMNS))

    with ExitStack() as stack:
        for module, name, stand_in in (
            (accuracy_module, "fit_accuracy", lambda *_, **__: NO_MODEL),
            (accuracy_module, "_means", _empty(accuracy.MEANS)),
            (accuracy_module, "_model_rows", _empty(accuracy.MODEL)),
            (accuracy_module, "power_curves", _empty(accuracy.POWER)),
            (speed_module, "_means", _empty(speed.MEANS)),
            (speed_module, "curve_means", _empty(speed.CURVE_MEANS)),
            (speed_module, "hazard_ratios", no_hazards),
            (judging_module, "seeds_for_row", lambda *_, **__: NOT_NEEDED),
        ):
            stack.enter_context(mock.patch.object(module, name, stand_in))
        yield


def _empty(table: Table) -> Callable[..., pd.DataFrame]:
    return lambda *_, **__: pd.DataFrame(columns=list(table.column_names))


def row_of(table: pd.DataFrame, **wanted: object) -> "pd.Series[object]":
    """Return the only row that has these values."""
    chosen = np.ones(len(table), dtype=bool)
    for name, value in wanted.items():
        chosen &= (table[name] == value).to_numpy()
    assert chosen.sum() == 1, wanted
    return table[chosen].iloc[0]
