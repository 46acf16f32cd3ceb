"""A row of the table `verdicts`."""

from dataclasses import dataclass

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.statistics.judging.counts import Counts
from biasinit.statistics.judging.evidence import Judgement
from biasinit.statistics.judging.reasons import NO_COMMON_CONDITIONS, why_not_estimable
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import OWN_BEST_RATE

NAN = float("nan")
COLUMNS = (
    *("outcome", "normalization", "scheme", "reference", "cell", "conditions"),
    *("verdict", "headline", "estimate", "lower", "upper", "level", "interval"),
    *("unit", "better", "metric"),
    *("margin_lower", "margin_upper", "p", "p_adjusted", "p_equivalence_adjusted"),
    *("fragile", "depends_on", "left_out", "p_below", "p_inside", "p_above", "smallest_margin"),
    *("seeds", "seeds_needed", "seeds_needed_low", "seeds_needed_high"),
    *("runs", "reference_runs", "failed", "reference_failed", "events", "reference_events"),
    *("collapsed", "reference_collapsed", "stray", "reference_stray", "undetected"),
    *("seeds_trained", "new_test_set_lower", "new_test_set_upper"),
)


@dataclass(frozen=True, kw_only=True)
class VerdictRow:
    """All that the table says of one comparison but its sentence; NaN where it has no number.

    ``single`` are the rows of the single conditions behind one that is over several.
    """

    outcome: Outcome
    metric: Metric
    normalization: str
    scheme: str
    reference: str
    cell: str
    conditions: int
    judgement: Judgement
    estimate: float
    counts: Counts
    reference_counts: Counts
    seeds: int
    single: "tuple[VerdictRow, ...]" = ()
    margin_lower: float = NAN
    margin_upper: float = NAN
    p_difference: float = NAN
    p_equivalence: float = NAN
    p_adjusted: float = NAN
    p_equivalence_adjusted: float = NAN
    fragile: bool = False
    depends_on: str = ""
    left_out: str = ""
    p_below: float = NAN
    p_inside: float = NAN
    p_above: float = NAN
    smallest_margin: float = NAN
    seeds_needed: float = NAN
    seeds_needed_low: float = NAN
    seeds_needed_high: float = NAN
    events: float = NAN
    reference_events: float = NAN
    new_test_set_lower: float = NAN
    new_test_set_upper: float = NAN

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.judgement.verdict

    @property
    def of_metric(self) -> bool:
        """Whether its numbers are differences of what is measured at the end of a run."""
        return self.outcome in (Outcome.ACCURACY, Outcome.INTERACTION)

    @property
    def unit(self) -> str:
        """What its numbers are in."""
        if self.outcome.counts_runs:
            return "share of seeds"
        return "ratio" if self.outcome is Outcome.SPEED else self.metric.unit

    @property
    def places(self) -> int:
        """The decimals that its numbers are written with."""
        speed = self.outcome is Outcome.SPEED
        return numbers.LEAST_PLACES if speed else numbers.places(self.margin_upper)

    @property
    def p(self) -> float:
        """p-value of the row alone of what the verdict says; NaN where it depends."""
        if self.verdict is Verdict.DEPENDS:
            return NAN
        equivalent = self.verdict is Verdict.EQUIVALENT
        return self.p_equivalence if equivalent else self.p_difference

    @property
    def reason(self) -> str:
        """Why it is not estimable, or nothing where it is."""
        if self.verdict is not Verdict.NOT_ESTIMABLE:
            return ""
        if self.cell == OWN_BEST_RATE and not self.seeds:
            return NO_COMMON_CONDITIONS
        return why_not_estimable(
            self.outcome,
            scheme=self.scheme,
            reference=self.reference,
            runs=self.counts.runs,
            reference_runs=self.reference_counts.runs,
            failed=self.counts.failed + self.reference_counts.failed,
            seeds=self.seeds,
            estimate=self.estimate,
            places=self.places,
        )

    @property
    def undetected(self) -> float:
        """Share of collapsed seeds that the runs cannot exclude; only where accuracy is judged."""
        judged = self.outcome is Outcome.ACCURACY and self.counts.seeds_trained > 0
        return self.counts.undetected if judged else NAN

    def record(self, headline: str) -> dict[str, object]:
        """Return the row by column."""
        derived = {
            "outcome": self.outcome.value,
            "verdict": self.verdict.value,
            "headline": headline,
            "lower": self.judgement.lower,
            "upper": self.judgement.upper,
            "level": self.judgement.level,
            "interval": self.judgement.interval,
            "unit": self.unit,
            "better": self.metric.better if self.of_metric else "lower",
            "metric": self.metric.name if self.of_metric else "",
            "seeds_trained": self.counts.seeds_trained,
        }
        for prefix, counts in (("", self.counts), ("reference_", self.reference_counts)):
            for name in ("runs", "failed", "collapsed", "stray"):
                derived[f"{prefix}{name}"] = getattr(counts, name)
        if self.verdict in (Verdict.FAILS, Verdict.REFERENCE_FAILS):
            derived["estimate"] = NAN  # a single pair is no mean
        return {name: derived.get(name, getattr(self, name, None)) for name in COLUMNS}
