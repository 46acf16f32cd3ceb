"""The report page: one self-contained HTML file, built from tables, figures and provenance.

Everything that depends on a decision is decided here and in the items; the template only places
it. The same inputs give the same bytes: the time of writing is on the page only when it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.checks import failed_checks, rows_left_out
from biasinit.reporting.claims.ledger import Ledger, study_ledger
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figure import Figure
from biasinit.reporting.figures.captions import failed_count
from biasinit.reporting.figures.style import css_variables
from biasinit.reporting.items.kinds import Rule
from biasinit.reporting.page.methods import method_sentences
from biasinit.reporting.page.questions import OpenQuestion, next_command, open_questions
from biasinit.reporting.page.registration import Registration, registration
from biasinit.reporting.page.sections import PlacedSection, placed_sections
from biasinit.reporting.page.table import PageTable
from biasinit.reporting.page.templates import PageTemplate, render
from biasinit.reporting.selection import table
from biasinit.reporting.verdicts.answer import Answer, answers, nothing_judged
from biasinit.reporting.verdicts.glossary import glossary
from biasinit.reporting.verdicts.matrix import Matrix, accuracy_matrix, speed_matrix
from biasinit.reporting.verdicts.own_best import best_rates
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.table import verdict_tables
from biasinit.reporting.verdicts.verdict_rows import read_verdicts
from biasinit.study.claims import ClaimsFile

NOT_TOLD = "failed runs: not in this table"
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
        figures: what ``figures_of`` returned.
        template: the files in ``report/``.
        claims: what is claimed, what would refute it, and what people do.
        assumptions: modelling assumptions, one sentence each.
        configfile: study file for the command that adds seeds; None for ``config.yaml``.
        generated_at: time to print; left out by default, so that bytes depend on inputs only.

    """

    study: StudyFacts
    tables: Mapping[str, pd.DataFrame]
    plan: Mapping[str, Any]
    deviations: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any]
    figures: Mapping[str, Figure]
    template: PageTemplate
    claims: ClaimsFile
    assumptions: Sequence[str] = ()
    configfile: str | None = None
    generated_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the template places."""

    title: str
    measured: str
    facts: tuple[str, ...]
    registration: Registration
    failed_checks: tuple[str, ...]
    answers: tuple[Answer, ...]
    nothing_judged: str
    matrix: Matrix
    speed: Matrix
    matrix_last: bool
    claims: Ledger
    verdicts: tuple[PageTable, ...]
    sections: Mapping[str, PlacedSection]
    table_titles: Mapping[str, str]
    rules: tuple[Rule, ...]
    open_questions: tuple[OpenQuestion, ...]
    command: str
    provenance: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    config: str
    glossary: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    generated_at: str | None
    style: Markup
    script: Markup
    tones_light: str
    tones_dark: str


def render_page(inputs: ReportInputs) -> str:
    """Return the page as HTML text that needs no other file and no network."""
    return render(inputs.template, page=_page(inputs))


def _page(inputs: ReportInputs) -> _Page:
    study = inputs.study
    verdicts = read_verdicts(inputs.tables, study)
    rates = best_rates(inputs.tables)
    matrix = accuracy_matrix(verdicts, rates=rates)
    judged = verdict_tables(verdicts, study, data=table(inputs.tables, "verdicts"))
    sections = placed_sections(inputs.figures, inputs.tables, study)
    tables = [*judged, *(item for section in sections.values() for item in section.tables)]
    return _Page(
        title=f"How should the biases start? Study {study.study}",
        measured=study.metric.short,
        facts=_facts(inputs),
        registration=registration(study, inputs.plan, inputs.deviations),
        failed_checks=failed_checks(inputs.tables, study),
        answers=answers(verdicts, threshold=threshold_words(study), rates=rates),
        nothing_judged=nothing_judged(study),
        matrix=matrix,
        speed=speed_matrix(verdicts, study, rates=rates),
        matrix_last=len(matrix.rows) > MANY_SCHEMES,
        claims=study_ledger(inputs.claims, inputs.tables, study=inputs.study.study),
        verdicts=judged,
        sections=sections,
        table_titles={item.name: item.title for item in tables if item.rows},
        rules=tuple(rule for section in sections.values() for rule in section.rules),
        open_questions=open_questions(verdicts, study),
        command=next_command(verdicts, study, configfile=inputs.configfile),
        provenance=_flat(inputs.provenance),
        assumptions=tuple(inputs.assumptions),
        config=yaml.safe_dump(dict(study.keys), sort_keys=False, allow_unicode=True),
        glossary=glossary(study.metric),
        methods=method_sentences(study),
        generated_at=inputs.generated_at,
        style=Markup(inputs.template.style),  # our own file, no user text
        script=Markup(inputs.template.script),
        tones_light=css_variables(dark=False),
        tones_dark=css_variables(dark=True),
    )


def _facts(inputs: ReportInputs) -> tuple[str, ...]:
    study, runs = inputs.study, table(inputs.tables, "runs")
    left_out = rows_left_out(inputs.tables)
    failed = failed_count(runs)
    return (
        numbers.counted(len(runs) or study.run_count, "run"),
        *([f"{numbers.counted(left_out, 'row')} of the table left out"] if left_out else []),
        numbers.counted(len(study.schemes), "scheme"),
        numbers.counted(study.cells, "condition"),
        numbers.counted(study.seeds, "seed"),
        numbers.counted(failed, "failed run") if "failed" in runs else NOT_TOLD,
        f"reference: {study.reference}",
        *([] if study.metric.is_accuracy else [_measured(study.metric)]),
    )


def _measured(metric: Metric) -> str:
    return f"measured: {metric.name} in {metric.unit}, {metric.better} is better"


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
