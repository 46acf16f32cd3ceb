"""The columns of a table of verdicts, of which there is one for each threshold of speed."""

from biasinit.analyses.columns import REFERENCE, SCHEME
from biasinit.runs.columns import flag, integer, number, text

VERDICT_COLUMNS = (
    text(
        "outcome",
        "`accuracy`, `interaction`, `speed`, `failure`, `collapse` or `not reached`",
    ),
    text("normalization", "as in the contrasts that the verdict is on"),
    SCHEME,
    REFERENCE,
    text(
        "cell",
        "`all` for all conditions, or one condition (`learning_rate 0.02`), or `own best "
        "learning rate`: each scheme at its own",
    ),
    integer("conditions", "how many conditions stand behind the row"),
    text(
        "verdict",
        "`fails`, `reference fails`, `worse beyond the margin`, `worse`, `better beyond the "
        "margin`, `better`, `depends`, `different but negligible`, `equivalent`, `identical`, "
        "`inconclusive`, `none seen`, `not estimable`; for speed `better` means faster; for "
        "failure, collapse and not reached `worse` means more often",
    ),
    text(
        "headline",
        "plain sentences with number, unit and interval; equivalent is said on this test set, "
        'and "on new images" only where the interval for new test images lies inside the '
        "margin too",
    ),
    number("estimate", "what is judged; over several conditions, their mean"),
    number("lower", "lower bound of the interval that decides; missing where it depends"),
    number("upper", "upper bound of the interval that decides; missing where it depends"),
    number("level", "of the interval", unit="percent"),
    text(
        "interval",
        "`difference`: holds for the whole family; `equivalence`: of the two one-sided tests "
        "that decided; `conditions`: from the lowest to the highest end of any condition, where a "
        "mean may not stand for them; empty without one",
    ),
    text("unit", "`points` or the unit of another metric, `ratio` or `share of seeds`"),
    text(
        "better",
        "`higher` or `lower`: which estimates are better; differences are scheme minus reference, "
        "ratios scheme by reference",
    ),
    text("metric", "what is measured at the end of a run; empty of speed and of events"),
    number("margin_lower", "lower end of the margin of equivalence"),
    number("margin_upper", "upper end of the margin of equivalence"),
    number(
        "p",
        "of the row alone: of equivalence where it is equivalent, otherwise of a difference; "
        "missing where it depends",
    ),
    number("p_adjusted", "of a difference; one of two that decided"),
    number("p_equivalence_adjusted", "of equivalence; the other one"),
    flag("fragile", "whether a second analysis decides otherwise"),
    text("depends_on", "empty, or the factor that the effect changes with"),
    text(
        "left_out",
        "empty, or the conditions of the study that have no pairs of runs for the comparison, and "
        "why",
    ),
    number("p_below", "probability that the effect lies below the margin, under a flat prior"),
    number("p_inside", "probability that it lies inside the margin"),
    number("p_above", "probability that it lies above the margin"),
    number("smallest_margin", "the smallest margin that would count as equivalent"),
    integer(
        "seeds",
        "pairs of seeds that came through; over several conditions, in that with the fewest",
    ),
    integer(
        "seeds_needed",
        "seeds that a study must run to decide an inconclusive row; missing when it is decided",
    ),
    integer("seeds_needed_low", "lower end of an 80 % range of them"),
    integer("seeds_needed_high", "upper end of the range"),
    integer(
        "runs",
        "runs of the scheme; at own best learning rates, means over halves as in `tuned`, rounded",
    ),
    integer("reference_runs", "runs of the reference"),
    integer(
        "failed",
        "failed runs of the scheme; at own best learning rates, this and the four counts of low "
        "runs are means over halves, rounded, but at least 1 from a mean of 0.01 on",
    ),
    integer("reference_failed", "failed runs of the reference"),
    integer("events", "seeds of the scheme with the event; only of failure, collapse, not reached"),
    integer("reference_events", "seeds of the reference with the event"),
    integer("collapsed", "collapsed runs of the scheme"),
    integer("reference_collapsed", "collapsed runs of the reference"),
    integer("stray", "runs of the scheme more than ten margins worse than their arm's median"),
    integer("reference_stray", "the same of the reference"),
    number(
        "undetected",
        "largest share of collapsed seeds that the runs do not exclude (exact upper bound of a "
        "95 % interval); only of accuracy",
    ),
    integer("seeds_trained", "seeds of the scheme with a trained run, which that is of"),
    number(
        "new_test_set_lower",
        "lower bound of an interval of the contrast for new seeds and new test images, for the "
        "family; never narrower than that for this test set; missing where each seed has test "
        "images of its own, and without `correct`",
        unit="points",
    ),
    number("new_test_set_upper", "upper bound of the same", unit="points"),
)
