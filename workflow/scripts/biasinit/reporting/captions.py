"""Captions: how to read each item, with numbers computed from what it shows.

``figure_captions`` gives plain text for the page; ``restructured`` turns a caption into the
reStructuredText that Snakemake's own report wants. Snakemake renders captions as templates
first, so braces are escaped as well.
"""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.answer import answer_text
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow

INTERVALS = (
    "Thick bars are 95 % intervals of each contrast, thin bars and the numbers hold for the whole "
    "family of contrasts at once."
)


def figure_captions(frames: Mapping[str, pd.DataFrame], study: StudyFacts) -> dict[str, str]:
    """Return the caption of each figure.

    Args:
        frames: what each figure shows, by name of the figure.
        study: the study, for the margin, the threshold and the reference.

    """
    reference, threshold = study.reference, threshold_words(study)
    margins = numbers.joined(
        [f"±{numbers.plain(m)}" for m in sorted(set(study.analysis.margins.values()))]
    )
    low, high = (numbers.plain(value) for value in study.analysis.speed_margin)
    epochs = "its" if study.epochs is None else numbers.plain(study.epochs)
    failed = _failed_runs(frames)
    arrows = "Arrows leave the scale."
    return {
        "effects": (
            f"Difference of test accuracy from {reference} in percentage points, mean over "
            f"{_count(study.cells, 'cell')} and {study.seeds} seeds, paired by seed. "
            f"{INTERVALS} The shaded band is the equivalence margin of {margins} points. {arrows}"
            + (
                " Where a run of either arm failed, only seeds where both trained enter."
                if failed
                else ""
            )
        ),
        "interaction": (
            "Left: marginal means of the mixed model over cells, without (filled) and with (open) "
            f"batch normalisation. Right: how much the effect against {reference} differs between "
            f"the two; zero means that batch normalisation changes nothing. {INTERVALS}"
        ),
        "effects_by_cell": (
            f"The same contrasts against {reference}, cell by cell "
            f"({_count(study.cells, 'cell')}); exploratory, with plain 95 % intervals."
        ),
        "level_contrasts": (
            "Test accuracy at one level of a factor minus another, under one scheme and paired by "
            "seed; where a scheme is set against another, the difference of its effect between the "
            f"levels. {INTERVALS} The shaded band is the equivalence margin. {arrows} Where a run "
            "failed, only seeds where both trained enter."
        ),
        "outcomes": (
            f"Test accuracy of all {_rows(frames, 'outcomes')} runs after the last epoch, one "
            f"mark for each. {_failed_words(failed)}"
        ),
        "learning_curves": (
            f"Mean validation accuracy over {study.seeds} seeds; the dotted line is the threshold "
            f"({threshold}). {_bands(frames)} Curves start below the scale "
            "where they do not differ."
        ),
        "share_reached": (
            f"Share of runs that have reached {threshold} validation accuracy at two points in "
            "succession, by epoch."
        ),
        "time_ratios": (
            f"Restricted mean number of epochs to {threshold}, as a ratio to {reference}; below 1 "
            "is faster. A run that never got there counts with all "
            f"{epochs} epochs. The band is the margin, {low} to {high}. "
            f"{INTERVALS} {arrows}"
        ),
        "failure_rates": (
            "Share of runs that diverged or never learned, with exact (Clopper-Pearson) 95 % "
            f"intervals; {failed} of {_runs(frames)} runs failed."
        ),
        "mechanism": (
            "Share of active and of dead units, norm of the weights' gradient, and distance that "
            "biases moved from where they started, by layer; means over seeds and cells with 95 % "
            "intervals. Crosses are what theory predicts of the start; it leaves out positions, "
            "padding and width, so of dead units it tells the order, not the level. "
            f"{arrows}"
        ),
        "twins": (
            "Asymmetry is the mean of |s(a, b) − s(b, a)| over validation pairs, with s the score "
            "that says whether both show the same (a logit, or a distance under a contrastive "
            "head); it is 0 where twins share everything. Below, the distance between all hidden "
            "biases of one twin and those of the other, where each has its own. Means over seeds "
            "of runs that trained, with 95 % intervals."
        ),
        "controls": (
            "Two controls that must show nothing. Top: a bias before batch normalisation is "
            "cancelled by the mean subtraction, so predictions should be identical. Below: "
            f"{study.replicate or 'the reference'} trained again with another batch order; its "
            "effect is zero by construction."
        ),
        "specifications": (
            "Every contrast repeated under other defensible choices: measure, analysis, failed "
            "runs, weights of cells. Only the registered specification (large mark) decides; grey "
            "marks leave the question open. The shaded band is the margin."
        ),
        "residuals": (
            "Residuals of the mixed model around its fixed effects, in order, in standard "
            "deviations of their row; the band holds 95 % of tables simulated from the model, at "
            "each place by itself. Marks beyond the band (filled) show where the model does not "
            "describe the runs; the per-seed contrasts, which decide, need no such model."
        ),
        "calibration": (
            "Rates of error, coverage and power, measured on relabelled runs and on runs simulated "
            "from the fitted model, with Clopper-Pearson 95 % intervals."
        ),
        "certainty": (
            "The smallest equivalence margin that the data would support. Bars that stay inside "
            f"the shaded margin ({margins} points) are equivalent; others need more seeds or "
            "differ."
        ),
        "power": (
            "Chance that the analysis would decide each contrast of accuracy (difference or "
            "equivalence), if what was estimated is the truth, by number of seeds; from simulated "
            "studies. The line is the chance that the seeds needed are planned for."
        ),
        "cost": (
            "Time of all jobs before this report, by rule, and of one run, by scheme. Dark is "
            "training, grey evaluates learning curves and probes, light is all else: the start of "
            "processes, data, analysis."
        ),
    }


