"""The list of what moved: only what says something else, with its numbers."""

import importlib.util

import pandas as pd
import pytest

from repository import REPOSITORY


@pytest.fixture(scope="module")
def script():
    path = REPOSITORY / "bench" / "statistics" / "verdict_moves.py"
    spec = importlib.util.spec_from_file_location("verdict_moves", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(verdict, *, scheme="one", cell="all", outcome="accuracy", **changes):
    given = {"outcome": outcome, "normalization": "none", "scheme": scheme, "cell": cell}
    given |= {"verdict": verdict, "estimate": -1.0, "lower": -2.0, "upper": -0.5, "depends_on": ""}
    return given | changes


def moves(script, before, now):
    old = pd.DataFrame(before).drop(columns="cell")  # tables from before conditions have none
    return list(script.verdict_moves(old, pd.DataFrame(now)))


def test_a_verdict_that_depends_now_is_listed_with_each_condition(script):
    now = [
        row("depends", depends_on="learning_rate", lower=float("nan"), upper=float("nan")),
        row("worse beyond the margin", cell="learning_rate 0.02"),
        row("inconclusive", cell="learning_rate 0.005", estimate=0.25, lower=-0.5, upper=1.0),
        row("worse", cell="own best learning rate"),
    ]
    assert moves(script, [row("worse")], now) == [
        "accuracy | without | one | worse −1.00 (−2.00 to −0.50) | depends on the learning rate; "
        "0.02: worse beyond the margin −1.00 (−2.00 to −0.50); 0.005: inconclusive +0.25 (−0.50 "
        "to 1.00); each at its own best rate: worse −1.00 (−2.00 to −0.50)"
    ]


def test_what_says_the_same_is_not_listed(script):
    none = {"outcome": "failure", "estimate": 0.0}
    before = [row("worse"), row("inconclusive", **none)]
    now = [row("worse", estimate=-1.1), row("none seen", **none)]
    assert moves(script, before, now) == []


def test_claims_with_another_summary_are_listed(script):
    before = "## 1. C one.\n\nSaid.\n\n**Open in 1 of 1 comparison.**\n"
    now = before.replace("Open in 1", "Agrees in 1") + "\n## 2. C two.\n\n**Not measured.**\n"
    assert list(script.claim_moves(before, now)) == [
        "1. C one. | open in 1 of 1 comparison | agrees in 1 of 1 comparison",
        "2. C two. | not there | not measured",
    ]
