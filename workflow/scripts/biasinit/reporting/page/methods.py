"""What the controls showed and how the study was made, in sentences with their numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import records, table


def control_sentences(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> tuple[str, ...]:
    """Return what the controls show: identity check, A/A arm, pairing audit."""
    return (_identity_sentence(tables), _replicate_sentence(tables, study), _pairing(tables))


def _identity_sentence(tables: Mapping[str, pd.DataFrame]) -> str:
    frame = table(tables, "identity")
    if frame.empty:
        return "Identity check: not in this table."
    largest = float(frame["largest_accuracy_difference"].max())
    share = float(frame["share_identical_predictions"].min())
    return (
        "Identity check: with the bias before batch normalisation, accuracies differ by at most "
        f"{numbers.number(largest)} points, and at least {numbers.percent(share, decimals=3)} of "
        "predictions are identical to the reference's."
    )


def _replicate_sentence(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> str:
    frame = table(tables, "replicate")
    if frame.empty:
        return "A/A arm: not in this table."
    rows = frame[frame["cell"] == "all"] if "cell" in frame else frame
    parts = [_difference(row) for row in records(rows)]
    return (
        f"A/A arm: {study.replicate} against itself with another batch order differs by "
        f"{numbers.joined(parts)}; zero by construction."
    )


def _difference(row: Mapping[str, Any]) -> str:
    """Return one difference of the A/A arm; without an interval where too few seeds are left."""
    bounds = numbers.interval(float(row["lower"]), float(row["upper"]))
    if math.isnan(float(row["lower"])):
        seeds = int(row["seeds"])
        noun = "seed" if seeds == 1 else "seeds"
        bounds = f"no interval: both trained under {seeds} {noun} only"
    return (
        f"{numbers.signed(float(row['estimate']))} points ({bounds}) "
        f"{normalization_label(str(row['normalization']))}"
    )


def _pairing(tables: Mapping[str, pd.DataFrame]) -> str:
    frame = table(tables, "pairing")
    if frame.empty:
        return "Pairing audit: not in this table."
    hashes = frame[["weights_equal", "orders_equal"]]
    broken = int((hashes == False).any(axis=1).sum())  # noqa: E712  # missing is not False
    if hashes.isna().any(axis=None):
        state = "the table does not say whether weights and batch order are the same"
    elif broken:
        state = f"initial weights or batch order differ in {broken} of {len(frame)} comparisons"
    else:
        state = "initial weights and batch order are the same for every seed under every scheme"
    correlations = frame["correlation"].astype(float)
    low, high = float(correlations.min()), float(correlations.max())
    return (
        f"Pairing audit: {state}; accuracies of pairs correlate between {numbers.number(low)} and "
        f"{numbers.number(high)}."
    )


def method_sentences(study: StudyFacts) -> tuple[str, ...]:
    """Return how the study was made and judged, with its numbers."""
    analysis = study.analysis
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    thresholds = ", ".join(
        f"{name} {numbers.plain(t)} %" for name, t in analysis.thresholds.items()
    )
    low, high = (numbers.plain(value) for value in analysis.speed_margin)
    return (
        *_training_sentences(study),
        "Contrasts are taken seed by seed and averaged over cells.",
        "Intervals come from one-sample t on those contrasts, and the family of contrasts from "
        f"sign flips ({analysis.resamples} of them when there are more than 16 seeds), at a "
        f"family-wise error rate of {numbers.plain(analysis.alpha)}. A mixed-effects model is the "
        "second analysis; a contrast on which the two disagree is called fragile.",
        f"Equivalence is shown by two one-sided tests against margins fixed beforehand: {margins} "
        f"points of accuracy, and ratios of {low} to {high} for time.",
        f"Speed is the restricted mean number of epochs to the threshold ({thresholds} validation "
        "accuracy at two points in succession).",
        "When any run of either arm failed, failures are compared by an exact paired test, and "
        "accuracy among the seeds where both arms trained, which is a selected set.",
        "Biases before batch normalisation are an identity check: they enter no model and no mean.",
    )


def _training_sentences(study: StudyFacts) -> tuple[str, ...]:
    if study.imported:
        return ("The runs were trained elsewhere and brought as a table.",)
    return (
        f"Each run trains for {numbers.plain(study.epochs or 0)} epochs in batches of "
        f"{study.batch_size}. Final accuracy is test accuracy after the last epoch, never the best "
        "epoch.",
        "Runs that share a seed start from the same weights and see the same batches under every "
        "scheme.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one kind of verdict is made: its anchor, what decides, and the workflow's rules."""

    anchor: str
    title: str
    text: str
    made_by: tuple[str, ...]


def decision_rules(study: StudyFacts, *, levels: bool, twins: bool) -> tuple[Rule, ...]:
    """Return how each kind of verdict is made.

    Args:
        study: the study.
        levels: whether levels of a factor are compared.
        twins: whether networks compare pairs.

    """
    analysis = study.analysis
    alpha = numbers.plain(analysis.alpha)
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    low, high = (numbers.plain(value) for value in analysis.speed_margin)
    found = [
        Rule(
            anchor="rule-accuracy",
            title="Accuracy",
            text="Better or worse where the interval for the whole family, from sign flips of "
            f"seeds at {alpha}, excludes zero; negligible where it also lies inside the margin "
            f"({margins} points); equivalent where two one-sided tests, adjusted by Holm, reject "
            "both ends of the margin; inconclusive otherwise.",
            made_by=("analyse_accuracy", "judge_schemes"),
        ),
        Rule(
            anchor="rule-speed",
            title="Speed",
            text="The same on the ratio of restricted mean epochs to the threshold, with ratios "
            f"of {low} to {high} as the margin; its own family.",
            made_by=("analyse_speed", "judge_schemes"),
        ),
        Rule(
            anchor="rule-failure",
            title="Failures",
            text="More or fewer failures where the exact paired (McNemar) test, adjusted by Holm, "
            f"rejects at {alpha}. Shares of failed runs have exact (Clopper-Pearson) intervals.",
            made_by=("analyse_failure", "judge_schemes"),
        ),
        Rule(
            anchor="rule-layers",
            title="Layers",
            text="Means over seeds and cells with plain 95 % intervals; they explain, and are "
            "adjusted for nothing.",
            made_by=("analyse_layers",),
        ),
    ]
    if twins:
        found.append(
            Rule(
                anchor="rule-twins",
                title="Twins",
                text="Asymmetry is the mean of |s(a, b) − s(b, a)| over validation pairs, the "
                "distance that between all hidden biases of one twin and those of the other; means "
                "over seeds of runs that trained, with plain 95 % intervals. They explain, and are "
                "adjusted for nothing.",
                made_by=("compare_twins",),
            )
        )
    if levels:
        found.append(
            Rule(
                anchor="rule-levels",
                title="Levels of a factor",
                text="All comparisons between levels that the ledger asks of this study are one "
                f"family: one set of sign flips of whole seeds at {alpha} gives intervals that "
                "hold for all of them at once, and Holm adjusts their tests of equivalence. They "
                "are named in claims.yaml, not in the registered plan, so they are exploratory; "
                "no second analysis checks them.",
                made_by=("compare_levels",),
            )
        )
    return tuple(found)
