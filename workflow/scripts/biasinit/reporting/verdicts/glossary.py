"""Words of the report, each in one or two sentences for a practitioner."""

from biasinit.metric import Metric
from biasinit.reporting.verdicts.vocabulary import VOCABULARY

_GLOSSARY: tuple[tuple[str, str], ...] = (
    ("scheme", "How the biases of a network start: all zero, a constant, or drawn at random."),
    (
        "reference",
        "The scheme that all others are compared with. A {favourable} difference favours "
        "the other scheme.",
    ),
    (
        "seed",
        "One number that fixes all chance in a run. Runs that share a seed start from the same "
        "weights and see the same batches under every scheme, so they are compared in pairs.",
    ),
    (
        "run",
        "One training of one network: one scheme, one seed, one condition, one normalisation.",
    ),
    (
        "condition",
        "One combination of data set, network, optimiser, learning rate, scaling of the input and "
        "initial weights; the tables call it a cell. Each is judged by itself. A mean over them is "
        "called one, and is judged only where they do not differ.",
    ),
    (
        "own best learning rate",
        "The rate at which a scheme had the {best} {validation}: chosen on half of the "
        "seeds, judged on the other half, and the other way round. So no scheme is judged at a "
        "rate that suits another.",
    ),
    (
        "with batch normalisation",
        "The scheme starts the shift that batch normalisation adds before the ReLU, which is the "
        "bias that counts there. A bias before batch normalisation is cancelled exactly; that "
        "case is the identity check.",
    ),
    ("point", "Percentage point of test accuracy: from 98.0 % to 98.5 % is 0.5 points."),
    (
        "95 % interval",
        "The values that agree with the data. Intervals of verdicts are wider than usual so that "
        "they hold for all comparisons of a family at once.",
    ),
    (
        "equivalence margin",
        "The difference that was called negligible before the first run, in the study file.",
    ),
    *(
        (str(verdict), wording.meaning)
        for verdict, wording in VOCABULARY.items()
        if wording.meaning
    ),
    (
        "fragile",
        "A second analysis decides otherwise: the mixed model, or a test that allows for skewed "
        "values.",
    ),
    (
        "probable to lie inside the margin",
        "What the runs say of the size of an effect under a flat prior. It decides nothing; it "
        "tells an open verdict that is nearly settled from one that is not.",
    ),
    (
        "smallest margin",
        "The smallest equivalence margin at which this comparison would have counted as "
        "equivalent.",
    ),
    (
        "time to threshold",
        "Epochs until validation accuracy is at the threshold at two points in succession. It is "
        "compared among the seeds where both runs get there; how many never do is judged apart.",
    ),
    (
        "failed run",
        "A run that diverged (its loss or a parameter was not finite) or never learned (final "
        "accuracy at chance, whatever it was before). Failed runs stay in the study.",
    ),
    (
        "collapsed run",
        "A run that trained, but ended far {below} the median of the reference's runs in its "
        "condition: by more {unit} than the study file sets. One among many hardly moves a mean, "
        "so it is told beside it.",
    ),
    (
        "stray run",
        "A run that trained and did not collapse, but ended more than ten margins {below} the "
        "median of its arm.",
    ),
    (
        "A/A arm",
        "A scheme trained twice under two names. Its effect is zero by construction, so whatever "
        "shows there is noise.",
    ),
    (
        "mixed model",
        "A regression with random effects for what runs of the same seed share. It is the second "
        "analysis of {short}.",
    ),
    (
        "family",
        "Comparisons that share one error rate: the chance of any false finding among them is at "
        "most 5 %.",
    ),
)

_OF_OTHER_METRICS: dict[str, tuple[str, str]] = {
    "point": ("{unit}", "The unit of {name}, of which {better} is better."),
    "time to threshold": (
        "time to threshold",
        "Epochs until the threshold, as the table of runs has them. It is compared among the seeds "
        "where both runs get there; how many never do is judged apart.",
    ),
    "failed run": (
        "failed run",
        "A run that diverged or never learned, as the table of runs says. Failed runs stay in the "
        "study.",
    ),
}
"""Entries that take the place of those about accuracy."""


def glossary(metric: Metric) -> tuple[tuple[str, str], ...]:
    """Return the words with their meanings, where runs are measured by a metric."""
    others = {} if metric.is_accuracy else _OF_OTHER_METRICS
    entries = [others.get(word, (word, meaning)) for word, meaning in _GLOSSARY]
    return tuple((metric.said(word), metric.said(meaning)) for word, meaning in entries)
