"""How the study was made and judged, in sentences with their numbers."""

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts


def method_sentences(study: StudyFacts) -> tuple[str, ...]:
    """Return how the study was made and judged, with its numbers."""
    analysis = study.analysis
    margins = ", ".join(f"{name} ±{numbers.plain(m)}" for name, m in analysis.margins.items())
    metric = study.metric
    thresholds = ", ".join(
        f"{name} {numbers.plain(t)} {metric.level_unit}" for name, t in analysis.thresholds.items()
    )
    reached = (
        f"{thresholds} validation accuracy at two points in succession"
        if metric.is_accuracy
        else "as the table of runs has them"
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
        f"{metric.unit} of {metric.short}, and ratios of {low} to {high} for time.",
        f"Speed is the ratio of epochs to the threshold ({reached}) within a seed, as a geometric "
        "mean over the seeds where both runs reach it; how many never do is compared by an exact "
        "paired test.",
        "Failed and collapsed runs are compared by exact paired tests of seeds. Where a run of a "
        f"pair failed, {metric.short} in that condition is compared among the seeds where both "
        "trained, which is a selected set; in other conditions the seed stays.",
        "Biases before batch normalisation are an identity check: they enter no model and no mean.",
    )


def _training_sentences(study: StudyFacts) -> tuple[str, ...]:
    if study.imported:
        metric = study.metric
        told = (
            f"They are measured by their {metric.name} in {metric.unit}, of which {metric.better} "
            "is better; differences are scheme minus reference."
        )
        brought = "The runs were trained elsewhere and brought as a table."
        return (brought,) if metric.is_accuracy else (brought, told)
    return (
        f"Each run trains for {numbers.plain(study.epochs or 0)} epochs in batches of "
        f"{study.batch_size}. Final accuracy is test accuracy after the last epoch, never the best "
        "epoch.",
        "Runs that share a seed start from the same weights and see the same batches under every "
        "scheme.",
    )
