"""How the study was made and judged, in sentences with their numbers."""

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts


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
        "Contrasts are taken seed by seed in each condition, and judged there; over several "
        "conditions schemes are equivalent only where they are so in each, and a mean is judged "
        "only where the conditions do not differ.",
        "Intervals come from one-sample t on those contrasts, and the family of contrasts from "
        f"sign flips ({analysis.resamples} of them when there are more than 16 seeds), at a "
        f"family-wise error rate of {numbers.plain(analysis.alpha)}. A mixed-effects model is the "
        "second analysis; a contrast on which the two disagree, or a test that allows for skewed "
        "values does, is called fragile.",
        f"Equivalence is shown by two one-sided tests against margins fixed beforehand: {margins} "
        f"points of accuracy, and ratios of {low} to {high} for time.",
        f"Speed is the ratio of epochs to the threshold ({thresholds} validation accuracy at two "
        "points in succession) within a seed, as a geometric mean over the seeds where both runs "
        "reach it; how many never do is compared by an exact paired test.",
        "Failed and collapsed runs are compared by exact paired tests of seeds. Where a run of a "
        "pair failed, accuracy in that condition is compared among the seeds where both trained, "
        "which is a selected set; in other conditions the seed stays.",
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
