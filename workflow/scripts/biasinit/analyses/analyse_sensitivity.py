"""Every contrast under other defensible choices: the table of specifications."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import NORMALIZATION, REFERENCE, SCHEME, interval
from biasinit.analyses.contract import Analysis, Tables, with_metric
from biasinit.runs.columns import Table, flag, number, text

SENSITIVITY = Table(
    name="sensitivity",
    folder="analysis",
    note="The specification curve: every contrast with the reference over all cells, under every "
    "specification.\n"
    "Only the registered specification decides; the others show how much the answer depends on "
    "choices that could have been made otherwise.\n"
    "Mixed models are fitted to the last epoch on the scales `points` and `log-error`.",
    columns=(
        text("outcome", "`accuracy` or `speed`"),
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        text(
            "measure",
            "`last epoch`, `mean of the last epochs`, `median of the last epochs` (the epochs with "
            "a test accuracy, `training.test_epochs`); for speed `epochs to the threshold`",
        ),
        text(
            "scale",
            "`points`, `log-error` (log of the error with its sign turned), `logit`; for speed "
            "`log epochs` or `epochs`",
        ),
        text(
            "failures",
            "`set apart` (pairs where both trained, for speed where both reached the threshold) or "
            "`kept` (with the accuracy that they reached; a diverged run has chance; for speed the "
            "whole length)",
        ),
        text(
            "analysis",
            "`per-seed t`, `sign flips`, `interquartile mean, bootstrap`, `mixed model, SD per "
            "arm`, `mixed model, pooled SD`",
        ),
        text(
            "weights",
            "of the cells: `equal`, or `inverse variance` of the per-seed differences; the latter "
            "only where there are several cells, and not for mixed models",
        ),
        number(
            "threshold_offset",
            "points added to the threshold: −2, 0, 2; 0 for accuracy",
            unit="points",
        ),
        number(
            "estimate",
            "on the scale; on all scales of accuracy higher is better, and fewer epochs are faster",
        ),
        *interval(),
        number("p", "of the contrast alone"),
        number(
            "p_adjusted",
            "over the contrasts of the specification (sign flips: the family's distribution; "
            "otherwise Holm)",
        ),
        text("decision", "`higher`, `lower`, `open`, or `none` when it cannot be estimated"),
        flag("registered", "whether it is the specification that is judged"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return every contrast under every specification."""
    from biasinit.statistics.trust.sensitivity import sensitivity

    return {
        SENSITIVITY.name: sensitivity(tables["runs"], tables.get("curves"), **with_metric(plan))
    }


ANALYSIS = Analysis(
    name="analyse_sensitivity",
    message="Repeating the contrasts under other choices",
    reads=("runs",),
    reads_if_there=("curves",),
    plan=(
        "reference",
        "schemes",
        "metric",
        "thresholds",
        "epochs",
        "alpha",
        "resamples",
        "analysis_seed",
    ),
    makes=(SENSITIVITY,),
    run=run,
    memory_mb=4000,
    minutes=60,
    is_local=False,
)
