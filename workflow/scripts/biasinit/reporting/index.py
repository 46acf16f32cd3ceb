"""The items of the report, in the order of the argument: one line each.

What an item is stands in ``items/SECTION/NAME.py``. The workflow's parser reads this module to
know which files the report makes, so it imports the standard library alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the argument: a section of the page, a category of Snakemake's own report."""

    name: str
    number: int
    title: str
    link: str
    """Its name among the links at the top of the page."""

    @property
    def category(self) -> str:
        """The section in Snakemake's own report, which sorts categories by name."""
        return f"{self.number}. {self.title}"


ANSWER = Section(name="answer", number=1, title="Answer", link="Answer")
ACCURACY = Section(name="accuracy", number=2, title="{short_title}", link="{short_title}")
SPEED = Section(name="speed", number=3, title="Speed and failures", link="Speed and failures")
WHY = Section(name="why", number=4, title="Why", link="Why")
TRUST = Section(name="trust", number=5, title="Can it be trusted", link="Can it be trusted")
NEXT = Section(name="next", number=6, title="How sure, and what next", link="How sure, what next")
METHODS = Section(name="methods", number=7, title="Methods and provenance", link="Methods")

SECTIONS = (ANSWER, ACCURACY, SPEED, WHY, TRUST, NEXT, METHODS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of the report: where it stands, its title, and the tables that it shows."""

    section: Section
    name: str
    title: str
    kind: Literal["figure", "table"]
    tables: tuple[str, ...]

    @property
    def module(self) -> str:
        """Name of the module that holds the item."""
        return f"biasinit.reporting.items.{self.section.name}.{self.name}"

    @property
    def file(self) -> str:
        """File of that module, below the folder of the scripts."""
        return f"{self.module.replace('.', '/')}.py"

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the item in Snakemake's own report, the same keys for every item."""
        return {"shows": self.title, "kind": self.kind}


def figure(section: Section, name: str, title: str, *tables: str) -> Entry:
    """Return the line of a figure; tables may stand below it."""
    return Entry(section=section, name=name, title=title, kind="figure", tables=tables)


def table(section: Section, name: str, title: str, *tables: str) -> Entry:
    """Return the line of a table that stands alone."""
    return Entry(section=section, name=name, title=title, kind="table", tables=tables)


ITEMS = (
    figure(ANSWER, "effects", "Effect on {short} against the reference", "verdicts"),
    figure(
        ACCURACY, "interaction", "Scheme by normalisation", "accuracy_means", "accuracy_contrasts"
    ),
    figure(ACCURACY, "outcomes", "Every run behind the means", "runs"),
    figure(ACCURACY, "effects_by_cell", "Effects in each cell", "accuracy_contrasts"),
    table(ACCURACY, "accuracy_means", "Marginal means of {at_the_end}", "accuracy_means"),
    table(ACCURACY, "accuracy_contrasts", "Contrasts of {at_the_end}", "accuracy_contrasts"),
    figure(ACCURACY, "level_contrasts", "Levels of a factor against each other", "level_contrasts"),
    table(ACCURACY, "accuracy_model", "The mixed model", "accuracy_model"),
    table(
        ACCURACY,
        "mixed_contrasts",
        "Contrasts by statsmodels' MixedLM",
        "accuracy_model",
        "accuracy_contrasts",
    ),
    figure(SPEED, "learning_curves", "Learning curves", "curve_means"),
    figure(SPEED, "share_reached", "Share of runs that reached the threshold", "curve_means"),
    figure(SPEED, "time_ratios", "Time to the threshold against the reference", "verdicts"),
    table(SPEED, "speed_means", "Mean epochs to the threshold", "speed_means"),
    table(SPEED, "speed_contrasts", "Contrasts of time to the threshold", "speed_contrasts"),
    table(SPEED, "early_verdicts", "Time to the early threshold", "early_verdicts"),
    figure(SPEED, "failure_rates", "Share of seeds with a failed run", "failure_rates"),
    table(
        SPEED,
        "failure_contrasts",
        "Contrasts of failure, collapse and missed thresholds",
        "failure_contrasts",
    ),
    table(SPEED, "failed_runs", "Every failed run", "runs"),
    table(WHY, "sites", "Where the biases of the networks are", "sites"),
    figure(WHY, "mechanism", "Units, gradients and biases by layer", "layer_means"),
    figure(WHY, "twins", "How far twins are from each other", "twin_means"),
    table(TRUST, "import_notes", "What was done to the table of runs", "import_notes"),
    figure(TRUST, "controls", "Controls: identity check and A/A arm", "identity", "replicate"),
    table(TRUST, "pairing", "Pairing audit", "pairing"),
    figure(TRUST, "specifications", "The same contrasts under other choices", "sensitivity"),
    table(TRUST, "tuned", "Each scheme at its own learning rate", "tuned"),
    figure(TRUST, "residuals", "Residuals of the mixed model", "accuracy_residuals"),
    figure(TRUST, "calibration", "How often the analysis errs", "calibration"),
    figure(NEXT, "certainty", "Smallest margin that would count as equivalent", "verdicts"),
    figure(NEXT, "margin_probabilities", "Where each effect lies", "margin_probabilities"),
    figure(NEXT, "power", "Chance of a verdict by number of seeds", "accuracy_power"),
    figure(METHODS, "cost", "Where the time went", "costs"),
)

FIGURES: Mapping[str, Entry] = MappingProxyType(
    {entry.name: entry for entry in ITEMS if entry.kind == "figure"}
)

CAPTIONS: tuple[str, ...] = (*FIGURES, "page", "verdicts")
"""What carries a caption in Snakemake's own report: figures, the page, the table of verdicts."""

PAGE_LABELS: Mapping[str, str] = MappingProxyType(
    {"shows": "The whole study on one page", "kind": "page"}
)
VERDICT_LABELS: Mapping[str, str] = MappingProxyType({"shows": "Verdicts", "kind": "table"})


TABLES_OF_PAGE = ("runs", "verdicts", "jobs")
"""Tables that the page needs whatever its items show: for its answer, its methods and its costs."""


def tables_shown() -> frozenset[str]:
    """Return the names of the tables that the report is made of, where a study has them."""
    return frozenset(TABLES_OF_PAGE).union(*(entry.tables for entry in ITEMS))


def entries_of(section: Section) -> tuple[Entry, ...]:
    """Return the items of one section, in their order."""
    return tuple(entry for entry in ITEMS if entry.section is section)
