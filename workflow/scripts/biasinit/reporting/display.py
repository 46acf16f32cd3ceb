"""Tables as a reader sees them: chosen columns, rounded numbers, everything as CSV beside them."""

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.config import Study
from biasinit.reporting import numbers
from biasinit.reporting.catalogue import (
    FAILURE_WORDS,
    INTERACTION_WORDS,
    SHORT_NORMALIZATION_LABELS,
    SPEED_WORDS,
    VERDICT_SYMBOLS,
    normalization_label,
)
from biasinit.reporting.selection import (
    ALL_CELLS,
    arranged,
    cell_labels,
    records,
    run_cells,
    scheme_order,
    table,
)
from biasinit.reporting.sentences import Verdict, finding, nothing_failed, remarks, threshold_words

EMBEDDED_CSV_BYTES = 200_000  # larger tables are linked as a file beside the page, not embedded
SHOWN_ROWS = 400  # rows of a table on the page; the CSV holds all of them

Writer = Callable[[Mapping[str, object]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, what it is sorted by, and its class for the style sheet."""

    text: str
    sort: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayTable:
    """One table of the page; ``rows`` is empty when the study does not have it."""

    name: str
    title: str
    note: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv_href: str
    left_out: int = 0

    @property
    def file_name(self) -> str:
        """Name under which the data are saved."""
        return f"{self.name}.{file_kind(self.csv_href).lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a page table: heading, how a row is written, and the column it is sorted by."""

    heading: str
    write: Writer
    key: str
    numeric: bool = True


def file_kind(href: str) -> str:
    """Return what a link to data gives: 'CSV' or 'Parquet'."""
    return "Parquet" if href.endswith(".parquet") else "CSV"


def csv_href(csv: str, *, fallback: str) -> str:
    """Return the CSV as a data address, or the path of a file beside the page when it is large."""
    data = csv.encode()
    if len(data) > EMBEDDED_CSV_BYTES:
        return fallback
    return f"data:text/csv;charset=utf-8;base64,{b64encode(data).decode()}"


def display_table(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    note: str,
    columns: Sequence[Column],
    data: pd.DataFrame | None = None,
    file: str = "",
) -> DisplayTable:
    """Return a frame as a page table with those of the columns that it has.

    Args:
        frame: rows in the order of display.
        name: anchor of the table, and name of its CSV file.
        title: caption of the table.
        note: how to read it.
        columns: what to show.
        data: what the CSV holds; the frame itself when left out.
        file: file beside the page that holds a table too large for it.

    """
    present = [column for column in columns if column.key in frame.columns]
    rows = tuple(
        tuple(_cell(column, row) for column in present) for row in records(frame.head(SHOWN_ROWS))
    )
    csv = (frame if data is None else data).to_csv(index=False, lineterminator="\n")
    return DisplayTable(
        name=name,
        title=title,
        note=note,
        headings=tuple(column.heading for column in present),
        numeric=tuple(column.numeric for column in present),
        rows=rows,
        csv_href=csv_href(csv, fallback=file or f"analysis/{name}.parquet"),
        left_out=max(len(frame) - SHOWN_ROWS, 0),
    )


def _cell(column: Column, row: Mapping[str, object]) -> Cell:
    value = row.get(column.key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sort = repr(float(value)) if math.isfinite(value) else ""
    else:
        sort = str(value)
    kind = "number" if column.numeric else ""
    return Cell(text=column.write(row), sort=sort, kind=kind)


def _value(row: Mapping[str, object], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) else math.nan


def _words(heading: str, key: str) -> Column:
    return Column(
        heading=heading, key=key, numeric=False, write=lambda row: _plain_text(row.get(key))
    )


def _plain_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return numbers.MISSING
    if isinstance(value, bool) or str(type(value).__name__) == "bool_":
        return "yes" if value else "no"
    return str(value)


def _figure(heading: str, key: str, *, decimals: int = 2, signed: bool = False) -> Column:
    write = numbers.signed if signed else numbers.number
    return Column(
        heading=heading, key=key, write=lambda row: write(_value(row, key), decimals=decimals)
    )


def _counted(heading: str, key: str) -> Column:
    return Column(heading=heading, key=key, write=lambda row: numbers.count(_value(row, key)))


def _probability(heading: str, key: str) -> Column:
    return Column(heading=heading, key=key, write=lambda row: numbers.p_value(_value(row, key)))


def _share(heading: str, key: str, *, decimals: int = 1) -> Column:
    return Column(
        heading=heading,
        key=key,
        write=lambda row: numbers.percent(_value(row, key), decimals=decimals),
    )


def _between(
    heading: str, lower: str, upper: str, *, decimals: int = 2, percent: bool = False
) -> Column:
    factor = 100 if percent else 1
    return Column(
        heading=heading,
        key=lower,
        write=lambda row: numbers.interval(
            factor * _value(row, lower), factor * _value(row, upper), decimals=decimals
        ),
    )


def _short_normalization(level: str) -> str:
    return SHORT_NORMALIZATION_LABELS.get(level, level)


_WHERE = Column(
    heading="batch norm.",
    key="normalization",
    numeric=False,
    write=lambda row: _short_normalization(str(row.get("normalization", ""))),
)
_SCHEME = _words("scheme", "scheme")
_DECISIONS = (
    _probability("p, family", "p_adjusted"),
    _probability("p, equivalence", "p_equivalence_adjusted"),
    _figure("smallest margin", "smallest_margin"),
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "accuracy_means": (
        _WHERE,
        _SCHEME,
        _figure("mean, %", "estimate"),
        _between("95 % interval", "lower", "upper"),
        _figure("SE", "standard_error", decimals=3),
        _figure("df", "df", decimals=1),
        _counted("runs", "runs"),
        _counted("failed", "failed"),
    ),
    "accuracy_contrasts": (
        _words("family", "family"),
        _WHERE,
        _SCHEME,
        _words("cell", "cell_label"),
        _words("rests on", "basis"),
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _between("95 % interval, family", "simultaneous_lower", "simultaneous_upper"),
        *_DECISIONS,
        _figure("mixed model, points", "mixed_estimate", signed=True),
        _probability("p, mixed model", "mixed_p_adjusted"),
        _words("fragile", "fragile"),
        _probability("p, scheme × cell", "scheme_by_cell_p"),
    ),
    "accuracy_model": (
        _WHERE,
        _words("quantity", "quantity"),
        _words("level", "level"),
        Column(
            heading="value", key="value", write=lambda row: numbers.scientific(_value(row, "value"))
        ),
        _words("note", "note"),
    ),
    "speed_means": (
        _WHERE,
        _SCHEME,
        _figure("mean epochs", "estimate"),
        _between("95 % interval", "lower", "upper"),
        _figure("SE", "standard_error", decimals=3),
        _counted("runs", "runs"),
        _counted("reached", "reached"),
    ),
    "speed_contrasts": (
        _WHERE,
        _SCHEME,
        _words("cell", "cell_label"),
        _counted("seeds", "seeds"),
        _figure("ratio of times", "ratio"),
        _between("95 % interval", "ratio_lower", "ratio_upper"),
        _between("95 % interval, family", "ratio_simultaneous_lower", "ratio_simultaneous_upper"),
        _figure("difference, epochs", "estimate", signed=True),
        *_DECISIONS,
        _figure("hazard ratio", "hazard_ratio"),
        _between("95 % interval, hazard", "hazard_lower", "hazard_upper"),
        _probability("p, hazard", "hazard_p_adjusted"),
        _words("fragile", "fragile"),
    ),
    "failure_rates": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("runs", "runs"),
        _counted("failed", "failed"),
        _counted("diverged", "diverged"),
        _counted("never learned", "never_learned"),
        _share("share", "rate"),
        _between("95 % interval, %", "lower", "upper", decimals=1, percent=True),
    ),
    "failure_contrasts": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("pairs", "pairs"),
        _counted("only this one failed", "only_scheme_failed"),
        _counted("only the reference failed", "only_reference_failed"),
        _share("difference", "risk_difference"),
        _between("95 % interval, %", "lower", "upper", decimals=1, percent=True),
        _probability("p, adjusted", "p_adjusted"),
    ),
    "identity": (
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _figure("largest difference, points", "largest_accuracy_difference"),
        _share("identical predictions", "share_identical_predictions", decimals=3),
    ),
    "replicate": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _figure("difference, points", "estimate", signed=True),
        _between("95 % interval", "lower", "upper"),
        _probability("p", "p"),
        *_DECISIONS,
    ),
    "pairing": (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seeds", "seeds"),
        _words("same weights", "weights_equal"),
        _words("same batch order", "orders_equal"),
        _figure("correlation", "correlation"),
        _figure("gain in variance", "variance_gain"),
    ),
    "layer_means": (
        _WHERE,
        _SCHEME,
        _words("when", "when"),
        _words("layer", "layer"),
        _words("quantity", "quantity"),
        Column(
            heading="mean",
            key="estimate",
            write=lambda row: numbers.scientific(_value(row, "estimate")),
        ),
        Column(
            heading="95 % interval",
            key="lower",
            write=lambda row: (
                f"{numbers.scientific(_value(row, 'lower'))} to "
                f"{numbers.scientific(_value(row, 'upper'))}"
            ),
        ),
        _counted("runs", "runs"),
    ),
}