def page_caption(study: StudyFacts, verdicts: Sequence[VerdictRow]) -> str:
    """Return the caption of the page in Snakemake's own report: the answer itself."""
    answer = answer_text(verdicts, threshold=threshold_words(study))
    return f"The whole study '{study.study}' on one page, for reading offline.\n\n{answer}".strip()


def verdicts_caption(study: StudyFacts, verdicts: Sequence[VerdictRow]) -> str:
    """Return the caption of the table of verdicts: how many rows have which verdict."""
    kinds = [row.verdict for row in verdicts]
    counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    listed = numbers.joined(counts) if counts else "none"
    return (
        f"{len(verdicts)} verdicts against {study.reference}: {listed}. Intervals hold for each "
        "family of contrasts at once; the margins were registered before the first run."
    )


def restructured(text: str) -> str:
    """Return plain text as reStructuredText that neither docutils nor Jinja2 misreads."""
    escaped = re.sub(r"([\\*`|_])", r"\\\1", text)
    return re.sub(r"\{(?=[{%#])", "{ ", escaped).strip() + "\n"


def _failed_runs(frames: Mapping[str, pd.DataFrame]) -> int:
    frame = frames.get("outcomes", pd.DataFrame())
    return int(frame["failed"].astype(bool).sum()) if "failed" in frame else 0


def _bands(frames: Mapping[str, pd.DataFrame]) -> str:
    frame = frames.get("learning_curves", pd.DataFrame())
    if "band_lower" in frame and frame["band_lower"].notna().any():
        return "Each band holds for its whole curve at once, in 95 % of studies."
    return "Bands are 95 % intervals over seeds, at each epoch by itself."


def _failed_words(failed: int) -> str:
    if not failed:
        return "None of them failed."
    return f"{failed} of them failed: they stand at the left edge as a number."


def _rows(frames: Mapping[str, pd.DataFrame], name: str) -> int:
    return len(frames.get(name, pd.DataFrame()))


def _runs(frames: Mapping[str, pd.DataFrame]) -> int:
    return _rows(frames, "outcomes")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
