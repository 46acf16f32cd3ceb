"""Columns of the page's tables: heading, how a value is written, what it is sorted by."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import short_normalization_label

Writer = Callable[[Mapping[str, object]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a page table: heading, how a row is written, and the column it is sorted by."""

    heading: str
    write: Writer
    key: str
    numeric: bool = True


def _value(row: Mapping[str, object], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) else math.nan


def _words(heading: str, key: str) -> Column:
    return Column(
        heading=heading, key=key, numeric=False, write=lambda row: _plain_text(row.get(key))
    )


def _plain_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return numbers.MISSING
    if isinstance(value, bool) or str(type(value).__name__) == "bool_":
        return "yes" if value else "no"
    return str(value)


def _figure(heading: str, key: str, *, decimals: int = 2, signed: bool = False) -> Column:
    write = numbers.signed if signed else numbers.number
    return Column(
        heading=heading, key=key, write=lambda row: write(_value(row, key), decimals=decimals)
    )


def _counted(heading: str, key: str) -> Column:
    return Column(heading=heading, key=key, write=lambda row: numbers.count(_value(row, key)))


def _probability(heading: str, key: str) -> Column:
    return Column(heading=heading, key=key, write=lambda row: numbers.p_value(_value(row, key)))


def _share(heading: str, key: str, *, decimals: int = 1) -> Column:
    return Column(
        heading=heading,
        key=key,
        write=lambda row: numbers.percent(_value(row, key), decimals=decimals),
    )


def _between(
    heading: str, lower: str, upper: str, *, decimals: int = 2, percent: bool = False
) -> Column:
    factor = 100 if percent else 1
    return Column(
        heading=heading,
        key=lower,
        write=lambda row: numbers.interval(
            factor * _value(row, lower), factor * _value(row, upper), decimals=decimals
        ),
    )


_WHERE = Column(
    heading="batch norm.",
    key="normalization",
    numeric=False,
    write=lambda row: short_normalization_label(str(row.get("normalization", ""))),
)


_SCHEME = _words("scheme", "scheme")


