"""The study is read once: the job that writes the report gets its facts and reads it no more."""

import dataclasses
import json
import re
from datetime import UTC, datetime

import pandas as pd
import pytest
import yaml
from synthetic import make_study, make_tables

from biasinit.report_files import write_report
from biasinit.reporting.facts import StudyFacts, facts_of
from biasinit.reporting.selection import counted
from biasinit.study.plan import plan_of, register
from biasinit.study.reading import parse_any_study, parse_study
from biasinit.tables import write_table
from repository import REPOSITORY

REPORT = REPOSITORY / "report"


def test_facts_pass_through_plain_values_unchanged(study):
    mapping = study.to_mapping()
    assert json.loads(json.dumps(mapping))["analysis"]["margins"] == {"digits": 0.5}
    assert StudyFacts.from_mapping(mapping) == study


def test_brought_runs_are_counted_in_the_table():
    facts = facts_of(
        parse_any_study(
            {
                "study": "brought",
                "runs_table": "runs.csv",
                "schemes": ["zeros", "0.01"],
                "analysis": {"margins": {"mine": 0.5}},
            }
        )
    )
    rows = [(seed, rate) for seed in (3, 7) for rate in (0.1, 0.2, 0.4)]
    runs = pd.DataFrame(rows, columns=["seed", "learning_rate"])
    found = counted(facts, runs)
    assert (found.seeds, found.cells, found.run_count) == (2, 3, 6)
    trained = make_study()
    assert counted(trained, runs) == trained


@pytest.fixture(scope="module")
def quick_page(tmp_path_factory):
    """The finished page of a quick try of the default study, as its job writes it."""
    folder = tmp_path_factory.mktemp("quick")
    default = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    study = parse_study(default | {"quick": True})
    register(plan_of(study), folder, now=datetime(2026, 11, 23, tzinfo=UTC))
    facts = facts_of(study)
    # the made-up tables read the study of the facts, which is small already
    small = dataclasses.replace(facts, keys=facts.keys | {"quick": False})
    files = {}
    for name, table in make_tables(small).items():
        if name not in ("costs", "jobs"):  # the job counts these itself
            files[name] = str(folder / f"{name}.parquet")
            write_table(table, files[name])
    for part in ("figures", "captions"):
        (folder / part).mkdir()
    write_report(
        facts=facts.to_mapping(),
        configfile=None,
        tables=files,
        template={
            "html": str(REPORT / "page.html.j2"),
            "ledger": str(REPORT / "ledger.html.j2"),
            "tables": str(REPORT / "tables.html.j2"),
            "style": str(REPORT / "page.css"),
            "script": str(REPORT / "page.js"),
        },
        claims=str(REPOSITORY / "claims.yaml"),
        prevalence=str(REPOSITORY / "prevalence.yaml"),
        page=folder / "report.html",
        answer=folder / "answer.md",
        verdicts=folder / "verdicts.csv",
        costs=folder / "costs.csv",
    )
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_of_a_quick_try_has_the_name_of_the_study_once(quick_page):
    (title,) = re.findall(r"<title>(.*?)</title>", quick_page)
    assert title == "How should the biases start? Study digits-quick"
    assert "quick-quick" not in quick_page


def test_the_page_of_a_quick_try_has_the_claims_of_its_study_and_says_what_they_are_worth(
    quick_page,
):
    claims = yaml.safe_load((REPOSITORY / "claims.yaml").read_text(encoding="utf-8"))
    asked = {
        claim["number"]
        for claim in claims
        if any(evidence["study"] == "digits" for evidence in claim.get("evidence", ()))
    }
    shown = {
        int(number) for number in re.findall(r'<article class="claim" id="claim-(\d+)"', quick_page)
    }
    assert shown == asked != set()
    assert "This is a quick try: it has too few seeds, epochs and images" in quick_page
