"""The thread's claims over all finished studies, as Markdown and as a page.

``python -m biasinit.reporting.claims.overview --html results/claims.html`` reads
``claims.yaml``, ``prevalence.yaml`` and the tables in ``results/``. It decides nothing that the
verdicts of the studies have not decided.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from biasinit.errors import BiasinitError
from biasinit.reporting.claims.findings import STUDY_TABLES, Finding, StudyTables
from biasinit.reporting.claims.ledger import ClaimEntry, command, whole_ledger
from biasinit.reporting.verdicts.markdown import escaped
from biasinit.study.claims import Claim, Practice, read_claims, read_prevalence

LEDGER_TABLES = {
    name: f"{name}.parquet" if name == "runs" else f"analysis/{name}.parquet"
    for name in STUDY_TABLES
}
"""What the ledger reads of a study, below its folder; a study may lack all but the first two."""


def ledger_markdown(
    claims: Sequence[Claim],
    prevalence: Mapping[int, Sequence[Practice]],
    studies: Mapping[str, StudyTables],
) -> str:
    """Return the ledger as Markdown: what was measured, or the study that measures it."""
    lines = [
        "# The thread's claims",
        "",
        "Made from `claims.yaml`, `prevalence.yaml` and the studies that were run, by "
        "`make claims`.",
        "A verdict holds for the network, data and training of its study.",
    ]
    for entry in whole_ledger(claims, prevalence, studies).entries:
        lines += _section(entry)
    return "\n".join(lines) + "\n"


def _section(entry: ClaimEntry) -> list[str]:
    claim = entry.claim
    lines = [
        "",
        f"## {claim.number}. {escaped(claim.claim)}",
        "",
        f"Said by {claim.said_by} ({claim.source}).",
        f"Estimated: {claim.estimand}",
        f"Refuted if: {claim.refuted_if}",
        "",
        f"**{entry.summary[:1].upper()}{entry.summary[1:]}.**",
        "",
    ]
    lines += [_item(finding) for finding in entry.findings]
    if not claim.evidence:
        lines.append("- Not measured: no study of this version tests it.")
    lines += [
        f"- Not measured yet: study `{study}` has not been run (`{command(study)}`)."
        for study in entry.elsewhere
    ]
    if entry.practices:
        lines += [
            "",
            f"What people do: {entry.practice_summary}",
            "",
            "| who | where | does | as it says | source |",
            "|---|---|---|---|---|",
        ]
        lines += [
            "| "
            + " | ".join(
                escaped(text)
                for text in (
                    item.who,
                    item.where,
                    item.does,
                    item.agrees,
                    f"{item.source} ({item.read})",
                )
            )
            + " |"
            for item in entry.practices
        ]
    return lines


def _item(finding: Finding) -> str:
    verdict = f"**{finding.shown}**: " if finding.shown else ""
    lines = finding.measured if finding.grid is None else finding.grid.lines
    numbers = "; ".join(map(escaped, lines))
    ending = f" ({finding.sure})" if finding.sure else ""
    return (
        f"- Study `{finding.study}`, {escaped(finding.question)}: {verdict}{numbers}{ending}. "
        f"*{finding.bearing.value[:1].upper()}{finding.bearing.value[1:]}.*"
    )


def read_studies(results: Path) -> dict[str, StudyTables]:
    """Return the tables of every finished study in a folder of results, by name."""
    finished = sorted(path.parent.parent for path in results.glob(f"*/{LEDGER_TABLES['verdicts']}"))
    return {
        folder.name: StudyTables(
            **{
                name: pd.read_parquet(folder / file)
                for name, file in LEDGER_TABLES.items()
                if (folder / file).exists()
            }
        )
        for folder in finished
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the ledger as Markdown, and write it as a page where one is asked for."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.claims.overview", description=__doc__)
    parser.add_argument("--claims", type=Path, default=Path("claims.yaml"))
    parser.add_argument("--prevalence", type=Path, default=Path("prevalence.yaml"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--template", type=Path, default=Path("report"), help="folder of templates")
    parser.add_argument("--html", type=Path, help="page to write")
    options = parser.parse_args(arguments)
    try:
        claims = read_claims(options.claims)
        prevalence = read_prevalence(options.prevalence)
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    studies = read_studies(options.results)
    if options.html is not None:
        from biasinit.reporting.claims.page import render_claims
        from biasinit.reporting.page.templates import read_template

        ledger = whole_ledger(claims, prevalence, studies)
        page = render_claims(
            ledger, tuple(studies), read_template(options.template, "claims.html.j2")
        )
        options.html.write_text(page, encoding="utf-8")
    sys.stdout.write(ledger_markdown(claims, prevalence, studies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
