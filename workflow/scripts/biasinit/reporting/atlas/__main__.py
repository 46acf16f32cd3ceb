"""One answer over all studies of a folder: ``python -m biasinit.reporting.atlas``.

Prints the answer as Markdown and writes the page. With ``--predict studies/NAME.yaml`` it registers
instead what the studies of the folder say beforehand of one that was not run.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from biasinit.errors import BiasinitError
from biasinit.files import refusals_named
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.figures import atlas_figure
from biasinit.reporting.atlas.page import render_atlas
from biasinit.reporting.atlas.predictions import FOLDER, read_predictions, register_predictions
from biasinit.reporting.atlas.reading import Evidence, read_finished, synthesize
from biasinit.reporting.atlas.sentences import answer_markdown
from biasinit.reporting.atlas.tables import FOLDER as TABLES
from biasinit.reporting.claims.ledger import Ledger, whole_ledger
from biasinit.reporting.claims.overview import read_studies
from biasinit.reporting.page.templates import read_template
from biasinit.study.claims import read_claims_file
from biasinit.study.definitions import definitions_of
from biasinit.study.model import ImportedStudy
from biasinit.study.plan import plan_of
from biasinit.study.reading import load_study
from biasinit.vocabulary import TREATMENTS

TEMPLATE = "answer.html.j2"
CONTROLS = Path("studies") / "controls" / "claims.yaml"


def contents(
    evidence: Evidence,
    results: Path,
    *,
    controls: Path,
    beside_page: bool,
) -> Synthesis:
    """Return what the page shows.

    Args:
        evidence: of the studies.
        results: folder of the studies, of their reports and of predictions.
        controls: file of claims whose answer is known; it may be missing.
        beside_page: whether the page lies in that folder too, so that it can lead to reports.

    Raises:
        BiasinitError: a prediction, or the file of controls, cannot be read.

    """
    return Synthesis(
        reference=evidence.reference,
        unless_named=evidence.unless_named,
        effects=evidence.conditions,
        pooled=evidence.pooled,
        moderators=evidence.moderators,
        predictions=read_predictions(results / FOLDER, evidence.conditions),
        left_out=evidence.left_out,
        studies=evidence.studies,
        reported=frozenset(
            path.parent.name for path in results.glob("*/report.html") if beside_page
        ),
        controls=_controls(controls, results),
        runs=evidence.runs,
        failed=evidence.failed,
    )


def _write_tables(found: Synthesis, folder: Path) -> None:
    """Write the tables as CSV beside the page, which leads to those that are too large for it."""
    folder.mkdir(exist_ok=True)
    tables = {
        "effects": found.effects,
        "pooled": found.pooled,
        "moderators": found.moderators,
        "predictions": found.predictions,
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def _controls(file: Path, results: Path) -> Ledger | None:
    if not file.exists():
        return None
    return whole_ledger(read_claims_file(file, None), read_studies(results))


def predict(study_file: Path, results: Path) -> Path:
    """Register what the studies in a folder say of a study, and return the file.

    Raises:
        BiasinitError: the study cannot be read, is part of the evidence or predicted already.

    """
    study = load_study(study_file)
    definitions = definitions_of(plan_of(study)["study"])
    finished, _ = read_finished(results)
    evidence = synthesize(finished)
    normalizations = TREATMENTS if isinstance(study, ImportedStudy) else study.normalizations
    names = evidence.names["scheme"]
    arms = [
        (normalization, names[definition])
        for normalization in normalizations
        for definition in definitions.schemes.values()
        if definition in names
    ]
    return register_predictions(
        definitions.study, arms, evidence, finished, results / FOLDER, now=datetime.now(UTC)
    )


def main(arguments: list[str] | None = None) -> int:
    """Answer, or predict."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.atlas", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--template", type=Path, default=Path("report"), help="folder of templates")
    parser.add_argument("--controls", type=Path, default=CONTROLS, help="claims that are known")
    parser.add_argument("--html", type=Path, default=Path("results") / "answer.html")
    parser.add_argument("--figure", type=Path, help="SVG to write of the atlas")
    parser.add_argument("--predict", type=Path, help="study file, of one that was not run")
    options = parser.parse_args(arguments)
    try:
        if options.predict is not None:
            print(f"Registered: {predict(options.predict, options.results)}")
            return 0
        finished, left_out = read_finished(options.results)
        evidence = synthesize(finished, left_out)
        found = contents(
            evidence,
            options.results,
            controls=options.controls,
            beside_page=options.html.parent.resolve() == options.results.resolve(),
        )
        with refusals_named(options.html):
            options.html.parent.mkdir(parents=True, exist_ok=True)
            page = render_atlas(found, read_template(options.template, TEMPLATE))
            options.html.write_text(page, encoding="utf-8")
            _write_tables(found, options.html.parent / TABLES)
            if options.figure is not None:
                options.figure.write_text(atlas_figure(found), encoding="utf-8")
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(answer_markdown(found))
    sys.stdout.flush()  # before the other line, where both go to one terminal
    sys.stderr.write(f"\nWritten: {options.html}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