_TITLES: Mapping[str, tuple[str, str]] = {
    "accuracy_means": (
        "Marginal means of final accuracy",
        "Mixed model over cells; each cell counts the same.",
    ),
    "accuracy_contrasts": (
        "Contrasts of final accuracy",
        "The per-seed contrast decides; the mixed model is the second analysis, and a contrast on "
        "which the two disagree is called fragile. Rows of single cells are exploratory.",
    ),
    "accuracy_model": (
        "The mixed model",
        "Variance components, residual SDs and how it was fitted.",
    ),
    "speed_means": (
        "Mean epochs to the threshold",
        "Restricted means: a run that never got there counts with all epochs of the study.",
    ),
    "speed_contrasts": (
        "Contrasts of time to the threshold",
        "Ratios below 1 are faster; hazard ratios above 1 are faster.",
    ),
    "failure_rates": (
        "Runs that failed",
        "Diverged (not a finite loss) or never learned; exact (Clopper-Pearson) intervals.",
    ),
    "failure_contrasts": (
        "Contrasts of failure",
        "Exact paired (McNemar) tests, for arms in which any run failed.",
    ),
    "identity": (
        "Identity check",
        "A bias before batch normalisation is cancelled; predictions should be identical.",
    ),
    "replicate": (
        "A/A arm",
        "The same scheme with another batch order: no effect by construction.",
    ),
    "pairing": (
        "Pairing audit",
        "Same seed, same initial weights and batch order under every scheme; what pairing gained.",
    ),
    "layer_means": ("Layers", "Means over seeds and cells with 95 % intervals."),
}


