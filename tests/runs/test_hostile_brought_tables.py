"""Whatever a table holds, its runs are those that stand there, or one message says why not."""

import json
import math
import re

import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from biasinit.errors import RunsTableError
from biasinit.runs.brought_columns import BROUGHT
from biasinit.runs.import_notes import Done
from biasinit.runs.imported import Bringing, complete_runs, read_brought_runs

MANY = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCHEMES = ("zeros", "1.0", "he normal")
SETTINGS = {"study": "mine", "schemes": SCHEMES, "reference": "zeros", "epochs": 12.0}
LEVELS = ("018", "18", "1e3", "None", "nan", "true", "a,b", "a;b", 'a "b"', "ä", "$x$", "{x}")

DELIMITERS = st.sampled_from([",", ";", "\t", "|"])


@st.composite
def right_tables(draw):
    """Return a table as its runs must come back, in the order of the table `runs`."""
    seeds = draw(st.lists(st.integers(0, 2**62), min_size=1, max_size=4, unique=True))
    levels = draw(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=2, unique=True))
    rows = [
        {"architecture": level, "scheme": scheme, "seed": seed}
        for level in levels
        for scheme in SCHEMES
        for seed in seeds
    ]
    for row in rows:
        row["final_accuracy"] = draw(st.integers(1001, 100_000)) / 1000
    return pd.DataFrame(rows)


@st.composite
def dialects(draw):
    """Return how a table is written as text, in one of the ways that change no value."""
    delimiter = draw(DELIMITERS)
    return {
        "sep": delimiter,
        "decimal": draw(st.sampled_from([".", ","])) if delimiter != "," else ".",
        "quoting": draw(st.sampled_from([0, 1, 2])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "index": draw(st.booleans()),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])),
    }


@pytest.mark.slow
@MANY
@given(table=right_tables(), dialect=dialects(), order=st.randoms(use_true_random=False))
def test_a_table_comes_back_in_every_dialect(table, dialect, order, tmp_path):
    rows = order.sample(range(len(table)), len(table))
    table.iloc[rows].reset_index(drop=True).to_csv(tmp_path / "runs.csv", **dialect)
    runs = complete_runs(read_brought_runs(tmp_path / "runs.csv"), Bringing(**SETTINGS)).runs
    expected = table.sort_values(["architecture", "scheme", "seed"], ignore_index=True)
    assert runs[list(table)].to_dict("list") == expected.to_dict("list")


WORDS = st.sampled_from(
    [
        *("", " ", "NA", "nan", "None", "null", "-", "?"),
        *("zeros", "zeros ", "Zeros", "1.0", "1", "1.00", " he normal", "other", "\u200bzeros"),
        *("0", "1", "2", "007", "-1", "0.5", "1_0", "1,5", "1.000,5", "1e1", "0x1", "٣", "1" * 30),
        *("97.5", "0.975", "97,5", "97.5 %", "970", "inf", "1e999", "12.5", "9" * 5000),
        *("true", "FALSE", "yes", "none", "diverged", "batchnorm", "batchnorm_shift"),
        *("MNIST", "mnist", "a\nb", 'a"b', "x" * 200, "\u202eab", "<b>"),
    ]
)
TYPED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**65),
    st.floats(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
    WORDS,
)
RIGHT = {
    "scheme": st.sampled_from(SCHEMES),
    "seed": st.integers(0, 30),
    "final_accuracy": st.floats(1.5, 100),
    "learning_rate": st.sampled_from([0.1, "1e-1", 0.01]),
    "dataset": st.sampled_from(["mnist"]),
    "normalization": st.sampled_from(["none", "batchnorm_shift", "batchnorm"]),
    "failed": st.booleans(),
    "failure_kind": st.sampled_from(["none", "diverged"]),
    "epochs_to_threshold": st.one_of(st.none(), st.floats(0.5, 12)),
    "reached": st.booleans(),
}


