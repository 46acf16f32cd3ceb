"""Which rows of a brought table belong to the schemes of the study."""

from collections.abc import Iterator, Sequence

import pandas as pd

from biasinit.numbers import counted
from biasinit.runs.fields import alike, as_name, as_number, is_missing, where
from biasinit.runs.import_notes import Done, ImportNote, listed, row_names


def of_the_study(
    table: pd.DataFrame, schemes: Sequence[str]
) -> tuple[pd.DataFrame, list[ImportNote], list[str]]:
    """Return the rows of the schemes of the study, a note on the others, and what is wrong.

    A row without a scheme stays, to be refused as such. So is a scheme that is left out and looks
    like one of the study's: a letter or a digit would decide in silence what is compared.
    """
    if "scheme" not in table:
        return table, [], []
    names = pd.Series(
        [as_name(value) or "" for value in table["scheme"]], index=table.index, dtype=object
    )
    empty = where(table["scheme"], is_missing)
    others = names[~names.isin(list(schemes)) & ~empty & (names != "")]
    counts = others.value_counts(sort=False)
    problems = list(_mistaken(others, schemes))
    absent = [name for name in schemes if name not in set(names)]
    if absent and len(names):
        found = [name for name in names.unique() if name]
        there = f" It has {listed(found)}." if found else ""
        problems.append(
            f"'scheme' never is {', '.join(map(repr, absent))}.{there} Name schemes of the table "
            "in 'schemes'."
        )
    notes = []
    if len(others):
        told = [f"{name} ({counted(int(count), 'row')})" for name, count in counts.items()]
        more = f" and {len(told) - 10} more" if len(told) > 10 else ""
        notes.append(
            ImportNote(
                done=Done.LEFT_OUT,
                of="row",
                column="scheme",
                count=len(others),
                said=f"Of schemes that the study does not name: {', '.join(told[:10])}{more}.",
            )
        )
    return table[~table.index.isin(others.index)], notes, problems


def _mistaken(others: "pd.Series[str]", schemes: Sequence[str]) -> Iterator[str]:
    """Yield the schemes that are left out and that look like one of the study's."""
    for name in others.unique():
        meant = [scheme for scheme in schemes if _looks_like(name, scheme)]
        if meant:
            rows = others.index[others == name]
            yield (
                f"'scheme' is {name!r} in {counted(len(rows), 'row')} ({row_names(rows)}), and "
                f"the study names {meant[0]!r}. Write it in one way, or name both in 'schemes'."
            )


def _looks_like(name: str, scheme: str) -> bool:
    return alike(name) == alike(scheme) or (
        as_number(name) is not None and as_number(name) == as_number(scheme)
    )


def schemes_named(table: pd.DataFrame) -> list[str]:
    """Return the schemes that a brought table names, in the order of their first rows."""
    if "scheme" not in table:
        return []
    names = [as_name(value) for value in table["scheme"] if not is_missing(value)]
    return list(dict.fromkeys(name for name in names if name))