def page_tables(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, DisplayTable]:
    """Return every table of the analysis as a page table, by name."""
    schemes = scheme_order(study)
    shown = {}
    for name, columns in COLUMNS.items():
        frame = arranged(table(tables, name), schemes=schemes)
        title, note = _TITLES[name]
        shown[name] = display_table(
            _with_cell_labels(frame), name=name, title=title, note=note, columns=columns, data=frame
        )
    return shown


def _with_cell_labels(frame: pd.DataFrame) -> pd.DataFrame:
    if "cell" not in frame:
        return frame
    cells = frame["cell"].astype(str)
    labels = cell_labels(sorted(cells.unique()))
    shown = frame.assign(cell_label=[labels[cell] for cell in cells])
    # The mean over cells stands first: it is what verdicts rest on.
    first = shown[cells == ALL_CELLS]
    return pd.concat([first, shown[cells != ALL_CELLS]], ignore_index=True) if len(first) else shown


def failed_runs_table(tables: Mapping[str, pd.DataFrame]) -> DisplayTable:
    """Return the failed runs, one row each."""
    runs = run_cells(table(tables, "runs"))
    failed = runs[runs["failed"].astype(bool)] if "failed" in runs else runs.head(0)
    columns = (
        _WHERE,
        _words("cell", "cell_label"),
        _SCHEME,
        _counted("seed", "seed"),
        _words("what happened", "failure_kind"),
        _counted("at step", "diverged_at"),
        _figure("final accuracy, %", "final_accuracy"),
    )
    return display_table(
        _with_cell_labels(failed),
        name="failed_runs",
        title="Every failed run",
        note="Failed runs stay in the study and score what they scored (chance if they diverged).",
        columns=columns,
        data=failed,
        file="runs.parquet",
    )


