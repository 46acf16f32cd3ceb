"""What each column of a brought table must hold, and which column of a file each of them is."""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from biasinit.metric import Metric
from biasinit.runs.delimited import Wanted
from biasinit.runs.fields import (
    LONGEST_NAME,
    alike,
    as_name,
    as_number,
    as_truth,
    as_whole,
    is_missing,
    is_missing_word,
)
from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.vocabulary import IDENTITY, TREATMENTS

LEVELS = (*TREATMENTS, IDENTITY)
KINDS = ("none", "diverged", "never learned")
LARGEST_SEED = 2**63
NAMES = f"printable names of at most {LONGEST_NAME} characters"
SIMILAR = 0.8  # of difflib: 'fail' for 'failed', and not 'train_accuracy' for a validation's

TEXTS = ("dataset", "architecture", "weight_init", "input_scaling", "optimizer")
PERCENT = ("final_accuracy", "validation_accuracy", "curve_area")
REQUIRED = ("scheme", "seed", "final_accuracy")
EARLY = "epochs_to_early_threshold"
SPEED = ("epochs_to_threshold", "reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtColumn:
    """What a column must hold.

    Attributes:
        read: returns the value of a field; None where it is none that the column can have.
        what: it must hold, in words.
        accepts: whether such a value is a possible one.
        may_be_empty: whether a field may hold nothing.
        mend: of a field that is empty and must not be.
        dtype: of the values, where none is missing.

    """

    read: Callable[[object], object | None]
    what: str
    accepts: Callable[[float], bool] = lambda _: True
    may_be_empty: bool = False
    mend: str = ""
    dtype: str = "float64"

    @property
    def of_text(self) -> bool:
        """Whether its values are text, of which NA is one."""
        return self.dtype == "str"

    def is_empty(self, value: object) -> bool:
        """Return whether a field holds nothing; in numbers and flags a word such as NA is that."""
        return is_missing(value) or (not self.of_text and is_missing_word(value))

    def value(self, field: object) -> object | None:
        """Return the value of a field that holds something; None where it is not possible."""
        found = self.read(field)
        possible = isinstance(found, str) or (found is not None and self.accepts(found))  # type: ignore[arg-type]
        return found if possible else None


def _word_of(words: tuple[str, ...]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in words else None


def _one_of(words: tuple[str, ...]) -> str:
    return f"one of {', '.join(map(repr, words))}"


_NAME = BroughtColumn(read=as_name, what=NAMES, dtype="str")
_FLAG = BroughtColumn(
    read=as_truth, what="true or false", mend="Write true or false in every row.", dtype="bool"
)
_NUMBER = BroughtColumn(read=as_number, what="numbers, or empty", may_be_empty=True)
_HASH = BroughtColumn(read=as_name, what=NAMES, may_be_empty=True, dtype="str")

BROUGHT: Mapping[str, BroughtColumn] = {
    "scheme": _NAME,
    **dict.fromkeys(TEXTS, _NAME),
    "learning_rate": BroughtColumn(
        read=as_number,
        what="numbers above 0",
        accepts=lambda number: 0 < number < math.inf,
    ),
    "normalization": BroughtColumn(read=_word_of(LEVELS), what=_one_of(LEVELS), dtype="str"),
    "seed": BroughtColumn(
        read=as_whole,
        what="whole numbers from 0 on",
        accepts=lambda number: 0 <= number < LARGEST_SEED,
        dtype="int64",
    ),
    "final_accuracy": BroughtColumn(
        read=as_number,
        what="numbers",
        mend="A run that diverged is given with what guessing reaches, which is 100 divided by the "
        "number of classes, and with 'failed' true.",
    ),
    "validation_accuracy": _NUMBER,
    "curve_area": _NUMBER,
    "final_loss": _NUMBER,
    "initial_loss": _NUMBER,
    "commonest_first_guess": _NUMBER,
    "epochs_to_threshold": _NUMBER,
    "reached": _FLAG,
    EARLY: BroughtColumn(
        read=as_number,
        what="numbers of epochs above 0, or empty",
        accepts=lambda number: 0 < number < math.inf,
        may_be_empty=True,
    ),
    "failed": _FLAG,
    "failure_kind": BroughtColumn(
        read=_word_of(KINDS),
        what=_one_of(KINDS),
        mend="Write 'none' for a run that did not fail.",
        dtype="str",
    ),
    "diverged_at": BroughtColumn(
        read=as_whole,
        what="whole numbers from 0 on, or empty",
        accepts=lambda number: 0 <= number < LARGEST_SEED,
        may_be_empty=True,
    ),
    "weights_hash": _HASH,
    "order_hash": _HASH,
    "test_hash": _HASH,
}
"""The columns that a table may bring; the others of `runs` are made of them."""


def columns_of(metric: Metric) -> Mapping[str, BroughtColumn]:
    """Return what each column must hold where the runs are measured by a metric."""
    if metric.is_accuracy:
        return BROUGHT
    finite = replace(BROUGHT["final_accuracy"], what="finite numbers", accepts=math.isfinite)
    mend = (
        f"A run that diverged is given with the {metric.name} of a network that has learnt "
        "nothing, and with 'failed' true."
    )
    also_empty = replace(BROUGHT["validation_accuracy"], accepts=math.isfinite)
    of_metric = {"final_accuracy": replace(finite, mend=mend), "validation_accuracy": also_empty}
    return {**BROUGHT, **of_metric}


def wanted(columns: Mapping[str, str]) -> Wanted:
    """Return the names under which a file may hold the columns.

    Args:
        columns: the study's names of columns, by ours.

    """
    names = {name: columns.get(name, name) for name in BROUGHT}
    numbers = [name for name, column in BROUGHT.items() if column.read is as_number]
    return Wanted(
        names=frozenset(names.values()), decimals=frozenset(names[name] for name in numbers)
    )


def renamed(
    table: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the columns of a table that are used, under our names.

    Args:
        table: as it stands in the file.
        columns: the study's names of columns, by ours.

    Returns:
        The table, notes on what is not used, and what is wrong.

    """
    stripped = [str(name).strip() for name in table.columns]
    trimmed = sum(str(name) != short for name, short in zip(table.columns, stripped, strict=True))
    table = table.set_axis(stripped, axis="columns")
    notes = []
    if trimmed:
        said = "Blanks around the names of columns."
        notes.append(ImportNote(done=Done.TRIMMED, of="column", count=trimmed, said=said))
    problems = [
        f"'columns' says that {name!r} is {theirs!r}, and it has no such column. It has "
        f"{', '.join(stripped)}."
        for name, theirs in columns.items()
        if theirs not in stripped
    ]
    # the study's word goes before ours: a column of one of our names may stand for another
    ours = {name: name for name in BROUGHT if name not in columns}
    ours |= {theirs: name for name, theirs in columns.items()}
    used = {theirs: name for theirs, name in ours.items() if theirs in stripped}
    unused = [name for name in stripped if name not in used]
    absent = [name for name in BROUGHT if name not in used.values() and name not in columns]
    for name in unused:
        meant = _meant(name, absent)
        if meant is not None:
            problems.append(
                f"the column {name!r} is not known. Say 'columns: {{{meant}: {name}}}' in the "
                f"study if it is {meant!r}, or give it a name that is less like it."
            )
    left_out = [name for name in unused if _meant(name, absent) is None]
    if left_out:
        said = f"Nothing uses {listed(left_out)}."
        notes.append(ImportNote(done=Done.LEFT_OUT, of="column", count=len(left_out), said=said))
    mapped = [(name, theirs) for name, theirs in columns.items() if theirs in used]
    if mapped:
        said = f"{', '.join(f'{theirs!r} is {name!r}' for name, theirs in mapped)}."
        notes.append(ImportNote(done=Done.READ_AS, of="column", count=len(mapped), said=said))
    return table[list(used)].rename(columns=used), notes, problems


def _meant(name: str, absent: list[str]) -> str | None:
    """Return the column, of those that are not there, that a name seems to stand for."""
    plain = {_plain(column): column for column in absent}
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=SIMILAR)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return "".join(character for character in alike(name) if character.isalnum())


def trimmed(table: pd.DataFrame) -> tuple[pd.DataFrame, list[ImportNote]]:
    """Return a table without blanks around its values, and a note for each column that had some."""
    notes = []
    found = table.copy()
    for name in table.columns:
        values = table[name].map(lambda value: value.strip() if isinstance(value, str) else value)
        changed = [
            isinstance(before, str) and before != after
            for before, after in zip(table[name], values, strict=True)
        ]
        found[name] = values
        if any(changed):
            examples = table[name][changed].unique()
            notes.append(
                ImportNote(
                    done=Done.TRIMMED,
                    of="value",
                    column=str(name),
                    count=sum(changed),
                    said=f"Blanks around values, such as {listed(examples)}.",
                )
            )
    return found, notes
