"""What the controls showed and how the study was made, in sentences with their numbers."""

from collections.abc import Mapping

import pandas as pd

from biasinit.config import Study
from biasinit.reporting import numbers
from biasinit.reporting.catalogue import normalization_label
from biasinit.reporting.selection import records, table


def control_sentences(tables: Mapping[str, pd.DataFrame], study: Study) -> tuple[str, ...]:
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


def _replicate_sentence(tables: Mapping[str, pd.DataFrame], study: Study) -> str:
    frame = table(tables, "replicate")
    if frame.empty:
        return "A/A arm: not in this table."
    rows = frame[frame["cell"] == "all"] if "cell" in frame else frame
    parts = [
        f"{numbers.signed(float(row['estimate']))} points "
        f"({numbers.interval(float(row['lower']), float(row['upper']))}) "
        f"{normalization_label(str(row['normalization']))}"
        for row in records(rows)
    ]
    return (
        f"A/A arm: {study.replicate} against itself with another batch order differs by "
        f"{numbers.joined(parts)}; zero by construction."
    )


def _pairing(tables: Mapping[str, pd.DataFrame]) -> str:
    frame = table(tables, "pairing")
    if frame.empty:
        return "Pairing audit: not in this table."
    weights, orders = frame["weights_equal"].astype(bool), frame["orders_equal"].astype(bool)
    broken = int((~(weights & orders)).sum())
    state = (
        "initial weights and batch order are the same for every seed under every scheme"
        if broken == 0
        else f"initial weights or batch order differ in {broken} of {len(frame)} comparisons"
    )
    correlations = frame["correlation"].astype(float)
    low, high = float(correlations.min()), float(correlations.max())
    return (
        f"Pairing audit: {state}; accuracies of pairs correlate between {numbers.number(low)} and "
        f"{numbers.number(high)}."
    )


def method_sentences(study: Study) -> tuple[str, ...]:
    """Return how the study was made and judged, with its numbers."""
    training, analysis = study.training, study.analysis
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    thresholds = ", ".join(
        f"{name} {numbers.plain(t)} %" for name, t in analysis.thresholds.items()
    )
    low, high = (numbers.plain(value) for value in analysis.speed_margin)
    return (
        f"Each run trains for {training.epochs} epochs in batches of {training.batch_size}. Final "
        "accuracy is test accuracy after the last epoch, never the best epoch.",
        "Runs that share a seed start from the same weights and see the same batches under every "
        "scheme. Contrasts are taken seed by seed and averaged over cells.",
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