_DECISIONS = (
    _probability("p, family", "p_adjusted"),
    _probability("p, equivalence", "p_equivalence_adjusted"),
    _figure("smallest margin", "smallest_margin"),
)


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "accuracy_means": (
        _WHERE,
        _SCHEME,
        _figure("mean, %", "estimate"),
        _between("95 % interval", "lower", "upper"),
        _figure("SE", "standard_error", decimals=3),
        _figure("df", "df", decimals=1),
        _counted("runs", "runs"),
        _counted("failed", "failed"),
    ),
    "accuracy_contrasts": (
        _words("family", "family"),
        _WHERE,
        _SCHEME,
        _words("cell", "cell_label"),
        _words("rests on", "basis"),
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _between("interval, family", "simultaneous_lower", "simultaneous_upper"),
        *_DECISIONS,
        _figure("mixed model, points", "mixed_estimate", signed=True),
        _probability("p, mixed model", "mixed_p_adjusted"),
        _words("fragile", "fragile"),
        _probability("p, scheme × cell", "scheme_by_cell_p"),
    ),
    "accuracy_model": (
        _WHERE,
        _words("quantity", "quantity"),
        _words("level", "level"),
        Column(
            heading="value", key="value", write=lambda row: numbers.scientific(_value(row, "value"))
        ),
        _words("note", "note"),
    ),
    "accuracy_residuals": (
        _WHERE,
        _figure("normal quantile", "normal", signed=True),
        _figure("residual, SDs", "observed", signed=True),
        _figure("expected", "expected", signed=True),
        _between("95 % of simulated tables", "lower", "upper"),
    ),
    "accuracy_power": (
        _WHERE,
        _SCHEME,
        _words("against", "reference"),
        _counted("seeds", "seeds"),
        Column(
            heading="chance of a verdict",
            key="power",
            write=lambda row: numbers.percent(_value(row, "power")),
        ),
    ),
    "speed_means": (
        _WHERE,
        _SCHEME,
        _figure("mean epochs", "estimate"),
        _between("95 % interval", "lower", "upper"),
        _figure("SE", "standard_error", decimals=3),
        _counted("runs", "runs"),
        _counted("reached", "reached"),
    ),
    "speed_contrasts": (
        _WHERE,
        _SCHEME,
        _words("cell", "cell_label"),
        _counted("seeds", "seeds"),
        _figure("ratio of times", "ratio"),
        _between("95 % interval", "ratio_lower", "ratio_upper"),
        _between("interval, family", "ratio_simultaneous_lower", "ratio_simultaneous_upper"),
        _figure("difference, epochs", "estimate", signed=True),
        *_DECISIONS,
        _figure("hazard ratio", "hazard_ratio"),
        _between("95 % interval, hazard", "hazard_lower", "hazard_upper"),
        _probability("p, hazard", "hazard_p_adjusted"),
        _words("fragile", "fragile"),
    ),
    "failure_rates": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("runs", "runs"),
        _counted("failed", "failed"),
        _counted("diverged", "diverged"),
        _counted("never learned", "never_learned"),
        _share("share", "rate"),
        _between("95 % interval, %", "lower", "upper", decimals=1, percent=True),
    ),
    "failure_contrasts": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("pairs", "pairs"),
        _counted("only this one failed", "only_scheme_failed"),
        _counted("only the reference failed", "only_reference_failed"),
        _share("difference", "risk_difference"),
        _between("95 % interval, %", "lower", "upper", decimals=1, percent=True),
        _probability("p, adjusted", "p_adjusted"),
    ),
    "identity": (
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _figure("largest difference, points", "largest_accuracy_difference"),
        _share("identical predictions", "share_identical_predictions", decimals=3),
    ),
    "replicate": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _probability("p", "p"),
        *_DECISIONS,
    ),
    "pairing": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _words("same weights", "weights_equal"),
        _words("same batch order", "orders_equal"),
        _figure("correlation", "correlation"),
        _figure("gain in variance", "variance_gain"),
    ),
    "level_contrasts": (
        _WHERE,
        _words("scheme", "scheme"),
        _words("effect against", "reference"),
        _words("factor", "factor"),
        _words("level", "level"),
        _words("against", "against"),
        _words("rests on", "basis"),
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _between("interval, family", "simultaneous_lower", "simultaneous_upper"),
        *_DECISIONS,
        _words("verdict", "verdict"),
        _counted("seeds needed", "seeds_needed"),
    ),
    "layer_means": (
        _WHERE,
        _SCHEME,
        _words("when", "when"),
        _words("layer", "layer"),
        _words("quantity", "quantity"),
        Column(
            heading="mean",
            key="estimate",
            write=lambda row: numbers.scientific(_value(row, "estimate")),
        ),
        Column(
            heading="95 % interval",
            key="lower",
            write=lambda row: (
                f"{numbers.scientific(_value(row, 'lower'))} to "
                f"{numbers.scientific(_value(row, 'upper'))}"
            ),
        ),
        _counted("runs", "runs"),
        Column(
            heading="theory",
            key="predicted",
            write=lambda row: numbers.scientific(_value(row, "predicted")),
        ),
    ),
    "twin_means": (
        _words("architecture", "architecture"),
        _WHERE,
        _SCHEME,
        _words("when", "when"),
        _words("quantity", "quantity"),
        _figure("mean", "estimate", decimals=3),
        _between("95 % interval", "lower", "upper", decimals=3),
        _counted("runs", "runs"),
    ),
    "tuned": (
        _WHERE,
        _SCHEME,
        _words("its learning rate", "learning_rates"),
        _words("reference", "reference"),
        _words("its learning rate", "reference_learning_rates"),
        _words("at the edge of the grid", "at_edge"),
        _words("seeds that count", "basis"),
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _probability("p, family", "p_adjusted"),
        _probability("p, equivalence", "p_equivalence_adjusted"),
    ),
    "sensitivity": (
        _words("outcome", "outcome"),
        _WHERE,
        _SCHEME,
        _words("measure", "measure"),
        _words("scale", "scale"),
        _words("failed runs", "failures"),
        _words("analysis", "analysis"),
        _words("weights", "weights"),
        _figure("threshold", "threshold_offset", decimals=0, signed=True),
        _figure("estimate", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _probability("p, family", "p_adjusted"),
        _words("decision", "decision"),
        _words("registered", "registered"),
    ),
    "calibration": (
        _words("experiment", "experiment"),
        _words("quantity", "quantity"),
        _share("rate", "rate"),
        _share("lower", "lower"),
        _share("upper", "upper"),
        _share("band from", "band_lower"),
        _share("band to", "band_upper"),
        _words("within band", "within_band"),
        _counted("tables", "tables"),
    ),
    "costs": (
        _words("rule", "rule"),
        _SCHEME,
        _counted("jobs", "jobs"),
        _counted("runs", "runs"),
        _figure("clock, s", "wall_seconds", decimals=1),
        _figure("processors, s", "cpu_seconds", decimals=1),
        _figure("GPU, s", "gpu_seconds", decimals=1),
        _figure("training, s", "training_seconds", decimals=1),
        _figure("evaluation, s", "evaluation_seconds", decimals=1),
        _counted("memory, MiB", "memory_mib"),
        _counted("GPU memory, MiB", "device_memory_mib"),
    ),
}

