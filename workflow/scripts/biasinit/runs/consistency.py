"""What can be wrong between the columns of a brought table, where each is right by itself.

Columns that are not right by themselves are not here, and what needs them is not looked at.
"""

import difflib
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pandas as pd

from biasinit.numbers import counted
from biasinit.runs.brought_columns import EARLY, PERCENT, SPEED, TEXTS
from biasinit.runs.fields import alike
from biasinit.runs.import_notes import Done, ImportNote, listed, row_name, row_names
from biasinit.vocabulary import IDENTITY, RUN_KEY, WITHOUT_AND_WITH

SAME_RATE = 1e-6  # relative difference of two learning rates that are one


def in_percent(
    values: pd.DataFrame, unit: str | None
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the columns of accuracy in percent, notes, and what is wrong with their unit.

    Args:
        values: columns with possible values.
        unit: that the study says; without it, what looks like a share is refused. A run that did
            not fail, and is right in less than one of a hundred, is hardly one in percent.

    """
    problems, notes = [], []
    trained = ~_flag(values, "failed")
    for name in [name for name in PERCENT if name in values]:
        found = values[name]
        small = found.between(0, 1, inclusive="right")
        most, words = (1, "0 and 1") if unit == "share" else (100, "0 and 100 percent")
        outside = found.notna() & ~found.between(0, most)
        if outside.any():
            said = ", as the study says 'unit: share'" if unit == "share" else ""
            problems.append(
                f"{name!r} must be between {words} in every row{said}, got "
                f"{_shown(found[outside])}."
            )
        elif unit == "share":
            values = values.assign(**{name: (100 * found).round(10)})  # 0.57 is 57, not 56.99…9
            said = "Shares, as the study says, read as percent."
            notes.append(_read_as(name, int(found.notna().sum()), said))
        elif unit is None and (small & trained).any():
            rows = small.index[small & trained]
            problems.append(
                f"{name!r} is at most 1 for {counted(len(rows), 'run')} that did not fail "
                f"({row_names(rows)}), which looks like shares of 1. Give percent in every row; "
                "or say 'unit: share' in the study where all are shares, or 'unit: percent' where "
                "these are percent."
            )
        elif unit is None and small.any():
            said = f"Failed runs of at most 1, read as percent: {row_names(small.index[small])}."
            notes.append(_read_as(name, int(small.sum()), said))
    return values, notes, problems


def between_columns(
    values: pd.DataFrame,
    *,
    columns: Collection[str],
    epochs: float | None,
    margins: Sequence[str],
    thresholds: Collection[str],
) -> tuple[list[str], list[ImportNote]]:
    """Return what is wrong between the columns of a table, and notes on what was read into them.

    Args:
        values: columns with possible values.
        columns: names of all columns of the table.
        epochs: length of training, None where the study does not say.
        margins: the data sets that the study has margins for.
        thresholds: those that it has thresholds for.

    """
    problems = [
        *_repeated_runs(values),
        *_levels_alike(values),
        *_rates_alike(values),
        *_datasets_not_there("margins", margins, values),
        *_datasets_not_there("thresholds", thresholds, values),
        *_datasets_without_margins(values, columns, margins),
        *_identity_alone(values),
        *_contradicting_failures(values),
        *_lonely_speed(columns, epochs),
    ]
    notes: list[ImportNote] = []
    if set(SPEED) <= set(values) and epochs is not None:
        problems += _impossible_times(values, epochs)
        notes += _censored(values, epochs)
    if EARLY in values:
        problems += _impossible_early_times(values, epochs)
    return problems, notes


def _flag(values: pd.DataFrame, name: str) -> "pd.Series[bool]":
    """Return a flag; false where the table does not have it, or says it in another column."""
    if name in values:
        return values[name].astype(bool)
    if name == "failed" and "failure_kind" in values:
        return values["failure_kind"] != "none"
    return pd.Series(False, index=values.index)


def _read_as(column: str, count: int, said: str) -> ImportNote:
    return ImportNote(done=Done.READ_AS, of="value", column=column, count=count, said=said)


def _shown(found: "pd.Series[Any]") -> str:
    rows = [f"{value!r} ({row_name(row)})" for row, value in found.head(5).items()]
    return ", ".join(rows) + (" …" if len(found) > len(rows) else "")


def _repeated_runs(values: pd.DataFrame) -> Iterator[str]:
    """Yield the runs that stand there twice; learning rates are numbers by now: 1e-3 is 0.001."""
    key = [name for name in RUN_KEY if name in values]
    if not {"scheme", "seed"} <= set(key):
        return
    repeated = values.duplicated(key)
    if repeated.any():
        yield (
            f"{counted(int(repeated.sum()), 'run')} stand there more than once "
            f"({row_names(repeated.index[repeated])}), by {', '.join(map(repr, key))}. Remove "
            "them, or add the factor that tells them apart: a column with one of the names in "
            "docs/extending.md, or named in 'columns'."
        )


def _levels_alike(values: pd.DataFrame) -> Iterator[str]:
    """Yield the levels of a factor that differ by case, blanks or the form of letters alone."""
    for name in [name for name in TEXTS if name in values]:
        rows = values[name].value_counts(sort=False)
        groups: dict[str, list[str]] = {}
        for level in map(str, rows.index):
            groups.setdefault(alike(level), []).append(level)
        for levels in [group for group in groups.values() if len(group) > 1]:
            told = " and ".join(
                f"{level!r} ({counted(int(rows[level]), 'row')})" for level in levels
            )
            yield f"{name!r} is {told}. Write one level in one way."


def _rates_alike(values: pd.DataFrame) -> Iterator[str]:
    """Yield learning rates that are one number of another precision, such as 0.1 of 32 bits."""
    if "learning_rate" not in values:
        return
    rates = sorted(values["learning_rate"].unique())
    for low, high in itertools.pairwise(rates):
        if high - low <= SAME_RATE * high:
            rows = [int((values["learning_rate"] == rate).sum()) for rate in (low, high)]
            first, second = (
                f"{float(rate)!r} ({counted(count, 'row')})"
                for rate, count in zip((low, high), rows, strict=True)
            )
            yield (
                f"'learning_rate' is {first} and {second}, which are the same to six digits. Write "
                "one number."
            )


def _datasets_not_there(key: str, names: Collection[str], values: pd.DataFrame) -> Iterator[str]:
    if "dataset" not in values:
        return
    there = [str(name) for name in values["dataset"].unique()]
    for name in [name for name in names if name not in there]:
        meant = _nearest(name, there)
        yield (
            f"'analysis.{key}' is for the data set {name!r}, which is not in the table. "
            + (f"Did you mean {meant!r}?" if meant else f"It has {listed(there)}.")
        )


def _datasets_without_margins(
    values: pd.DataFrame, columns: Collection[str], margins: Sequence[str]
) -> Iterator[str]:
    if "dataset" not in columns and len(margins) > 1:
        yield (
            f"'analysis.margins' are for {listed(margins)}, and the table has no column "
            "'dataset'. Give one margin, or the column."
        )
    if "dataset" not in values:
        return
    there = [str(name) for name in values["dataset"].unique()]
    for name in [name for name in there if name not in margins]:
        rows = int((values["dataset"] == name).sum())
        yield (
            f"'analysis.margins' says nothing of the data set {name!r} "
            f"({counted(rows, 'row')}). Add a line '{name}: …'."
        )


def _nearest(name: str, there: Sequence[str]) -> str | None:
    plain = {_letters(one): one for one in there}
    close = difflib.get_close_matches(_letters(name), plain, n=1)
    return plain[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(character for character in alike(name) if character.isalnum())


def _identity_alone(values: pd.DataFrame) -> Iterator[str]:
    if "normalization" in values and len(values) and (values["normalization"] == IDENTITY).all():
        yield (
            f"'normalization' is {IDENTITY!r} in every row, which are biases before batch "
            "normalisation: an identity check, in no comparison. Write "
            f"{WITHOUT_AND_WITH[1]!r} where the scheme starts the shift of batch normalisation."
        )


def _contradicting_failures(values: pd.DataFrame) -> Iterator[str]:
    if not {"failed", "failure_kind"} <= set(values):
        return
    odd = values["failed"] != (values["failure_kind"] != "none")
    if odd.any():
        first = values[odd].iloc[0]
        yield (
            f"'failed' and 'failure_kind' contradict each other in {row_names(odd.index[odd])}: "
            f"the first says {str(bool(first['failed'])).lower()} and "
            f"{first['failure_kind']!r}. Correct one of them, or leave 'failed' out."
        )


def _lonely_speed(columns: Collection[str], epochs: float | None) -> Iterator[str]:
    given = [name for name in SPEED if name in columns]
    if len(given) == 1:
        other = next(name for name in SPEED if name not in given)
        yield f"{given[0]!r} needs the column {other!r} too."
    if len(given) == len(SPEED) and epochs is None:
        yield "'epochs_to_threshold' needs the length of training: add 'epochs: …'."


def _impossible_times(values: pd.DataFrame, epochs: float) -> Iterator[str]:
    times, reached = values["epochs_to_threshold"], values["reached"]
    wrong = reached & ~times.between(0, epochs, inclusive="right")
    if wrong.any():
        yield (
            "'epochs_to_threshold' must be a number of epochs above 0, and at most the 'epochs' "
            f"of the study ({epochs:g}), where 'reached' is true, got {_shown(times[wrong])}."
        )
    odd = ~reached & times.notna() & (times < epochs)
    if odd.any():
        yield (
            "'reached' is false, and 'epochs_to_threshold' is within the 'epochs' of the study "
            f"({epochs:g}), got {_shown(times[odd])}. Leave the time empty, or say that it was "
            "reached."
        )


def _censored(values: pd.DataFrame, epochs: float) -> Iterator[ImportNote]:
    beyond = ~values["reached"] & (values["epochs_to_threshold"] >= epochs)
    if beyond.any():
        said = "Times of runs that did not reach the threshold, read as all epochs of the study."
        yield _read_as("epochs_to_threshold", int(beyond.sum()), said)


def _impossible_early_times(values: pd.DataFrame, epochs: float | None) -> Iterator[str]:
    early = values[EARLY]
    if epochs is not None and (early > epochs).any():
        yield (
            f"{EARLY!r} must be at most the 'epochs' of the study ({epochs:g}), got "
            f"{_shown(early[early > epochs])}."
        )
    if set(SPEED) <= set(values):
        times = values["epochs_to_threshold"].where(values["reached"])
        odd = times.notna() & ~(early <= times)
        if odd.any():
            yield (
                f"{EARLY!r} must not be later than 'epochs_to_threshold' where that was reached, "
                f"got {_shown(early[odd])}."
            )
