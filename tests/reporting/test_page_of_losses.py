"""The page of a study that measures something else than accuracy."""

import html
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biasinit import numbers
from biasinit.analyses.contract import AnalysedStudy
from biasinit.analyses.index import analyses_of
from biasinit.analyses.keys import plan_keys
from biasinit.bringing import BroughtRuns
from biasinit.reporting.facts import StudyFacts, facts_of
from biasinit.reporting.figure import figures_of
from biasinit.reporting.selection import counted
from biasinit.reporting.verdicts.glossary import glossary
from biasinit.reporting.verdicts.markdown import answer_markdown
from biasinit.runs.imported import Bringing, BroughtTable, complete_runs
from biasinit.runs.tables import BROUGHT_TABLES
from biasinit.study.reading import parse_any_study

SEEDS, RATES = 8, (0.005, 0.02)
KEYS = {
    "study": "losses",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "worse", "same"],
    "reference": "zeros",
    "epochs": 10,
    "metric": {"name": "validation loss", "better": "lower", "unit": "nats"},
    "analysis": {
        "margins": {"mine": 0.005},
        "thresholds": {"mine": 0.35},
        "collapse_points": 0.2,
        "calibration_tables": 20,
        "resamples": 1000,
    },
}


def losses():
    """Runs at every level, of which some fail; one scheme is worse by 0.03 nats."""
    rng = np.random.default_rng(1)
    rows = []
    for level in ("none", "batchnorm_shift", "batchnorm"):
        for rate in RATES:
            for seed in range(SEEDS):
                start = 0.3 + rng.normal(0, 0.01) + 0.05 * (rate == RATES[0])
                for scheme in KEYS["schemes"]:
                    behind = 0.03 if scheme == "worse" and level != "batchnorm" else 0.0
                    rows.append((level, rate, seed, scheme, start + behind + rng.normal(0, 0.001)))
    names = ["normalization", "learning_rate", "seed", "scheme", "final_accuracy"]
    runs = pd.DataFrame(rows, columns=names).assign(dataset="mine", reached=True)
    runs["validation_accuracy"] = runs["final_accuracy"] + rng.normal(0, 0.002, len(runs))
    runs["epochs_to_threshold"] = 4 + rng.normal(0, 0.1, len(runs)) + (runs["scheme"] == "worse")
    return runs.assign(failed=(runs["scheme"] == "same") & (runs["seed"] == 0))


@pytest.fixture(scope="module")
def judged():
    """The facts of the study, and every table that its analyses make."""
    study = parse_any_study(KEYS)
    said = BroughtRuns(study=study, folder=Path()).said(None)
    runs = complete_runs(BroughtTable(frame=losses()), Bringing(**said)).runs
    analysed = AnalysedStudy(
        plan=plan_keys(study, []),
        run_columns=frozenset(runs.columns),
        compares_pairs=False,
        learning_rates=None,
    )
    tables = {"runs": runs}
    for analysis in analyses_of(analysed, BROUGHT_TABLES):
        read = {*analysis.reads, *analysis.reads_if_there} & set(tables)
        made = analysis.run({name: tables[name] for name in read}, analysis.keys(analysed.plan))
        tables |= {table.name: table.checked(made[table.name]) for table in analysis.makes}
    facts = StudyFacts.from_mapping(facts_of(study).to_mapping())
    return counted(facts, runs), tables


def words_of(page):
    """Return what a reader sees of a page, labels for those who hear it included."""
    page = re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", page), *labels]))


def test_the_page_of_a_loss_never_speaks_of_accuracy_or_points(judged, make_page):
    study, tables = judged
    page = make_page(study, tables, plan={})
    said = words_of(page)
    for name in ("final_accuracy", "analyse_accuracy", "validation_accuracy"):  # columns, rules
        said = said.replace(name, "")
    assert not re.findall(r".{30}(?:[Aa]ccurac|\bpoints\b|percentage|\{[a-z_]+\}).{30}", said)
    for words in (
        "measured: validation loss in nats, lower is better",
        "Validation loss against zeros, in nats (lower is better); margin ±0.005",
        "nats of validation loss, scheme − zeros (lower is better)",
        "A negative difference favours the other scheme.",
        "had the lowest validation loss on validation data",
        "ended far above the median of the reference's runs",
        "Time to 0.35 nats",
    ):
        assert words in said


def test_the_answer_on_a_loss_has_the_digits_of_its_margin(judged):
    study, tables = judged
    answer = answer_markdown(tables, study)
    assert re.search(r"\*\*Worse than zeros, by more than the margin.*0\.0[23]\d\d nats", answer)
    assert re.search(r"\| worse \| ▼ worse, by more than the margin \+0\.0[23]\d\d ", answer)


def test_no_picture_of_a_loss_speaks_of_accuracy(judged):
    study, tables = judged
    for name, figure in figures_of(tables, study).items():
        drawn = html.unescape(re.sub(r"<!--|-->", " ", figure.svg))
        if not figure.absent:
            assert not re.search(r"[Aa]ccurac|\bpoints\b", drawn), name
            assert not re.search(r"[Aa]ccurac|\bpoints\b", figure.caption), name


def test_the_glossary_explains_the_unit(judged):
    study, _ = judged
    words = dict(glossary(study.metric))
    assert words["nats"] == "The unit of validation loss, of which lower is better."
    assert "point" not in words


@pytest.mark.parametrize(
    ("margin", "places"),
    [(1.0, 2), (0.5, 2), (0.1, 2), (0.05, 3), (0.01, 3), (0.005, 4), (40.0, 2), (float("nan"), 2)],
)
def test_differences_have_two_digits_of_the_margin_and_two_decimals_at_least(margin, places):
    assert numbers.places(margin) == places
