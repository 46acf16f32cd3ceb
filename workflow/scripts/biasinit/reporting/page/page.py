"""The report page: one self-contained HTML file, built from tables, figures and provenance.

Everything that depends on a decision is decided here; the template only places it. The same
inputs give the same bytes: the time of writing is on the page only when it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import FIGURES
from biasinit.reporting.claims.findings import STUDY_TABLES, StudyTables
from biasinit.reporting.claims.ledger import Ledger, study_ledger
from biasinit.reporting.drawn import DrawnFigure
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.page.costs import cost_sentences
from biasinit.reporting.page.methods import (
    Rule,
    control_sentences,
    decision_rules,
    method_sentences,
)
from biasinit.reporting.page.tables import DisplayTable, csv_href, failed_runs_table, page_tables
from biasinit.reporting.page.templates import PageTemplate, render
from biasinit.reporting.selection import table
from biasinit.reporting.verdicts.answer import Answer, answers
from biasinit.reporting.verdicts.glossary import GLOSSARY
from biasinit.reporting.verdicts.matrix import Matrix, ledger_table, verdict_matrix
from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, read_verdicts
from biasinit.study.claims import Claim, Practice
from biasinit.study.plan import PLANNED_LOOK, planned_seeds
from biasinit.verdicts import Verdict

MANY_SCHEMES = 10  # rows of the matrix above which the figure stands before it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInputs:
    """Everything that the page shows.

    Args:
        study: the study.
        tables: tables by name, as in docs/tables.md; absent ones may be left out.
        plan: the registered plan; empty when none was registered.
        deviations: what differs from the plan, one mapping for each.
        provenance: versions, hardware, git revision, cost; any nesting of plain values.
        figures: what ``draw_all`` returned.
        template: the files in ``report/``.
        claims: what the thread says, and what would refute it.
        prevalence: what people do, by the number of the claim.
        assumptions: modelling assumptions, one sentence each.
        configfile: study file for the command that adds seeds; None for ``config.yaml``.
        generated_at: time to print; left out by default, so that bytes depend on inputs only.

    """

    study: StudyFacts
    tables: Mapping[str, pd.DataFrame]
    plan: Mapping[str, Any]
    deviations: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any]
    figures: Mapping[str, DrawnFigure]
    template: PageTemplate
    claims: Sequence[Claim] = ()
    prevalence: Mapping[int, Sequence[Practice]] = field(default_factory=dict)
    assumptions: Sequence[str] = ()
    configfile: str | None = None
    generated_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFigure:
    """A figure as the template places it."""

    name: str
    title: str
    svg: Markup
    caption: str
    alt: str
    csv_href: str
    absent: bool
    tables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """An inconclusive verdict: what would decide it."""

    text: str
    seeds_needed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The registered plan, and whether the study kept to it."""

    status: str
    explanation: str
    sha256: str
    time: str
    plan: str
    deviations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    title: str
    facts: tuple[str, ...]
    registration: Registration
    answers: tuple[Answer, ...]
    matrix: Matrix
    matrix_last: bool
    figures: Mapping[str, PageFigure]
    claims: Ledger
    rules: tuple[Rule, ...]
    ledger: DisplayTable
    tables: Mapping[str, DisplayTable]
    failed_runs: DisplayTable
    controls: tuple[str, ...]
    open_questions: tuple[OpenQuestion, ...]
    command: str
    provenance: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    config: str
    glossary: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    costs: tuple[str, ...]
    generated_at: str | None
    style: Markup = field(default=Markup(""))
    script: Markup = field(default=Markup(""))
    tones_light: str = ""
    tones_dark: str = ""


def render_page(inputs: ReportInputs) -> str:
    """Return the page as HTML text that needs no other file and no network."""
    return render(inputs.template.html, {"ledger": inputs.template.ledger}, page=_page(inputs))


