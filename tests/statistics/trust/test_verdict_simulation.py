"""The simulation behind the table of error rates in bench/statistics, a few tables of it."""

import importlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCH = Path(__file__).parents[3] / "bench" / "statistics"
FAST = (
    *("null, 1 % of runs fail", "opposite effects, SD of a margin", "every cell at the margin"),
    *("5 seeds", "times 1.3, 5 % of the scheme fail", "worse at one rate, failing at the other"),
    *("skewed, 1 scheme, 20 seeds", "5 % of a scheme's runs lose 10 points", "random studies"),
)


@pytest.fixture
def simulation(monkeypatch):
    """Return the module; its neighbours are imported from its own folder."""
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("verdict_simulation")


@pytest.mark.slow
def test_three_tables_of_each_case_hold_every_bar(simulation, tmp_path):
    output = tmp_path / "figures.json"
    assert simulation.main(["--tables", "3", "--cases", *FAST, "--output", str(output)]) == 0
    figures = json.loads(output.read_text())
    assert set(figures["counts"]) == set(FAST)
    assert {row["judged"] for row in figures["bars"]} <= {"met", "open", "reported"}
    assert all(row["lower"] <= row["rate"] <= row["upper"] for row in figures["bars"])


def test_a_run_that_was_cut_short_goes_on_to_the_same_figures(simulation, tmp_path):
    once, twice = tmp_path / "once.json", tmp_path / "twice.json"
    arguments = ["--cases", "times 1.3, 5 % of the scheme fail", "--output"]
    simulation.main(["--tables", "4", *arguments, str(once)])
    for tables in ("2", "4"):
        simulation.main(["--tables", tables, *arguments, str(twice)])
    assert json.loads(once.read_text())["bars"] == json.loads(twice.read_text())["bars"]


@pytest.mark.slow
def test_what_the_simulation_leaves_out_changes_no_verdict(simulation):
    assert simulation.CASES["with all models"](0)["rows differ"] == 0


def test_every_bar_belongs_to_a_quantity(simulation):
    """A misspelt pattern would leave a rate without its bar."""
    counts = {case: make(0) for case, make in simulation.CASES.items() if case in FAST}
    unbarred = {
        (row["case"], row["quantity"])
        for row in simulation.rates(counts)
        if row["judged"] == "reported"
    }
    words = {"depends", "inconclusive", "claimed", "equivalent at the margin"}
    assert all(any(word in quantity for word in words) for _, quantity in unbarred)


@pytest.mark.parametrize(
    ("verdict", "lower", "upper", "contradicted"),
    [
        ("worse", -0.9, -0.1, False),
        ("worse", -0.9, 0.1, True),
        ("worse", -0.4, -0.1, True),  # inside the margin
        ("worse beyond the margin", -0.9, -0.6, False),
        ("worse beyond the margin", -0.9, -0.4, True),
        ("better", -0.9, -0.1, True),
        ("different but negligible", 0.1, 0.4, False),
        ("equivalent", -0.4, 0.49, False),
        ("equivalent", -0.4, 0.51, True),
        ("inconclusive", -0.4, 0.4, True),
        ("inconclusive", -0.4, 0.6, False),
        ("depends", np.nan, np.nan, False),
        ("depends", -0.4, 0.6, True),
        ("equivalent", np.nan, np.nan, True),
    ],
)
def test_an_interval_that_speaks_against_its_verdict_is_found(
    simulation, verdict, lower, upper, contradicted
):
    row = {"outcome": "accuracy", "verdict": verdict, "lower": lower, "upper": upper}
    table = pd.DataFrame([row | {"margin_lower": -0.5, "margin_upper": 0.5}])
    module = importlib.import_module("contradictions")
    assert (module.contradictions(table).iloc[0] != "") == contradicted
