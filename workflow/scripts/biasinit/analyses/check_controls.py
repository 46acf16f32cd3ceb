"""The controls whose answer is known beforehand."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    CELL,
    NORMALIZATION,
    REFERENCE,
    SCHEME,
    SEEDS,
    accuracy_contrasts,
)
from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, flag, number, text

IDENTITY = Table(
    name="identity",
    folder="analysis",
    note="Biases before batch normalisation against the reference, final models; empty where the "
    "study has no such runs.",
    columns=(
        CELL,
        SCHEME,
        REFERENCE,
        SEEDS,
        number("mean_accuracy_difference", "over seeds, scheme minus reference", unit="points"),
        number("largest_accuracy_difference", "over seeds", unit="points"),
        number("share_identical_predictions", "share of test images with the same correctness"),
        number("margin", "of equivalence", unit="points"),
        flag(
            "fails",
            "whether the mean difference lies beyond the margin, and by a t-test (.05) is not zero",
        ),
    ),
)

REPLICATE = Table(
    name="replicate",
    folder="analysis",
    note="The A/A arm against the scheme that it repeats: no effect by construction; empty where "
    "the study has no such arm.",
    columns=accuracy_contrasts(
        family=text("family", "`replicate`"),
        normalization=NORMALIZATION,
        scheme=text("scheme", "the A/A arm"),
    ),
)

PAIRING = Table(
    name="pairing",
    folder="analysis",
    note="Whether runs of one seed differ by their biases alone, and what pairing them gains.",
    columns=(
        NORMALIZATION,
        CELL,
        SCHEME,
        REFERENCE,
        SEEDS,
        flag("weights_equal", "whether the hashes of the initial weights are equal in every seed"),
        flag("orders_equal", "whether the hashes of the batch order are"),
        number("correlation", "between paired accuracies"),
        number("variance_gain", "var(unpaired) / var(paired)"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the identity check, the A/A arm and the pairing audit."""
    from biasinit.statistics.trust.controls import check_controls

    found = check_controls(tables["runs"], tables.get("correct"), **plan)
    return {
        IDENTITY.name: found.identity,
        REPLICATE.name: found.replicate,
        PAIRING.name: found.pairing,
    }


ANALYSIS = Analysis(
    name="check_controls",
    message="Checking the controls whose answer is known beforehand",
    reads=("runs",),
    reads_if_there=("correct",),
    plan=(
        "reference",
        "schemes",
        "replicate",
        "margins",
        "alpha",
        "resamples",
        "analysis_seed",
        "test_images",
    ),
    makes=(IDENTITY, REPLICATE, PAIRING),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
