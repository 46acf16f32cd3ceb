"""All claims of a file over all finished studies, as Markdown and as a page.

``python -m biasinit.reporting.claims.overview --html results/claims.html`` reads the thread's
claims in ``claims.yaml`` and ``prevalence.yaml``, or those of another file (``--claims``), and the
tables in ``results/``. It decides nothing that the verdicts of the studies have not decided.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from biasinit.errors import BiasinitError
from biasinit.reporting.claims.finding import Bearing, Finding, Tables
from biasinit.reporting.claims.findings import READS
from biasinit.reporting.claims.ledger import ClaimEntry, Elsewhere, Ledger, whole_ledger
from biasinit.reporting.verdicts.markdown import escaped
from biasinit.study.claims import read_claims_file

LEDGER_TABLES = {
    name: f"{name}.parquet" if name == "runs" else f"analysis/{name}.parquet" for name in READS
}
"""What the ledger reads of a study, below its folder; a study may lack all but the first two."""


def ledger_markdown(ledger: Ledger) -> str:
    """Return the ledger as Markdown: what was measured, or the study that measures it."""
    name = f"`{ledger.source.name}`"
    made = (
        f"{name}, `prevalence.yaml` and the studies that were run, by `make claims`."
        if ledger.source.of_thread
        else f"{name} and the studies that were run."
    )
    lines = [
        f"# {ledger.title}",
        "",
        f"Made from {made}",
        "A verdict holds for the network, data and training of its study.",
    ]
    if ledger.over_all:
        lines += ["", ledger.over_all]
    lines += ["", "| claim | outcome |", "|---|---|"]
    lines += [_at_a_glance(entry) for entry in ledger.entries]
    for entry in ledger.entries:
        lines += _section(entry)
    return "\n".join(lines) + "\n"


def _at_a_glance(entry: ClaimEntry) -> str:
    said = f"{entry.claim.number}. {entry.claim.claim}"
    outcome = "; ".join(text for text in (entry.summary, entry.needed) if text)
    return f"| {escaped(said)} | {escaped(outcome)} |"


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
    lines += [_not_run(elsewhere) for elsewhere in entry.elsewhere]
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


def _not_run(elsewhere: Elsewhere) -> str:
    command = f" (`{elsewhere.command}`)" if elsewhere.command else ""
    return f"- Not measured yet: study `{elsewhere.study}` has not been run{command}."


def _item(finding: Finding) -> str:
    verdict = f"**{finding.shown}**: " if finding.shown else ""
    lines = finding.measured if finding.grid is None else finding.grid.lines
    numbers = "; ".join(map(escaped, lines))
    ending = f" ({finding.sure})" if finding.sure else ""
    said = f"{finding.bearing.value[:1].upper()}{finding.bearing.value[1:]}"
    among = f"; p over all claims {finding.over_all}" if finding.over_all else ""
    begun = f"- Study `{finding.study}`, {escaped(finding.question)}: {verdict}"
    if finding.bearing is Bearing.ABSENT:
        return f"{begun}{numbers} *{said}.*"
    return f"{begun}{numbers}{ending}. *{said}{among}.*"


def read_studies(results: Path) -> dict[str, Tables]:
    """Return the tables of every finished study in a folder of results, by name."""
    finished = sorted(path.parent.parent for path in results.glob(f"*/{LEDGER_TABLES['verdicts']}"))
    return {
        folder.name: {
            name: pd.read_parquet(folder / file)
            for name, file in LEDGER_TABLES.items()
            if (folder / file).exists()
        }
        for folder in finished
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the ledger as Markdown, and write it as a page where one is asked for."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.claims.overview", description=__doc__)
    parser.add_argument("--claims", type=Path, help="file of claims of your own")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--template", type=Path, default=Path("report"), help="folder of templates")
    parser.add_argument("--html", type=Path, help="page to write")
    options = parser.parse_args(arguments)
    try:
        source = (
            read_claims_file(Path("claims.yaml"), Path("prevalence.yaml"))
            if options.claims is None
            else read_claims_file(options.claims, None)
        )
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    studies = read_studies(options.results)
    ledger = whole_ledger(source, studies)
    if options.html is not None:
        from biasinit.reporting.claims.page import render_claims
        from biasinit.reporting.page.templates import read_template

        page = render_claims(
            ledger, tuple(studies), read_template(options.template, "claims.html.j2")
        )
        options.html.write_text(page, encoding="utf-8")
    sys.stdout.write(ledger_markdown(ledger))
    return 0


if __name__ == "__main__":
    sys.exit(main())
