"""From the tables of a study to the frames that figures and page tables show.

Nothing is estimated here: rows are chosen, ordered and joined. Every function takes a table
that may be empty or absent and returns a frame with at least the columns that it names.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import INTERACTION, NORMALIZATION_LABELS
from biasinit.statistics.inference.study_runs import cell_labels as name_cells
from biasinit.verdicts import Outcome
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

CONDITIONAL_BASIS = "seeds where both trained"
JOINED = (
    *("verdict", "depends_on", "judged_lower", "judged_upper"),
    *("failed", "reference_failed", "seeds_needed"),
)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


def table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return a table of the study, or an empty frame when the study does not have it."""
    found = tables.get(name)
    return pd.DataFrame() if found is None else found


def rows_of(name: str) -> Callable[[Mapping[str, pd.DataFrame], StudyFacts], pd.DataFrame]:
    """Return a function that gives all rows of one table, in the order of the study."""
    return lambda tables, study: arranged(table(tables, name), schemes=scheme_order(study))


def has_values(name: str) -> Callable[[pd.DataFrame], bool]:
    """Return a function that says whether a column of a frame holds any finite number."""
    return lambda frame: any_finite(frame, name)


def any_finite(frame: pd.DataFrame, name: str) -> bool:
    """Return whether a frame has a column, and any finite number in it."""
    if name not in frame:
        return False
    return bool(np.isfinite(pd.to_numeric(frame[name], errors="coerce")).any())


def usable(frame: pd.DataFrame, *, needed: Collection[str]) -> pd.DataFrame:
    """Return the frame, or an empty one when it lacks a column that is needed."""
    return frame if set(needed) <= set(frame.columns) else pd.DataFrame()


