"""Models of final accuracy, and contrasts of every scheme with the reference."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    NORMALIZATION,
    REFERENCE,
    RUNS,
    SCHEME,
    STANDARD_ERROR,
    accuracy_contrasts,
    interval,
)
from biasinit.analyses.contract import Analysis, Tables, with_metric
from biasinit.runs.columns import Table, flag, integer, number, text

MEANS = Table(
    name="accuracy_means",
    folder="analysis",
    note="Marginal means of the mixed model over cells.",
    columns=(
        NORMALIZATION,
        SCHEME,
        number("estimate", "mean final accuracy", unit="percent"),
        number("standard_error", STANDARD_ERROR, unit="points"),
        number("df", "degrees of freedom, by Satterthwaite"),
        *interval("percent"),
        RUNS,
        integer("failed", "of them failed"),
    ),
)

CONTRASTS = Table(
    name="accuracy_contrasts",
    folder="analysis",
    note="One row per contrast of final accuracy with the reference scheme; contrasts over all "
    "cells are one family, those in single cells another.\n"
    "A pair of runs is set apart where one of them failed; its seed stays in all other cells.",
    columns=accuracy_contrasts(
        family=text(
            "family",
            "`accuracy`, or `interaction` (difference of the contrast between normalisations)",
        ),
        normalization=text(
            "normalization", "a level, or `batchnorm_shift - none` in the family `interaction`"
        ),
        scheme=SCHEME,
    ),
)

MODEL = Table(
    name="accuracy_model",
    folder="analysis",
    note="What the mixed models found besides means and contrasts: variance components, residual "
    "SDs, log-likelihood, engine used, correlation, notes on the fit; and the contrasts that "
    "statsmodels' `MixedLM` finds, which decide nothing.",
    columns=(
        text("normalization", "of the runs; `batchnorm_shift - none` for the model of both"),
        text("quantity", "what is told"),
        text("level", "of the quantity, such as a grouping or an arm; a contrast's scheme"),
        text("cell", "of a contrast, or `all`; empty for other quantities"),
        number("value", "of the quantity; missing for notes; a contrast is in points"),
        number("standard_error", "of a contrast; missing for other quantities", unit="points"),
        number("lower", "lower bound of its 95 % interval", unit="points"),
        number("upper", "upper bound of its 95 % interval", unit="points"),
        number("p", "that it is zero, not adjusted"),
        text("note", "in words"),
    ),
)

RESIDUALS = Table(
    name="accuracy_residuals",
    folder="analysis",
    note="Ordered residuals of the mixed model in standard deviations of their row.",
    columns=(
        NORMALIZATION,
        number("normal", "standard normal quantile, up to 101 of them"),
        number("observed", "residual at the quantile"),
        number("expected", "median of tables simulated from the model"),
        number("lower", "lower bound of the middle 95 % of simulated tables"),
        number("upper", "upper bound of the middle 95 % of simulated tables"),
    ),
)

POWER = Table(
    name="accuracy_power",
    folder="analysis",
    note="The chance of a verdict with so many seeds, if the estimate is the truth.",
    columns=(
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        integer("seeds", "number of seeds"),
        number("power", "the chance of a verdict"),
        number("wanted", "the chance that `seeds_needed` in `verdicts` is planned for"),
        flag("present", "whether the study has that many seeds"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return means, contrasts and models of final accuracy."""
    from biasinit.statistics.accuracy.analysis import analyse_accuracy

    found = analyse_accuracy(tables["runs"], **with_metric(plan))
    return {
        MEANS.name: found.means,
        CONTRASTS.name: found.contrasts,
        MODEL.name: found.model,
        RESIDUALS.name: found.residuals,
        POWER.name: found.power,
    }


ANALYSIS = Analysis(
    name="analyse_accuracy",
    message="Fitting models of final accuracy",
    reads=("runs",),
    plan=(
        *("reference", "schemes", "margins", "metric", "collapse_points"),
        *("alpha", "resamples", "analysis_seed"),
    ),
    makes=(MEANS, CONTRASTS, MODEL, RESIDUALS, POWER),
    run=run,
    memory_mb=4000,
    minutes=30,
    is_local=False,
)