def ledger_table(verdicts: Sequence[Verdict], study: Study, *, data: pd.DataFrame) -> DisplayTable:
    """Return all verdicts, each with its sentence and the numbers that decided."""
    threshold = threshold_words(study)
    rows = tuple(
        (
            Cell(text=row.outcome, sort=row.outcome),
            Cell(
                text=_short_normalization(row.normalization),
                sort=row.normalization,
            ),
            Cell(text=row.scheme, sort=row.scheme),
            Cell(text=verdict_text(row), sort=row.verdict, kind=f"verdict {_ledger_class(row)}"),
            Cell(
                text=finding(row, threshold=threshold) + "." + remarks(row),
                sort=repr(row.estimate) if math.isfinite(row.estimate) else "",
                kind="sentence",
            ),
            _number_cell(numbers.p_value(row.p_adjusted), row.p_adjusted),
            _number_cell(numbers.p_value(row.p_equivalence_adjusted), row.p_equivalence_adjusted),
            _number_cell(numbers.number(row.smallest_margin), row.smallest_margin),
            _number_cell(numbers.count(row.seeds), row.seeds),
            _number_cell(numbers.count(row.seeds_needed), row.seeds_needed),
        )
        for row in verdicts
    )
    headings = (
        "outcome",
        "batch norm.",
        "scheme",
        "verdict",
        "what was measured",
        "p, family",
        "p, equiv.",
        "smallest margin",
        "seeds",
        "seeds needed",
    )
    numeric = (False, False, False, False, False, True, True, True, True, True)
    return DisplayTable(
        name="verdicts",
        title="Verdict ledger",
        note="One row for each question that the study asked. Intervals hold for the family.",
        headings=headings,
        numeric=numeric,
        rows=rows,
        csv_href=csv_href(
            data.to_csv(index=False, lineterminator="\n"), fallback="analysis/verdicts.parquet"
        ),
    )


_WORDS: Mapping[str, Mapping[str, str]] = {
    "speed": SPEED_WORDS,
    "failure": FAILURE_WORDS,
    "interaction": INTERACTION_WORDS,
}


def verdict_text(row: Verdict) -> str:
    """Return the verdict with its symbol; for speed the words are slower and faster."""
    if nothing_failed(row):
        return "no failures"
    words = _WORDS.get(row.outcome, {})
    return f"{VERDICT_SYMBOLS.get(row.verdict, '')} {words.get(row.verdict, row.verdict)}".strip()


def verdict_class(verdict: str) -> str:
    """Return the class of a verdict in the style sheet."""
    return f"is-{verdict.replace(' ', '-')}" if verdict else ""


def _number_cell(text: str, value: float) -> Cell:
    return Cell(text=text, sort=repr(value) if math.isfinite(value) else "", kind="number")


def _ledger_class(row: Verdict) -> str:
    if nothing_failed(row):
        return "is-none"
    changed = row.outcome == "interaction" and row.verdict in INTERACTION_WORDS
    return "" if changed else verdict_class(row.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One verdict of the matrix: verdict, class, and the numbers beneath."""

    verdict: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Schemes by outcome and normalisation: the verdicts at a glance."""

    groups: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]


_MATRIX_OUTCOMES = (
    ("accuracy", "accuracy"),
    ("speed", "time to threshold"),
    ("failure", "failed runs"),
)


def verdict_matrix(verdicts: Sequence[Verdict], study: Study) -> Matrix:
    """Return the matrix of verdicts, schemes in the order of the study."""
    levels = list(dict.fromkeys(v.normalization for v in verdicts if v.outcome == "accuracy"))
    found = {(v.outcome, v.normalization, v.scheme): v for v in verdicts}
    present = [pair for pair in _MATRIX_OUTCOMES if any(v.outcome == pair[0] for v in verdicts)]
    named = list(dict.fromkeys(v.scheme for v in verdicts))
    rows = tuple(
        (
            scheme,
            tuple(
                _matrix_cell(found.get((outcome, level, scheme)))
                for level in levels
                for outcome, _ in present
            ),
        )
        for scheme in named
    )
    return Matrix(
        groups=tuple(normalization_label(level) for level in levels),
        columns=tuple(_matrix_heading(outcome, words, study) for outcome, words in present),
        rows=rows,
    )


def _matrix_heading(outcome: str, words: str, study: Study) -> str:
    if outcome == "accuracy":
        return "accuracy, points"
    return f"time to {threshold_words(study)}, ratio" if outcome == "speed" else words


def _matrix_cell(row: Verdict | None) -> MatrixCell:
    if row is None:
        return MatrixCell(verdict=numbers.MISSING, kind="", detail="")
    if row.outcome == "failure" and math.isfinite(row.failed):
        total = f" of {numbers.count(row.runs)}" if math.isfinite(row.runs) else ""
        counted = f"{numbers.count(row.failed)}{total}"
        if nothing_failed(row):
            return MatrixCell(verdict="none", kind="is-none", detail=counted)
        return MatrixCell(
            verdict=verdict_text(row), kind=verdict_class(row.verdict), detail=counted
        )
    detail = ""
    if math.isfinite(row.estimate):
        write = numbers.number if row.outcome == "speed" else numbers.signed
        sign = "× " if row.outcome == "speed" else ""
        bounds = numbers.interval(row.lower, row.upper)
        detail = f"{sign}{write(row.estimate)} ({bounds})"
    return MatrixCell(verdict=verdict_text(row), kind=verdict_class(row.verdict), detail=detail)
