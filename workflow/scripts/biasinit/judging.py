"""Verdicts on a table of runs in one step, without Snakemake.

``judge`` does what the workflow does for a study that brings its runs: it registers the plan,
checks the table, runs every analysis that such a study has, and writes the same page.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pyarrow as pa
import yaml

from biasinit.errors import ConfigurationError, Problem, RunsTableError
from biasinit.execution.places import REPOSITORY
from biasinit.files import lasting_file, refusals_named
from biasinit.report_files import write_report
from biasinit.reporting.facts import StudyFacts, facts_of
from biasinit.reporting.notebook import verdicts_html
from biasinit.reporting.selection import counted
from biasinit.runs.brought_columns import trimmed
from biasinit.runs.brought_schemes import schemes_named
from biasinit.runs.import_notes import notes_frame
from biasinit.runs.imported import Bringing, complete_runs, read_brought_runs
from biasinit.runs.importers.contract import Asked
from biasinit.runs.sources import Source, read_source
from biasinit.runs.tables import BROUGHT_CURVES, IMPORT_NOTES, RUNS
from biasinit.study.plan import register
from biasinit.tables import write_table
from biasinit.vocabulary import AGAIN, CURVE, JUDGED, USUAL_MARGIN
from biasinit.workflow import RESULTS, Workflow

TABLE = "table"  # the format of runs where nothing is said
ANY_DATASET = "runs"  # a table without data sets takes its margin by any name
BROUGHT = "brought.parquet"
STUDY = "study.yaml"
OWN_KEYS = frozenset({"study", "runs_table", "schemes", "reference", "replicate"})


class Verdicts(pd.DataFrame):
    """The table `verdicts` of judged runs, which shows itself in a notebook.

    What is made of it (a selection, a column) is a frame like any other.

    Attributes:
        page: the page that people read.
        notes: what was done to the table of runs, a row each.

    """

    _metadata: ClassVar[list[str]] = ["page", "notes", "_html"]

    page: Path
    notes: pd.DataFrame
    _html: str

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def _repr_html_(self) -> str:
        return self._html


def judge(
    runs: pd.DataFrame | str | Path,
    /,
    *,
    reference: str = "zeros",
    margin: float | Mapping[str, float] | None = None,
    schemes: Sequence[str] | None = None,
    name: str = JUDGED,
    folder: str | Path | None = None,
    **keys: Any,  # noqa: ANN401  # each key of a study has a type of its own
) -> Verdicts:
    """Return the verdicts on runs that were trained elsewhere, and write the page on them.

    The folder gets what `make study` would leave: `report.html`, `answer.md`, `verdicts.csv`, all
    tables, the plan, and `study.yaml`, by which the workflow does the same from this working
    directory. A folder that was judged before keeps its first plan, and the page names what differs
    from it.

    Args:
        runs: a row for each run, with columns ``scheme``, ``seed`` and ``final_accuracy`` at
            least (docs/extending.md lists all), or the path of such a table, or with a
            ``format`` that of the logs of a tool (docs/importing.md).
        reference: the scheme that all others are compared with.
        margin: difference of final accuracy that would not matter, in points; by data set, or one
            for all. None for the usual one (``USUAL_MARGIN``); of another ``metric`` it must be
            given, in its unit.
        schemes: those to compare, in the order of the page; None for all, in that of the table.
        name: of the study.
        folder: for the results; None for ``results/NAME``.
        keys: further keys of a study that brings its runs, such as ``columns={"scheme": "method"}``
            or ``unit="share"``, and keys of its analysis as ``analysis={"alpha": 0.01}``.

    Raises:
        ConfigurationError: what is asked for cannot be; all problems at once.
        RunsTableError: the table cannot be used; all problems at once.
        FolderError: a file cannot be written.

    """
    is_table = keys.get("format", TABLE) == TABLE
    problems = [
        Problem(key=key, what="is an argument of its own.", mend="Leave it out of the others.")
        for key in sorted(OWN_KEYS & set(keys))
    ]
    if not is_table and schemes is None:
        what = "must be named for logs, of which only the runs of these schemes are looked at."
        problems.append(Problem(key="schemes", what=what, mend="Such as zeros and '1.0'."))
    if margin is None and keys.get("metric") is not None:
        what = "must be given for another metric than accuracy."
        mend = "Say how large a difference would not matter, in its unit."
        problems.append(Problem(key="margin", what=what, mend=mend))
    analysis = keys.get("analysis", {})
    if not isinstance(analysis, Mapping):
        what = f"must hold keys and values, got {analysis!r}."
        problems.append(Problem(key="analysis", what=what, mend="Such as {alpha: 0.05}."))
    if problems:
        raise ConfigurationError(problems, of="What is judged")
    results = RESULTS / name if folder is None else Path(folder)
    with refusals_named(results):
        results.mkdir(parents=True, exist_ok=True)
    table = _kept(runs, results) if isinstance(runs, pd.DataFrame) else Path(runs)
    frame = _rows(table, keys.get("columns")) if is_table else pd.DataFrame()
    study = {
        "study": name,
        "runs_table": str(table),
        **_compared(frame, schemes),
        "reference": reference,
        **keys,
        "analysis": {"margins": _margins(frame, margin), **analysis},
    }
    workflow = Workflow.read(study, study_files=[], repository=REPOSITORY)
    with lasting_file(results / STUDY) as unfinished:
        plain = workflow.study.model_dump(mode="json", exclude_unset=True)
        unfinished.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    register(workflow.plan, results, now=datetime.now(UTC))
    return _judged(workflow, results)


def _kept(runs: pd.DataFrame, results: Path) -> Path:
    """Return the file that holds a frame of runs from now on."""
    path = results / BROUGHT
    try:
        with lasting_file(path) as unfinished:
            runs.to_parquet(unfinished)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise RunsTableError(
            f"The frame of runs cannot be kept as Parquet ({' '.join(str(error).split())}). Give "
            "each column values of one kind, and each a name of its own."
        ) from error
    return path


def _rows(table: Path, columns: object) -> pd.DataFrame:
    """Return the table as it stands there; what is wrong with it is said when it is judged."""
    named = columns if isinstance(columns, Mapping) else {}
    elsewhere = (CURVE,)  # which a table of curves may have instead
    return trimmed(read_brought_runs(table, named, elsewhere=elsewhere).frame)[0]


def _compared(frame: pd.DataFrame, schemes: Sequence[str] | None) -> dict[str, Any]:
    """Return the schemes to compare; one of the name of another and AGAIN is its A/A arm."""
    named = schemes_named(frame)
    again = [name.removesuffix(AGAIN) for name in named if name.endswith(AGAIN)]
    repeated = [name for name in again if name in named]
    if schemes is None:
        arm = f"{repeated[0]}{AGAIN}" if len(repeated) == 1 else None
        schemes = [name for name in named if name != arm]
    replicate = repeated[0] if len(repeated) == 1 and repeated[0] in schemes else None
    return {"schemes": list(schemes), "replicate": replicate}


def _margins(frame: pd.DataFrame, margin: float | Mapping[str, float] | None) -> dict[str, float]:
    if isinstance(margin, Mapping):
        return dict(margin)
    margin = USUAL_MARGIN if margin is None else margin
    datasets = frame["dataset"].dropna().astype(str).unique() if "dataset" in frame else ()
    return dict.fromkeys(filter(None, datasets), margin) or {ANY_DATASET: margin}


def _judged(workflow: Workflow, results: Path) -> Verdicts:
    bringing = workflow.bringing
    asked = Asked(**bringing.asked(None), curves=bringing.curves_table)
    source = Source(format=bringing.study.format, path=bringing.table, asked=asked)
    imported = complete_runs(read_source(source), Bringing(**bringing.said(None)))
    tables = {
        RUNS.name: RUNS.checked(imported.runs),
        IMPORT_NOTES.name: IMPORT_NOTES.checked(notes_frame(imported.notes)),
    }
    if imported.curves is not None:
        tables[BROUGHT_CURVES.name] = BROUGHT_CURVES.checked(imported.curves)
    for analysis in workflow.analyses:
        read = (*analysis.reads, *analysis.reads_if_there)
        made = analysis.run(
            {table: tables[table] for table in read if table in tables},
            analysis.keys(workflow.analysed.plan),
        )
        tables |= {table.name: table.checked(made[table.name]) for table in analysis.makes}
    files = dict(_files(workflow, results))
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(tables[name], path)
    facts = facts_of(workflow.study)
    _report(workflow, facts, results, {name: files[name] for name in workflow.reported_tables})
    verdicts = Verdicts(tables["verdicts"])
    verdicts.page = results / "report.html"
    verdicts.notes = tables[IMPORT_NOTES.name]
    verdicts._html = verdicts_html(tables, counted(facts, tables[RUNS.name]), page=verdicts.page)
    return verdicts


def _files(workflow: Workflow, results: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of each table, below the folder of the results."""
    pattern = RESULTS / "{study}"
    for name, path in workflow.tables_made.items():
        yield name, results / Path(path).relative_to(pattern)


def _report(
    workflow: Workflow, facts: StudyFacts, results: Path, tables: Mapping[str, Path]
) -> None:
    claims = workflow.claims_inputs
    for folder in ("figures", "captions"):
        (results / folder).mkdir(exist_ok=True)
    report = REPOSITORY / "report"
    write_report(
        facts=facts.to_mapping(),
        configfile=str(results / STUDY),
        tables={name: str(path) for name, path in tables.items()},
        template={
            "html": str(report / "page.html.j2"),
            "ledger": str(report / "ledger.html.j2"),
            "tables": str(report / "tables.html.j2"),
            "style": str(report / "page.css"),
            "script": str(report / "page.js"),
        },
        claims=claims["claims"],
        prevalence=claims.get("prevalence"),
        page=results / "report.html",
        answer=results / "answer.md",
        verdicts=results / "verdicts.csv",
        costs=results / "costs.csv",
    )
