"""Evidence that is whether schemes whose first guesses are more unequal train worse.

Each scheme is taken at its own best learning rate, chosen by accuracy on validation images. Runs
that failed count with the accuracy that they ended with.
"""

import pandas as pd

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing, Finding, Kind, Place, Tables, absent
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, table
from biasinit.statistics.paired.within_seeds import WithinSeeds, within_seeds
from biasinit.study.evidence import FirstGuessEvidence
from biasinit.vocabulary import CELL_FACTORS, RUN_KEY

_PLACE = Place(table="accuracy_means", figure="effects", rule="rule-accuracy")
_GUESS = "commonest_first_guess"
_RATE = "learning_rate"
_LEVELS = tuple(name for name in CELL_FACTORS if name != _RATE)
_READ = {*RUN_KEY, _GUESS, "final_accuracy", "validation_accuracy"}


def find(evidence: FirstGuessEvidence, tables: Tables) -> Finding:
    """Return the change of accuracy from the most even first guesses to the most unequal ones."""
    where = normalization_label(evidence.normalization)
    question = f"final accuracy, from the most even first guesses to the most unequal, {where}"
    runs, verdicts = table(tables, "runs"), table(tables, "verdicts")
    if not set(runs) >= _READ:
        return absent(evidence, question, table=_PLACE.table)
    runs = matching(runs, normalization=evidence.normalization)
    runs = runs[runs["scheme"].isin(evidence.schemes)]
    margins = matching(verdicts, outcome="accuracy", normalization=evidence.normalization)
    if set(runs["scheme"]) != set(evidence.schemes) or margins.empty:
        return absent(evidence, question, table=_PLACE.table)
    at_best = _at_own_best_rate(runs)
    quantity, accuracy = (
        at_best.pivot_table(index=["seed", *_LEVELS], columns="scheme", values=name)
        .groupby("seed")
        .mean()
        for name in (_GUESS, "final_accuracy")
    )
    return _finding(
        evidence, within_seeds(quantity, accuracy), question, margin=margins["margin_upper"].min()
    )


def _at_own_best_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of each scheme, in each condition, at the rate that validated best."""
    arms = ["scheme", *_LEVELS]
    means = runs.groupby([*arms, _RATE], as_index=False)["validation_accuracy"].mean()
    best = means.loc[means.groupby(arms)["validation_accuracy"].idxmax(), [*arms, _RATE]]
    return runs.merge(best, on=[*arms, _RATE])


def _finding(
    evidence: FirstGuessEvidence, found: WithinSeeds, question: str, *, margin: float
) -> Finding:
    lower, upper = found.interval()
    shown, bearing, p = _judged(found, margin)
    change = numbers.with_interval(numbers.signed(found.change), lower, upper)
    return Finding(
        study=evidence.study,
        question=question,
        measured=(
            f"{change} points of accuracy over {found.schemes} schemes, in which the class that is "
            f"guessed most often has {numbers.number(found.least, decimals=0)} to "
            f"{numbers.number(found.most, decimals=0)} % of the images; margin "
            f"±{numbers.number(margin, decimals=1)}",
        ),
        shown=shown,
        bearing=bearing,
        sure=f"{found.seeds} seeds" + (f"; {found.left_out} left out" if found.left_out else ""),
        place=_PLACE,
        p=p,
    )


def _judged(found: WithinSeeds, margin: float) -> tuple[str, Bearing, float]:
    """Return the verdict in words, what it says of the claim, and its p-value."""
    lower, upper = found.interval()
    if -margin < lower and upper < margin:
        return "as accurate", Bearing.REFUTES, found.p_equivalent(margin)
    if upper < 0:
        return "less accurate", Bearing.SUPPORTS, found.p_different()
    # that it may rise is not among what refutes the claim, which was laid down before the first run
    return "more accurate" if lower > 0 else "not settled", Bearing.OPEN, 1.0


KIND = Kind(reads=("runs", "verdicts"), find=find)