FAILED_RUNS = (
    _WHERE,
    _words("cell", "cell_label"),
    _SCHEME,
    _counted("seed", "seed"),
    _words("what happened", "failure_kind"),
    _counted("at step", "diverged_at"),
    _figure("final accuracy, %", "final_accuracy"),
)


TITLES: Mapping[str, tuple[str, str]] = {
    "accuracy_means": (
        "Marginal means of final accuracy",
        "Mixed model over cells; each cell counts the same.",
    ),
    "accuracy_contrasts": (
        "Contrasts of final accuracy",
        "The per-seed contrast decides; the mixed model is the second analysis, and a contrast on "
        "which the two disagree is called fragile. Rows of single cells are exploratory.",
    ),
    "level_contrasts": (
        "Levels of a factor against each other",
        "Within seeds, under one scheme; all comparisons that the ledger of claims asks of this "
        "study are one family.",
    ),
    "accuracy_model": (
        "The mixed model",
        "Variance components, residual SDs and how it was fitted.",
    ),
    "accuracy_residuals": (
        "Quantiles of the residuals",
        "Of the mixed model, against tables simulated from it.",
    ),
    "accuracy_power": (
        "Chance of a verdict, by number of seeds",
        "If the estimated difference is the truth; simulated.",
    ),
    "speed_means": (
        "Mean epochs to the threshold",
        "Restricted means: a run that never got there counts with all epochs of the study.",
    ),
    "speed_contrasts": (
        "Contrasts of time to the threshold",
        "Ratios below 1 are faster; hazard ratios above 1 are faster.",
    ),
    "failure_rates": (
        "Runs that failed",
        "Diverged (not a finite loss) or never learned; exact (Clopper-Pearson) intervals.",
    ),
    "failure_contrasts": (
        "Contrasts of failure",
        "Exact paired (McNemar) tests, for arms in which any run failed.",
    ),
    "identity": (
        "Identity check",
        "A bias before batch normalisation is cancelled; predictions should be identical.",
    ),
    "replicate": (
        "A/A arm",
        "The same scheme with another batch order: no effect by construction.",
    ),
    "pairing": (
        "Pairing audit",
        "Same seed, same initial weights and batch order under every scheme; what pairing gained.",
    ),
    "layer_means": ("Layers", "Means over seeds and cells with 95 % intervals."),
    "twin_means": (
        "How far twins are from each other",
        "Of networks that compare pairs; means over seeds of runs that trained.",
    ),
    "tuned": (
        "Each scheme at its own learning rate",
        "Rates are chosen by validation accuracy of the first seeds; schemes are compared on the "
        "other seeds alone.",
    ),
    "sensitivity": (
        "All specifications",
        "Only the registered one decides; the others show how much hangs on choices.",
    ),
    "calibration": (
        "Calibration",
        "How often the registered analysis errs on runs like these.",
    ),
    "costs": (
        "Cost by scheme and rule",
        "Sums over jobs, memory of the largest one. Jobs of training start a process too, which is "
        "neither training nor evaluation. "
        "Jobs count as they last ran, this report not at all.",
    ),
}
