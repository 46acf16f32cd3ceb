"""What a table of verdicts may not say: a verdict beside an interval that contradicts it."""

import numpy as np
import pandas as pd

from biasinit.verdicts import Outcome, Verdict

NO_INTERVAL = {
    Verdict.DEPENDS, Verdict.FAILS, Verdict.REFERENCE_FAILS, Verdict.NOT_ESTIMABLE,
}  # fmt: skip


def contradictions(verdicts: pd.DataFrame) -> list[str]:
    """Return each contradiction of a table `verdicts`, with its row."""
    found = []
    for row in verdicts.to_dict("records"):
        where = ", ".join(
            str(row[name]) for name in ("outcome", "normalization", "scheme", "cell", "verdict")
        )
        found += [
            f"{where}: {what} ({row['lower']:.4g} to {row['upper']:.4g}, margin "
            f"{row['margin_lower']:.4g} to {row['margin_upper']:.4g})"
            for what, holds in _rules(row)
            if not holds
        ]
    return found


def _rules(row: dict[str, object]) -> list[tuple[str, bool]]:
    """Return what must hold of a row, in words, and whether it does."""
    verdict, outcome = Verdict(row["verdict"]), Outcome(row["outcome"])
    lower, upper, estimate = (float(row[name]) for name in ("lower", "upper", "estimate"))
    low, high = float(row["margin_lower"]), float(row["margin_upper"])
    null = 1.0 if outcome is Outcome.SPEED else 0.0
    if verdict in NO_INTERVAL:
        rules = [
            ("no interval is printed", np.isnan(lower) and np.isnan(upper)),
            ("no level is printed", np.isnan(float(row["level"])) and row["interval"] == ""),
            ("a factor is named", bool(row["depends_on"]) == (verdict is Verdict.DEPENDS)),
        ]
        if verdict is Verdict.DEPENDS:
            rules.append(("there are several conditions", row["conditions"] >= 2))
            rules.append(("only a row over all depends", row["cell"] in ALL_ROWS))
        return rules
    more_is_worse = outcome is Outcome.SPEED or outcome.counts_runs
    ahead = verdict.is_better != more_is_worse  # whether the interval lies above no effect
    inside = low < lower and upper < high
    rules = [
        ("there is an interval", lower <= upper),
        ("the estimate lies in it", lower - SLACK <= estimate <= upper + SLACK),
        ("it has a level", 80 <= float(row["level"]) < 100),
        ("nothing is depended on", row["depends_on"] == ""),
        ("its kind is known", row["interval"] in ("difference", "equivalence", "conditions")),
    ]
    if verdict.directed:
        if outcome.counts_runs:
            # a wider interval than McNemar's test is moved to zero, by `risk_difference_interval`
            reaches = lower < null if ahead else upper > null
            rules.append(("it does not go beyond no effect", not reaches))
        else:
            apart = lower > null if ahead else upper < null
            rules.append(("it excludes no effect on its side", apart))
            beyond = lower > high if ahead else upper < low
            rules.append(("beyond the margin exactly if said", beyond == verdict.beyond_margin))
            rules.append(("it is not inside the margin", not inside))
    elif verdict is Verdict.NEGLIGIBLE:
        rules.append(("it excludes no effect", lower > null or upper < null))
        rules.append(("it lies inside the margin", inside))
    elif verdict is Verdict.EQUIVALENT:
        rules.append(("it lies inside the margin", inside))
    elif verdict is Verdict.IDENTICAL:
        rules.append(("it is no effect", lower == upper == null))
    else:  # inconclusive, none seen
        rules.append(("it holds no effect", lower <= null <= upper))
        if verdict is Verdict.INCONCLUSIVE:
            rules.append(("it is not inside the margin", not inside))
    return rules


ALL_ROWS = ("all", "own best learning rate")
SLACK = 1e-9