def _page(inputs: ReportInputs) -> _Page:
    # Imported here: the style pulls in matplotlib, which sentences and Markdown do without.
    from biasinit.reporting.figures.style import css_variables

    study = inputs.study
    verdicts = read_verdicts(inputs.tables, study)
    matrix = verdict_matrix(verdicts, study)
    ledger = ledger_table(verdicts, study, data=table(inputs.tables, "verdicts"))
    shown = page_tables(inputs.tables, study)
    titles = {item.name: item.title for item in (ledger, *shown.values()) if item.rows}
    return _Page(
        title=f"How should the biases start? Study {study.study}",
        facts=_facts(inputs),
        registration=_registration(inputs),
        answers=answers(verdicts, threshold=threshold_words(study)),
        matrix=matrix,
        matrix_last=len(matrix.rows) > MANY_SCHEMES,
        figures={
            name: _figure(inputs.figures[name], titles)
            for name in FIGURES
            if name in inputs.figures
        },
        claims=_claims(inputs),
        rules=decision_rules(
            study,
            levels=not table(inputs.tables, "level_contrasts").empty,
            twins=not table(inputs.tables, "twin_means").empty,
        ),
        ledger=ledger,
        tables=shown,
        failed_runs=failed_runs_table(inputs.tables),
        controls=control_sentences(inputs.tables, study),
        open_questions=open_questions(verdicts, study),
        command=next_command(verdicts, study, configfile=inputs.configfile),
        provenance=_flat(inputs.provenance),
        assumptions=tuple(inputs.assumptions),
        config=yaml.safe_dump(dict(study.keys), sort_keys=False, allow_unicode=True),
        glossary=GLOSSARY,
        methods=method_sentences(study),
        costs=cost_sentences(inputs.tables, study),
        generated_at=inputs.generated_at,
        style=Markup(inputs.template.style),  # our own file, no user text
        script=Markup(inputs.template.script),
        tones_light=css_variables(dark=False),
        tones_dark=css_variables(dark=True),
    )


def _claims(inputs: ReportInputs) -> Ledger:
    tables = StudyTables(**{name: table(inputs.tables, name) for name in STUDY_TABLES})
    return study_ledger(inputs.claims, inputs.prevalence, tables, study=inputs.study.study)


def _figure(drawn: DrawnFigure, titles: Mapping[str, str]) -> PageFigure:
    from biasinit.reporting.figures.svg import themed

    return PageFigure(
        name=drawn.name,
        title=drawn.title,
        svg=Markup(themed(drawn.svg)),  # matplotlib and to_svg escape all text
        caption=drawn.caption,
        alt=drawn.alt,
        csv_href=csv_href(drawn.csv, fallback=f"figures/{drawn.name}.csv"),
        absent=drawn.absent,
        tables=tuple(
            (name, titles[name]) for name in FIGURES[drawn.name].tables if titles.get(name)
        ),
    )


def _facts(inputs: ReportInputs) -> tuple[str, ...]:
    study, runs = inputs.study, table(inputs.tables, "runs")
    failed = int(runs["failed"].astype(bool).sum()) if "failed" in runs else 0
    return (
        f"{len(runs) or study.run_count} runs",
        f"{len(study.schemes)} schemes",
        f"{study.cells} cell{'s' if study.cells != 1 else ''}",
        f"{study.seeds} seeds",
        f"{failed} failed run{'s' if failed != 1 else ''}",
        f"reference: {study.reference}",
    )