@st.composite
def hostile_tables(draw):
    """Return rows that are right but for a few fields, names or rows, which may be anything."""
    unit = draw(st.sampled_from([None, None, "percent", "share"]))
    more = draw(st.lists(st.sampled_from(list(RIGHT)[3:]), max_size=3, unique=True))
    names = [*list(RIGHT)[:3], *more]
    rows = [
        {name: draw(RIGHT[name]) for name in names} | {"scheme": scheme, "seed": seed}
        for scheme in SCHEMES
        for seed in range(draw(st.integers(1, 3)))
    ]
    for row in rows:  # as they fit together
        row["final_accuracy"] = draw(st.floats(1.5, 100)) / (100 if unit == "share" else 1)
        row |= {"failed": row.get("failure_kind") == "diverged"} if "failed" in row else {}
        if {"reached", "epochs_to_threshold"} & set(row):
            row |= {"reached": True, "epochs_to_threshold": 3.0}
    names = list(dict.fromkeys(name for row in rows for name in row))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        draw(st.sampled_from(rows))[draw(st.sampled_from(names))] = draw(TYPED)
    if draw(st.booleans()):
        rows.append(
            draw(st.sampled_from(rows)) | {"scheme": draw(st.sampled_from(["more", "else", "1"]))}
        )
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from([*BROUGHT, "Seed", "seeds", "acc", "scheme ", "", "a\nb"]))
        names = list(dict.fromkeys([*names, name]))
        rows = [row | {name: draw(TYPED)} for row in rows]
    return names, rows, unit


def write(path, names, rows, delimiter):
    if path.suffix == ".csv":
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        frame.to_csv(path, index=False, sep=delimiter)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@MANY
@given(
    table=hostile_tables(),
    name=st.sampled_from(["runs.csv", "runs.jsonl"]),
    delimiter=DELIMITERS,
)
def test_every_row_is_in_the_runs_or_counted_or_one_message_says_why_not(
    table, name, delimiter, tmp_path
):
    names, rows, unit = table
    options = {"unit": unit, "margins": ["mnist"]}
    path = tmp_path / name
    write(path, names, rows, delimiter)
    try:
        imported = complete_runs(read_brought_runs(path), Bringing(**SETTINGS | options))
    except RunsTableError as error:
        event("refused")
        assert_clear(str(error))
        return
    event("read")
    left_out = sum(
        note.count for note in imported.notes if note.done is Done.LEFT_OUT and note.of == "row"
    )
    runs = imported.runs
    assert len(runs) + left_out == len(rows)
    assert set(runs["scheme"]) == set(SCHEMES)
    factor = 100 if unit == "share" else 1
    found = sorted(zip(runs["scheme"], runs["seed"], runs["final_accuracy"], strict=True))
    said = sorted(
        (str(row["scheme"]).strip(), int(float(row["seed"])), factor * float(row["final_accuracy"]))
        for row in rows
        if str(row["scheme"]).strip() in SCHEMES
    )
    assert len(found) == len(said)
    for (scheme, seed, accuracy), (their_scheme, their_seed, theirs) in zip(
        found, said, strict=True
    ):
        assert (scheme, seed) == (their_scheme, their_seed)
        assert math.isclose(accuracy, theirs, abs_tol=1e-9)
    if "reached" in runs:
        assert runs.loc[runs["reached"], "epochs_to_threshold"].notna().all()


def assert_clear(message):
    """Assert that a message is short, names what is wrong, and ends every problem with a stop."""
    first, *problems = message.splitlines()
    assert len(message) < 6_000
    assert "Traceback" not in message
    assert "Error" not in message
    if problems:
        assert first == "The table of runs cannot be used:"
        assert all(re.fullmatch(r"  - .*[.?]", line) for line in problems), problems
    else:
        assert re.fullmatch(r"The table of runs .* cannot be read\. .*\.", first)
