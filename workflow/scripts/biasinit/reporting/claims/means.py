"""Means of a probed quantity by scheme and by another column, for evidence that is many numbers."""

from collections.abc import Sequence

import pandas as pd

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing, Finding, Grid, Place, absent
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, records
from biasinit.study.evidence import LayerEvidence, TwinEvidence


def asked(evidence: LayerEvidence | TwinEvidence, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of means that a piece of evidence is about."""
    at = matching(
        frame,
        normalization=evidence.normalization,
        when=evidence.when,
        quantity=evidence.quantity,
    )
    return at if at.empty else at[at["scheme"].astype(str).isin(evidence.schemes)]


def means(
    evidence: LayerEvidence | TwinEvidence, frame: pd.DataFrame, *, by: str, place: Place
) -> Finding:
    """Return means of the quantity by scheme and by the values of the column ``by``."""
    where = normalization_label(evidence.normalization)
    what = evidence.quantity.replace("_", " ")
    question = f"{what} by {by}, {where}, at the {evidence.when}"
    rows = asked(evidence, frame)
    if rows.empty:
        return absent(evidence, question, table=place.table)
    return Finding(
        study=evidence.study,
        question=question,
        measured=(),
        bearing=Bearing.NUMBERS,
        sure=_runs_in_words(rows),
        place=place,
        grid=_grid(rows, evidence.schemes, by=by),
    )


def _grid(rows: pd.DataFrame, schemes: Sequence[str], *, by: str) -> Grid:
    columns = tuple(dict.fromkeys(map(str, rows[by])))
    parts = {scheme: matching(rows, scheme=scheme) for scheme in schemes}
    return Grid(
        title="mean (95 % interval)",
        columns=columns,
        rows=tuple(
            (scheme, tuple(_mean_words(matching(part, **{by: value})) for value in columns))
            for scheme, part in parts.items()
            if len(part)
        ),
    )


def _mean_words(rows: pd.DataFrame) -> str:
    if rows.empty:
        return numbers.MISSING
    row = records(rows)[0]
    bounds = numbers.interval(row["lower"], row["upper"], decimals=3)
    return f"{numbers.number(row['estimate'], decimals=3)}\n{bounds}"


def _runs_in_words(rows: pd.DataFrame) -> str:
    if "runs" not in rows:
        return ""
    fewest, most = int(rows["runs"].min()), int(rows["runs"].max())
    count = str(most) if fewest == most else f"{fewest} to {most}"
    return f"{count} runs in each mean"