def stacked(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return several frames as one, with the name of each in the column ``part``."""
    present = [frame.assign(part=name) for name, frame in parts.items() if not frame.empty]
    if not present:
        return pd.DataFrame()
    return pd.concat([frame.astype(object) for frame in present], ignore_index=True).infer_objects()


def part(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one part of a frame that stacks several."""
    if "part" not in frame:
        return pd.DataFrame()
    return frame[frame["part"] == name].drop(columns="part").reset_index(drop=True)


def with_columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return those of the columns that the frame has, in this order."""
    return frame[[name for name in names if name in frame]]


def present_schemes(frame: pd.DataFrame, study: StudyFacts) -> list[str]:
    """Return the schemes of a frame in the order of the study, others last."""
    names = [name for name in scheme_order(study) if name in set(frame["scheme"])]
    return names + [name for name in frame["scheme"].drop_duplicates() if name not in names]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as mappings from the name of a column to its value."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def scheme_order(study: StudyFacts) -> tuple[str, ...]:
    """Return the names of all schemes in the order of the study, the A/A arm last."""
    return (*study.schemes, study.replicate_name) if study.replicate_name else study.schemes


def cell_labels(cells: Sequence[str]) -> dict[str, str]:
    """Return the words for each cell, which the tables name by the columns that vary."""
    words = {cell: cell.replace("_", " ") for cell in cells}
    return words | {ALL_CELLS: "all conditions"}


def natural_order(name: str) -> tuple[str | float, ...]:
    """Return a key that sorts numbers within names by their size: plain-4 before plain-16."""
    parts = _NUMBER.split(name)
    return tuple(float(part) if place % 2 else part for place, part in enumerate(parts))


def arranged(frame: pd.DataFrame, *, schemes: Sequence[str]) -> pd.DataFrame:
    """Return the rows by normalisation, scheme in the order of the study, and cell."""
    if frame.empty:
        return frame
    levels = list(NORMALIZATION_LABELS)
    ranks = pd.DataFrame(index=range(len(frame)))
    if "normalization" in frame:
        ranks["normalization"] = [_rank(levels, str(v)) for v in frame["normalization"]]
    if "scheme" in frame:
        ranks["scheme"] = [_rank(schemes, str(v)) for v in frame["scheme"]]
    if "cell" in frame:
        names = frame["cell"].astype(str)
        others = set(names) - {ALL_CELLS, OWN_BEST_RATE}
        cells = [ALL_CELLS, *sorted(others, key=natural_order), OWN_BEST_RATE]
        place = {cell: number for number, cell in enumerate(cells)}
        ranks["cell"] = names.map(place).to_numpy()
    if ranks.empty:
        return frame.reset_index(drop=True)
    order = ranks.sort_values(list(ranks.columns), kind="stable").index
    return frame.iloc[order].reset_index(drop=True)


def _rank(known: Sequence[str], value: str) -> int:
    return known.index(value) if value in known else len(known)


def matching(frame: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows with these texts; none where a column is missing."""
    if frame.empty or not set(wanted) <= set(frame.columns):
        return frame.head(0)
    for column, value in wanted.items():
        frame = frame[frame[column].astype(str) == value]
    return frame


def without_index_repeats(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with a fresh index, so that rows can be chosen by label."""
    return frame.reset_index(drop=True)


def judged(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per contrast: the one on seeds where both trained, where there is one."""
    if contrasts.empty or "basis" not in contrasts:
        return contrasts
    frame = without_index_repeats(contrasts)
    keys = [key for key in ("family", "normalization", "scheme", "cell") if key in frame]
    conditional = frame["basis"].astype(str) == CONDITIONAL_BASIS
    last = frame.assign(conditional=conditional).sort_values([*keys, "conditional"], kind="stable")
    kept = last.groupby(keys, sort=False).tail(1).index
    return frame.loc[sorted(kept)]


def contrasts(
    tables: Mapping[str, pd.DataFrame],
    name: str,
    *,
    family: str,
    outcome: str,
    schemes: Sequence[str],
    cells: bool = False,
) -> pd.DataFrame:
    """Return the contrasts of one family that verdicts rest on, with these beside them.

    ``judged_lower, judged_upper`` are the interval of the verdict, the only one that may be printed
    beside it.

    Args:
        tables: all tables of the study.
        name: table that holds the contrasts.
        family: family of contrasts to keep.
        outcome: outcome whose verdict, interval, seeds needed and failures are joined.
        schemes: order of the rows.
        cells: rows of single conditions in place of those over all.

    """
    frame = table(tables, name)
    if frame.empty:
        return frame
    if "family" in frame:
        frame = frame[frame["family"] == family]
    if "cell" in frame:
        frame = frame[(frame["cell"] == ALL_CELLS) != cells]
    frame = judged(frame)
    found = table(tables, "verdicts")
    keys = ["normalization", "scheme", "cell"]
    if {"outcome", *keys} <= set(found.columns) and "cell" in frame:
        found = found.rename(columns={"lower": "judged_lower", "upper": "judged_upper"})
        extra = [column for column in JOINED if column in found and column not in frame]
        chosen = found.loc[found["outcome"] == outcome, [*keys, *extra]]
        frame = frame.merge(chosen.drop_duplicates(keys), on=keys, how="left")
    return arranged(frame, schemes=schemes)


def judged_rows(
    tables: Mapping[str, pd.DataFrame], study: StudyFacts, outcome: Outcome
) -> pd.DataFrame:
    """Return the rows of the table of verdicts on one outcome, all conditions."""
    verdicts = table(tables, "verdicts")
    if "outcome" in verdicts:
        verdicts = verdicts[verdicts["outcome"] == outcome]
    return arranged(verdicts, schemes=scheme_order(study))


def over_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows over all conditions, or all rows when there is none such."""
    if "cell" not in frame or not (frame["cell"] == ALL_CELLS).any():
        return frame
    return frame[frame["cell"] == ALL_CELLS]


def run_cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with their cell, named as the analysis tables name it."""
    return runs if runs.empty else runs.assign(cell=name_cells(runs))


def counted(study: StudyFacts, runs: pd.DataFrame) -> StudyFacts:
    """Return the facts of a study; seeds, cells and runs of a brought one as its table has them."""
    if not study.imported:
        return study
    return replace(
        study,
        seeds=runs["seed"].nunique(),
        cells=name_cells(runs).nunique(),
        run_count=len(runs),
    )


def treatments(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without the identity check."""
    if "normalization" not in frame:
        return frame
    return frame[frame["normalization"] != "batchnorm"]


def without_replicate(frame: pd.DataFrame, study: StudyFacts) -> pd.DataFrame:
    """Return the rows without the A/A arm."""
    if "scheme" not in frame or study.replicate_name is None:
        return frame
    return frame[frame["scheme"] != study.replicate_name]


def normalizations(frame: pd.DataFrame) -> list[str]:
    """Return the levels in the frame, without batch normalisation first."""
    if "normalization" not in frame:
        return []
    found = [str(value) for value in frame["normalization"].drop_duplicates()]
    known = [level for level in NORMALIZATION_LABELS if level in found and level != INTERACTION]
    return known + [level for level in found if level not in NORMALIZATION_LABELS]
