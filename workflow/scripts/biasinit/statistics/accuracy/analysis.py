"""Final accuracy: marginal means, and contrasts with the reference under each normalisation.

Two analyses answer the same question. Per-seed contrasts with a one-sample t-test and the
sign-flip family decide; the mixed model of ``accuracy_model`` stands beside them, and where its
Holm-adjusted decision differs in sign or rejection the row is *fragile*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.accuracy.accuracy_model import (
    CHECKED_TABLES,
    MODEL_COLUMNS,
    AccuracyModel,
    fit_accuracy,
    model_table,
)
from biasinit.statistics.accuracy.contrasts import CONTRASTS, contrast_table
from biasinit.statistics.accuracy.power_curves import power_curves
from biasinit.statistics.inference.collapsed import OUTCOME, with_collapsed
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    CROSSED_NORMALIZATION,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.mixed.residual_checks import residual_quantiles
from biasinit.statistics.paired.arms import (
    ArmDifferences,
    arm_differences,
    crossed_differences,
)
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.streams import Purpose, stream

MEANS = ("normalization", "scheme", "estimate", "standard_error", "df", "lower", "upper")


@dataclass(frozen=True, kw_only=True)
class AccuracyAnalysis:
    """Five tables of final accuracy, `accuracy_` and the name of each."""

    means: pd.DataFrame
    contrasts: pd.DataFrame
    model: pd.DataFrame
    residuals: pd.DataFrame
    power: pd.DataFrame


def analyse_accuracy(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric = ACCURACY,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> AccuracyAnalysis:
    """Return means, contrasts and models of final accuracy.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        margins: equivalence margin in points for each data set.
        collapse_points: points below the reference's median; a run with more has collapsed.
        metric: what ``final_accuracy`` is; points are its unit.
        alpha: error rate within each family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    """
    table = read_runs(runs, needed=[OUTCOME])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    table = with_collapsed(
        table,
        reference=reference,
        collapse_points=collapse_points,
        margins=margins,
        metric=metric,
    )
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    levels = levels_present(table)
    everything = {
        level: fit_accuracy(table[table["normalization"] == level], joint=False) for level in levels
    }
    trained = _trained_models(table, levels, everything)
    families = _families(table, reference, schemes)
    standing = table.assign(failed=table["failed"] | table["collapsed"])
    without = _families(standing, reference, schemes) if table["collapsed"].any() else None
    if len(families[1].labels):
        trained[CROSSED_NORMALIZATION] = fit_accuracy(table[~table["failed"]], joint=True)
    tables = [
        contrast_table(
            differences,
            plan,
            models=trained,
            margins=margins,
            runs=table,
            without_collapsed=None if without is None else without[place],
        )
        for place, differences in enumerate(families)
        if len(differences.labels)
    ]
    tables = tables or [pd.DataFrame(columns=list(CONTRASTS))]
    contrasts = pd.concat(tables, ignore_index=True)
    return AccuracyAnalysis(
        means=_means(table, schemes, everything, tells_failures="failed" in runs),
        contrasts=contrasts,
        model=_model_rows(everything, trained, reference, analysis_seed),
        residuals=_residual_rows(trained, analysis_seed),
        power=power_curves(contrasts, alpha=alpha, analysis_seed=analysis_seed),
    )


def _families(
    table: pd.DataFrame, reference: str, schemes: Sequence[str]
) -> tuple[ArmDifferences, ArmDifferences]:
    """Return the contrasts under each normalisation, and those between normalisations."""
    single = arm_differences(
        table, OUTCOME, family="accuracy", reference=reference, schemes=schemes
    )
    return single, crossed_differences(single, family="interaction")


def _trained_models(
    table: pd.DataFrame, levels: Sequence[str], everything: Mapping[str, AccuracyModel]
) -> dict[str, AccuracyModel]:
    """Return models of the runs that trained: those of all runs where none failed."""
    models = {}
    for level in levels:
        part = table[table["normalization"] == level]
        failed = bool(part["failed"].any())
        models[level] = (
            fit_accuracy(part[~part["failed"]], joint=False) if failed else everything[level]
        )
    return models


def _means(
    table: pd.DataFrame,
    schemes: Sequence[str],
    models: Mapping[str, AccuracyModel],
    *,
    tells_failures: bool,
) -> pd.DataFrame:
    rows = []
    for level, model in models.items():
        part = table[table["normalization"] == level]
        array = arrange(part, OUTCOME)
        fitted = pd.DataFrame() if model.fit is None else model.fit.marginal_means(["scheme"])
        for scheme in schemes:
            runs = part[part["scheme"] == scheme]
            row: dict[str, object] = dict.fromkeys(MEANS, np.nan)
            row |= {"normalization": level, "scheme": scheme}
            found = fitted[fitted["scheme"] == scheme] if len(fitted) else fitted
            if len(found) and np.isfinite(found["estimate"].iloc[0]):
                row |= {name: found[name].iloc[0] for name in MEANS[1:]}
            elif scheme in array.levels:
                # the model cannot speak of an arm that does not vary; its seeds can
                test = one_sample(array.cell_mean(array.of(scheme))[:, None]).iloc[0]
                row |= {name: test[name] for name in MEANS[2:]}
            failed = int(runs["failed"].sum()) if tells_failures else None
            rows.append({**row, "runs": len(runs), "failed": failed})
    return pd.DataFrame(rows, columns=[*MEANS, "runs", "failed"])


def _model_rows(
    everything: Mapping[str, AccuracyModel],
    trained: Mapping[str, AccuracyModel],
    reference: str,
    analysis_seed: int,
) -> pd.DataFrame:
    frames = []
    for level, model in trained.items():
        if level != CROSSED_NORMALIZATION and model is not everything[level]:
            text = "The contrasts rest on the runs that trained; the means on all runs."
            model = replace(model, notes=(*model.notes, text))
        rng = _residual_stream(analysis_seed, level)
        frames.append(model_table(level, model, reference=reference, rng=rng))
    return (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=list(MODEL_COLUMNS))
    )


def _residual_rows(trained: Mapping[str, AccuracyModel], analysis_seed: int) -> pd.DataFrame:
    """Return the table `accuracy_residuals`: the models of single normalisations that were fitted.

    The stream is that of the residual checks, so both speak of the same simulated tables.
    """
    frames = [
        residual_quantiles(
            model.fit, draws=CHECKED_TABLES, rng=_residual_stream(analysis_seed, level)
        ).assign(normalization=level)
        for level, model in trained.items()
        if level != CROSSED_NORMALIZATION and model.fit is not None
    ]
    columns = ["normalization", "normal", "observed", "expected", "lower", "upper"]
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )


def _residual_stream(analysis_seed: int, level: str) -> np.random.Generator:
    return stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"residual checks, {level}")