def _registration(inputs: ReportInputs) -> Registration:
    plan, deviations = inputs.plan, inputs.deviations
    departures = [item for item in deviations if item["kind"] != PLANNED_LOOK]
    if inputs.study.imported:
        status = "exploratory"
        explanation = (
            "The runs were brought from outside, so the plan was registered after they were made."
        )
    elif not plan:
        status = "exploratory"
        explanation = (
            "No plan was registered before the first run, so every verdict is exploratory."
        )
    elif not _at_a_planned_look(inputs):
        status = "exploratory"
        explanation = (
            f"The plan looks at {_listed(planned_seeds(plan['plan']))} seeds, not at "
            f"{inputs.study.seeds}, so these verdicts are exploratory."
        )
    elif departures:
        status = "exploratory"
        explanation = (
            f"The analysis departs from the registered plan in {len(departures)} "
            f"place{'s' if len(departures) != 1 else ''}, listed under Methods; verdicts are "
            "exploratory."
        )
    else:
        status = "confirmatory"
        explanation = (
            "The plan was registered before the first run, and nothing departs from it."
            + _look_in_words(inputs)
        )
    return Registration(
        status=status,
        explanation=explanation,
        sha256=plan["sha256"] if plan else numbers.MISSING,
        time=plan["registered_at"] if plan else numbers.MISSING,
        plan=yaml.safe_dump(dict(plan), sort_keys=False, allow_unicode=True) if plan else "",
        deviations=tuple(_deviation(item) for item in deviations),
    )


def _at_a_planned_look(inputs: ReportInputs) -> bool:
    planned = planned_seeds(inputs.plan["plan"]) if inputs.plan else []
    return not planned or inputs.study.seeds in planned


def _look_in_words(inputs: ReportInputs) -> str:
    """Return which look this is and what it spends, or nothing where one look was planned."""
    analysis = inputs.plan["plan"]["study"]["analysis"] if inputs.plan else {}
    looks = analysis.get("looks", [])
    for place, look in enumerate(looks):
        if look["seeds"] == inputs.study.seeds:
            return (
                f" This is look {place + 1} of {len(looks)}: it spends {look['alpha']:g} of the "
                f"error rate of {analysis['alpha']:g}, and its intervals are wider accordingly."
            )
    return ""


def _listed(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))


def _deviation(item: Mapping[str, Any]) -> str:
    """Return one entry of ``plan_deviations.jsonl`` in words."""
    changes = [
        f"{change['key']}: registered {change['registered']}, now {change['now']}"
        for change in item["changes"]
    ]
    return ": ".join([f"{item['time']} {item['kind']}", *(["; ".join(changes)] if changes else [])])


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for key, value in mapping.items():
        name = f"{prefix}{str(key).replace('_', ' ')}"
        if isinstance(value, Mapping):
            pairs += _flat(value, prefix=f"{name}: ")
        elif isinstance(value, (list, tuple)):
            pairs.append((name, ", ".join(str(part) for part in value)))
        else:
            pairs.append((name, str(value)))
    return tuple(pairs)


def open_questions(verdicts: Sequence[VerdictRow], study: StudyFacts) -> tuple[OpenQuestion, ...]:
    """Return the inconclusive verdicts with their sentences, the cheapest to decide first."""
    rows = [v for v in verdicts if v.verdict is Verdict.INCONCLUSIVE]
    rows.sort(key=lambda row: (row.seeds_needed != row.seeds_needed, row.seeds_needed))
    threshold = threshold_words(study)
    return tuple(
        OpenQuestion(text=sentence(row, threshold=threshold), seeds_needed=row.seeds_needed)
        for row in rows
    )


def next_command(
    verdicts: Sequence[VerdictRow], study: StudyFacts, *, configfile: str | None = None
) -> str:
    """Return the command that adds the seeds which would decide the inconclusive verdicts.

    Empty for imported runs, which no command of ours can add to.

    The number is the next multiple of ``seeds_per_shard`` above what the verdicts ask for, and
    at least double, because a look at a few more seeds costs error rate and tells little.
    """
    if study.imported:
        return ""
    needed = [row.seeds_needed for row in verdicts if row.seeds_needed == row.seeds_needed]
    wanted = max([2.0 * study.seeds, *needed])
    shards = -(-wanted // study.seeds_per_shard)
    seeds = int(shards) * study.seeds_per_shard
    file = f" --configfile {configfile}" if configfile else ""
    return f"snakemake{file} --cores all --config seeds={seeds}"
