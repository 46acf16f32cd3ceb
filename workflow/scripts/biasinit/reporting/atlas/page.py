"""The page of a synthesis: one HTML file that needs no network. The template decides nothing."""

from dataclasses import dataclass

from markupsafe import Markup

from biasinit.reporting.atlas.cells import Atlas, atlas_of, report_of
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.controls import Controls, controls_of
from biasinit.reporting.atlas.forest import forest_figure
from biasinit.reporting.atlas.predicted import predicted_figure, tested_of
from biasinit.reporting.atlas.rows import outcomes_of
from biasinit.reporting.atlas.sentences import Sentence, answer, prediction_words
from biasinit.reporting.atlas.tables import (
    FOLDER,
    failures_table,
    moderators_table,
    pooled_table,
    predictions_table,
)
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.style import css_variables
from biasinit.reporting.figures.svg import themed
from biasinit.reporting.page.table import PageTable, csv_href
from biasinit.reporting.page.templates import PageTemplate, render
from biasinit.verdicts import Outcome

METHODS = (
    "An effect is a scheme's against the reference, seed by seed, each at its own best learning "
    "rate, which is chosen by the validation accuracy of other seeds than those that it is judged "
    "by (cross-fitted). Positive is better. Its interval, and so its verdict, holds at 95 % for "
    "all schemes of a condition at once (Bonferroni); the page of its study judges by sign flips, "
    "and may say another word where an interval ends close to zero or to the margin.",
    "Studies of the same settings and training (images, epochs, batches, loss, augmentation) "
    "estimate one effect: they are merged by inverse variance, and count as one condition.",
    "In a mean, conditions of one study that differ in the optimiser alone count as one, with the "
    "mean of their effects and of their errors: they share images, weights and seeds, and their "
    "effects go together. Those that differ in network, weights or inputs were found to "
    "do so little.",
    "Effects are divided by the margin of their data set, so that one unit is the difference that "
    "counts as negligible at most.",
    "Over conditions: a random-effects mean with the between-condition variance of Paule and "
    "Mandel (1982), and the interval of Hartung and Knapp (2001), whose factor never falls below 1 "
    "(Röver, Knapp and Friede 2015). Conditions in which most runs of either arm fail have no "
    "part in it.",
    "What is to be expected in a new condition: averaged over the confidence distribution of the "
    "variance between conditions (Nagashima, Noma and Furukawa 2019, by Viechtbauer's Q-profile). "
    "It holds for a condition that is drawn like those of these studies.",
    "Interchangeable is a scheme whose 95 % prediction interval lies within the margin, while no "
    "condition contradicts it. To avoid is one that is worse on average, among all means that "
    "were tested, or that fails or is worse by more than the margin in two conditions or more. "
    "All others are named among what is not known.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What the page shows of one outcome: every effect, means over conditions, predictions."""

    atlas: Atlas
    forest: Markup
    predicted: Markup | None
    title: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the template places; addresses of reports and of data are ready to be placed."""

    sentences: tuple[Sentence, ...]
    studies: tuple[tuple[str, str], ...]
    parts: tuple[_Part, ...]
    effects_href: str
    pooled: PageTable
    moderators: PageTable
    predictions: PageTable
    predicted: str
    failures: PageTable
    controls: Controls
    left_out: tuple[str, ...]
    methods: tuple[str, ...]
    reference: str
    unless_named: str
    style: Markup
    script: Markup
    tones_light: str
    tones_dark: str


def render_atlas(synthesis: Synthesis, template: PageTemplate) -> str:
    """Return the page as HTML text; the reports of studies lie in folders of their names beside it.

    Args:
        synthesis: what is known.
        template: the files in ``report/``.

    """
    return render(template, page=_page(synthesis, template))


def _page(synthesis: Synthesis, template: PageTemplate) -> _Page:
    outcomes = outcomes_of(synthesis.effects)
    effects = synthesis.effects.to_csv(index=False, lineterminator="\n")
    return _Page(
        sentences=answer(synthesis),
        studies=tuple((name, report_of(name, synthesis)) for name in synthesis.studies),
        parts=tuple(_part(synthesis, outcome) for outcome in outcomes),
        effects_href=csv_href(effects, fallback=f"{FOLDER}/effects.csv"),
        pooled=pooled_table(synthesis),
        moderators=moderators_table(synthesis),
        predictions=predictions_table(synthesis),
        predicted=f"{begun(prediction_words(synthesis))}.",
        failures=failures_table(synthesis),
        controls=controls_of(synthesis.controls),
        left_out=synthesis.left_out,
        methods=METHODS,
        reference=synthesis.reference,
        unless_named=synthesis.unless_named,
        style=Markup(template.style),  # our own files, no text of a user
        script=Markup(template.script),
        tones_light=css_variables(dark=False),
        tones_dark=css_variables(dark=True),
    )


def _part(synthesis: Synthesis, outcome: Outcome) -> _Part:
    units = {
        Outcome.ACCURACY: f"points of test accuracy against {synthesis.reference}",
        Outcome.SPEED: f"times as fast as {synthesis.reference} to the threshold",
    }
    return _Part(
        atlas=atlas_of(synthesis, outcome),
        forest=Markup(themed(forest_figure(synthesis, outcome))),  # matplotlib escapes all text
        predicted=(
            Markup(themed(predicted_figure(synthesis, outcome)))
            if tested_of(synthesis, outcome)
            else None
        ),
        title=begun(str(outcome)),
        unit=units[outcome],
    )
