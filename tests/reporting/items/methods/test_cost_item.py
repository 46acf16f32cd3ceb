import dataclasses

import pandas as pd
import pytest
from pictures import draw, frame
from synthetic import COSTS, make_study

from biasinit.reporting.items.methods.cost import (
    BY_RULE,
    BY_SCHEME,
    ITEM,
    PARTS,
    range_of_schemes,
    spent,
    twice_the_seeds,
)

TABLES = {"costs": COSTS}


def test_the_cost_of_the_study_is_told_with_its_parts():
    study = make_study()
    assert spent(TABLES, study) == (
        "Cost: the 14 jobs before this report took 33.3 min in all, 15.0 min of them on a GPU, and "
        "27.7 min of processors. 60 % of it is training, 4 % of which evaluates learning curves "
        "and probes. The largest used 900 MiB of memory."
    )
    assert range_of_schemes(TABLES, study) == (
        "A run of the cheapest scheme, zeros, took 5.0 s on average, of the dearest, 1.0, 10 s."
    )


def test_twice_the_seeds_cost_the_new_shards_and_the_analysis_once_more():
    # 30 min of training, and analyses of 3 min, which take 3 to 6 min of twice the runs
    assert twice_the_seeds(TABLES, make_study(seeds=20)) == (
        "Twice the seeds (40) would take about 33.0 min to 36.0 min of jobs more, shared out "
        "between cores: 30.0 min to train the new seeds, as the present ones took, and the "
        "analysis once more."
    )


def test_brought_runs_have_no_price_of_more_seeds():
    brought = {"costs": COSTS[COSTS["rule"].isin(["calibrate"])].copy()}
    total = brought["costs"].assign(rule="all")
    brought["costs"] = pd.concat([brought["costs"], total], ignore_index=True)
    study = dataclasses.replace(make_study(), imported=True)
    assert spent(brought, study) == (
        "Cost: the 1 job before this report took 3.0 min in all, and 2.5 min of processors. The "
        "largest used 900 MiB of memory."
    )
    assert range_of_schemes(brought, study) == twice_the_seeds(brought, study) == ""


def test_an_unknown_cost_is_told_to_be_unknown():
    assert [say({}, make_study()) for say in ITEM.sentences] == [
        "Cost: not in this table.", "", ""
    ]  # fmt: skip


def test_the_costs_are_on_the_page_with_every_column(make_page, study, figures):
    page = make_page(study, TABLES, figures=figures)
    assert "Twice the seeds (40)" in page
    (below,) = ITEM.tables
    assert {column.key for column in below.columns} == set(COSTS.columns)
    assert below.rows(TABLES, study)["rule"].iloc[-1] == "all"


def test_bars_of_cost_are_the_parts_of_what_jobs_took(tables, study):
    rows = frame("cost", tables, study)
    costs = tables["costs"]
    rules = rows[rows["unit"] == BY_RULE]
    whole = costs[(costs["rule"] == "all")].iloc[0]
    assert rules["total"].sum() * 60 == pytest.approx(whole["wall_seconds"])
    assert rules["total"].is_monotonic_decreasing
    schemes = rows[rows["unit"] == BY_SCHEME].set_index("scheme")
    assert schemes.loc["1.0", "total"] == pytest.approx(1200 / 120)
    assert schemes.loc["1.0", "training"] == pytest.approx(770 / 120)
    assert rows[list(PARTS)].sum(axis=1).tolist() == pytest.approx(rows["total"].tolist())
    picture = draw("cost", rows, study)
    for axes, (_, panel) in zip(picture.axes, rows.groupby("unit", sort=False), strict=True):
        drawn = [bar.get_width() for bar in axes.patches]
        wanted = [width for part in PARTS for width in panel[part]]
        assert drawn == pytest.approx(wanted)


def test_the_cost_of_brought_runs_has_no_bars_by_scheme(tables, study):
    costs = tables["costs"]
    rows = frame("cost", {"costs": costs[costs["rule"] == "calibrate"]}, study)
    assert rows["unit"].unique().tolist() == [BY_RULE]
    assert len(draw("cost", rows, study).axes) == 1
