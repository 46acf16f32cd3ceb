"""A row of the table `verdicts`."""

from biasinit.statistics.judging.evidence import Evidence
from biasinit.statistics.judging.headline import headline
from biasinit.verdicts import Outcome, Verdict

COLUMNS = (
    *("outcome", "normalization", "scheme", "reference", "verdict", "headline"),
    *("estimate", "lower", "upper", "level", "unit", "margin_lower", "margin_upper"),
    *("p_adjusted", "p_equivalence_adjusted", "fragile", "depends_on", "smallest_margin"),
    *("seeds", "seeds_needed", "failed", "reference_failed"),
    *("new_test_set_lower", "new_test_set_upper"),
)
UNITS = {
    Outcome.ACCURACY: "points",
    Outcome.INTERACTION: "points",
    Outcome.SPEED: "ratio",
    Outcome.FAILURE: "share of runs",
}


def verdict_row(evidence: Evidence, verdict: Verdict, *, p_adjusted: float) -> dict[str, object]:
    """Return the row that states a verdict with all that it rests on."""
    row = {name: getattr(evidence, name, None) for name in COLUMNS}
    return row | {
        "outcome": evidence.outcome.value,
        "verdict": verdict.value,
        "headline": headline(evidence, verdict),
        "unit": UNITS[evidence.outcome],
        "p_adjusted": p_adjusted,
    }
