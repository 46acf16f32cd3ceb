import dataclasses

import pandas as pd
from synthetic import COSTS, make_study

from biasinit.reporting.page.costs import cost_sentences
from biasinit.reporting.page.tables import page_tables

TABLES = {"costs": COSTS}


def test_the_cost_of_the_study_is_told_with_its_parts():
    spent, longest, _ = cost_sentences(TABLES, make_study())
    assert spent == (
        "Cost: the 14 jobs before this report took 33.3 min in all, 15.0 min of them on a GPU, and "
        "27.7 min of processors. 60 % of it is training, 4 % of which evaluates learning curves "
        "and probes. The largest used 900 MiB of memory."
    )
    assert longest == (
        "A run of the cheapest scheme, zeros, took 5.0 s on average, of the dearest, 1.0, 10 s."
    )


def test_twice_the_seeds_cost_the_new_shards_and_the_analysis_once_more():
    *_, twice = cost_sentences(TABLES, make_study(seeds=20))
    # 30 min of training, and analyses of 3 min, which take 3 to 6 min of twice the runs
    assert twice == (
        "Twice the seeds (40) would take about 33.0 min to 36.0 min of jobs more, shared out "
        "between cores: 30.0 min to train the new seeds, as the present ones took, and the "
        "analysis once more."
    )


def test_brought_runs_have_no_price_of_more_seeds():
    brought = {"costs": COSTS[COSTS["rule"].isin(["calibrate"])].copy()}
    total = brought["costs"].assign(rule="all")
    brought["costs"] = pd.concat([brought["costs"], total], ignore_index=True)
    study = dataclasses.replace(make_study(), imported=True)
    assert cost_sentences(brought, study) == (
        "Cost: the 1 job before this report took 3.0 min in all, and 2.5 min of processors. The "
        "largest used 900 MiB of memory.",
    )


def test_an_unknown_cost_is_told_to_be_unknown():
    assert cost_sentences({}, make_study()) == ("Cost: not in this table.",)


def test_the_costs_are_on_the_page_with_every_column(make_page, study, figures):
    page = make_page(study, TABLES, figures=figures)
    assert "Twice the seeds (40)" in page
    shown = page_tables(TABLES, study)["costs"]
    assert [row[0].text for row in shown.rows][-1] == "all"
    assert len(shown.headings) == len(COSTS.columns)
