"""How often the registered analysis errs on runs like these."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, flag, integer, number, text

CALIBRATION = Table(
    name="calibration",
    folder="analysis",
    note="How often the registered analysis errs on runs like these; one row per quantity.\n"
    "Empty where fewer than two schemes or three seeds can be compared.",
    columns=(
        text(
            "experiment",
            "`relabelled runs` (scheme labels permuted within each seed: descriptive) or "
            "`simulated runs` (drawn from the fitted mixed models)",
        ),
        text(
            "quantity",
            "`any rejection, accuracy` / `interaction` / `speed`; `type I error, accuracy` / "
            "`interaction`; `type I error of any family`; `coverage of 95 % intervals`; `power at "
            "X points`; `equivalence error at the margin`",
        ),
        number("rate", "share of tables, or of contrasts"),
        number(
            "lower",
            "lower bound of a 95 % interval (Clopper-Pearson; contrasts of one table count as "
            "independent)",
        ),
        number("upper", "upper bound of the same"),
        number("band_lower", "from where the rate should be; missing for descriptive rates"),
        number("band_upper", "to where the rate should be; missing for descriptive rates"),
        flag(
            "within_band",
            "false only where the whole interval lies outside the band; missing without a band",
        ),
        integer("tables", "tables, or contrasts of all tables where each counts by itself"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return error rates under relabelling and simulation."""
    from biasinit.statistics.trust.calibration import calibrate

    found = calibrate(
        tables["runs"],
        reference=plan["reference"],
        schemes=plan["schemes"],
        margins=plan["margins"],
        alpha=plan["alpha"],
        resamples=plan["calibration_resamples"],
        tables=plan["calibration_tables"],
        effect=plan["calibration_effect"],
        analysis_seed=plan["analysis_seed"],
    )
    return {CALIBRATION.name: found}


ANALYSIS = Analysis(
    name="calibrate",
    message="Measuring how often the analysis errs",
    reads=("runs",),
    plan=(
        "reference",
        "schemes",
        "margins",
        "alpha",
        "analysis_seed",
        "calibration_resamples",
        "calibration_tables",
        "calibration_effect",
    ),
    makes=(CALIBRATION,),
    run=run,
    memory_mb=4000,
    minutes=120,
    is_local=False,
)
