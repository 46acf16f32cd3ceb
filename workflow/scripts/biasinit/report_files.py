"""Writing a report: the page that people read, the answer, all figures and their data.

The job of the workflow and ``biasinit judge`` write the same files by it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biasinit.execution.costs.by_rule import costs_by_rule
from biasinit.execution.costs.provenance import provenance
from biasinit.reporting.captions import caption_texts
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figure import figures_of
from biasinit.reporting.page.page import ReportInputs, render_page
from biasinit.reporting.page.templates import PageTemplate
from biasinit.reporting.selection import counted
from biasinit.reporting.verdicts.markdown import answer_markdown
from biasinit.study.claims import read_claims_file
from biasinit.study.plan import read_registration
from biasinit.tables import read_table


def write_report(
    *,
    facts: Mapping[str, Any],
    configfile: str | None,
    tables: Mapping[str, str],
    template: Mapping[str, str],
    claims: str,
    prevalence: str | None,
    page: Path,
    answer: Path,
    verdicts: Path,
    costs: Path,
) -> None:
    """Write the page, the answer as Markdown, all figures with their data, and all captions.

    Args:
        facts: what the report says of the study itself, as plain values.
        configfile: the study file, None for config.yaml.
        tables: file of each table.
        template: files of the page's ``html``, ``ledger``, ``style`` and ``script``.
        claims: file of the claims.
        prevalence: file of what people do; None where the claims are not those of the thread.
        page: output file of the page; its folder holds the registered plan and gets figures/ and
            captions/.
        answer: output file of the answer.
        verdicts: output file of the verdicts as CSV.
        costs: output file of costs by rule and scheme as CSV.

    """
    folder = page.parent
    frames = {name: read_table(path) for name, path in tables.items()}
    study = counted(StudyFacts.from_mapping(facts), frames["runs"])
    registration = read_registration(folder)
    frames["costs"] = costs_by_rule(folder, frames.get("jobs"))
    figures = figures_of(frames, study)
    for name, figure in figures.items():
        (folder / "figures" / f"{name}.svg").write_text(figure.svg, encoding="utf-8")
        figure.frame.to_csv(folder / "figures" / f"{name}.csv", index=False)
    for name, text in caption_texts(frames, study, figures).items():
        (folder / "captions" / f"{name}.rst").write_text(text, encoding="utf-8")
    inputs = ReportInputs(
        study=study,
        tables=frames,
        plan=registration.plan,
        deviations=registration.deviations,
        provenance=provenance(frames.get("jobs")),
        figures=figures,
        template=PageTemplate(
            **{part: Path(path).read_text(encoding="utf-8") for part, path in template.items()}
        ),
        configfile=configfile,
        claims=read_claims_file(Path(claims), None if prevalence is None else Path(prevalence)),
    )
    page.write_text(render_page(inputs), encoding="utf-8")
    answer.write_text(answer_markdown(frames, study), encoding="utf-8")
    frames["verdicts"].to_csv(verdicts, index=False)
    frames["costs"].to_csv(costs, index=False)
