"""The page of a study that measures something else than accuracy."""

import html
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import assert_no_overlap, draw, frame, marked

from biasinit import numbers
from biasinit.analyses.contract import AnalysedStudy
from biasinit.analyses.index import analyses_of
from biasinit.analyses.keys import plan_keys
from biasinit.bringing import BroughtRuns
from biasinit.metric import Metric
from biasinit.reporting.facts import StudyFacts, facts_of
from biasinit.reporting.figure import figures_of
from biasinit.reporting.figures.style import style_context
from biasinit.reporting.index import FIGURES
from biasinit.reporting.items.loading import figure_item
from biasinit.reporting.selection import counted
from biasinit.reporting.verdicts.glossary import glossary
from biasinit.reporting.verdicts.markdown import answer_markdown
from biasinit.runs.imported import Bringing, BroughtTable, complete_runs
from biasinit.runs.tables import BROUGHT_TABLES
from biasinit.study.brought_checks import LONGEST_WORDS
from biasinit.study.claims import Claim, ClaimsFile, level_questions
from biasinit.study.evidence import FailureEvidence, LevelEvidence, VerdictEvidence
from biasinit.study.reading import parse_any_study

SEEDS, RATES = 8, (0.005, 0.02)
KEYS = {
    "study": "losses",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "worse", "same"],
    "reference": "zeros",
    "replicate": "zeros",
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


JUDGED = {"study": "losses", "normalization": "none"}
CLAIMS = ClaimsFile(
    name="claims.yaml",
    practices=None,
    claims=tuple(
        Claim(
            number=number,
            claim=f"The claim of number {number}.",
            said_by="nobody",
            source="none",
            estimand="what is compared",
            refuted_if="it is not so",
            evidence=evidence,
        )
        for number, evidence in enumerate(
            (
                (
                    VerdictEvidence(kind="verdict", outcome="accuracy", scheme="worse", **JUDGED),
                    VerdictEvidence(kind="verdict", outcome="speed", scheme="worse", **JUDGED),
                    VerdictEvidence(kind="verdict", outcome="accuracy", scheme="none", **JUDGED),
                ),
                tuple(
                    LevelEvidence(
                        kind="levels",
                        factor="learning_rate",
                        level="0.02",
                        against="0.005",
                        scheme="worse",
                        reference=reference,
                        **JUDGED,
                    )
                    for reference in ("", "zeros")
                ),
                (
                    FailureEvidence(
                        kind="failures",
                        factor="learning_rate",
                        schemes=("zeros", "same"),
                        **JUDGED,
                    ),
                ),
            ),
            start=1,
        )
    ),
)


def losses():
    """Runs at every level, of which some fail; one scheme is worse by 0.03 nats."""
    rng = np.random.default_rng(1)
    rows = []
    for level in ("none", "batchnorm_shift", "batchnorm"):
        for rate in RATES:
            for seed in range(SEEDS):
                start = 0.3 + rng.normal(0, 0.01) + 0.05 * (rate == RATES[0])
                for scheme in (*KEYS["schemes"], "zeros_again"):
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
        plan=plan_keys(study, level_questions(CLAIMS.claims, study.study)),
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
    """Return what a reader sees of a page, labels for those who hear it included, in one line."""
    page = re.sub(r"<style.*?</style>|<script.*?</script>|<!--.*?-->", "", page, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page)
    text = html.unescape(" ".join([re.sub(r"<[^>]+>", " ", page), *labels]))
    for name in ("final_accuracy", "analyse_accuracy", "validation_accuracy"):  # columns, rules
        text = text.replace(name, "")
    return " ".join(text.split())


@pytest.fixture(scope="module")
def said(judged, make_page):
    study, tables = judged
    return words_of(make_page(study, tables, plan={}, claims=CLAIMS))


LEFT_OVER = re.compile(
    r".{0,40}(?:accurac|\bpoints?\b|percentage|\bchance if|\bnan\b|\{[a-z_]+\}|\) \("
    r"|highest (?:mean )?validation|(?:margins|median|far) below|test (?:image|set)"
    r"|(?:loss|mean|difference|margin|nats)\)?,? (?:in )?%).{0,40}",
    re.IGNORECASE,
)


def test_the_page_of_a_loss_never_speaks_of_accuracy_or_points(said):
    assert LEFT_OVER.findall(said) == []


def test_the_page_of_a_loss_says_what_is_measured(said):
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


@pytest.mark.slow
def test_no_picture_of_a_loss_speaks_of_accuracy(judged):
    study, tables = judged
    for name, figure in figures_of(tables, study).items():
        drawn = html.unescape(re.sub(r"<!--|-->", " ", figure.svg))
        if not figure.absent:
            assert LEFT_OVER.findall(" ".join(drawn.split())) == [], name
            assert LEFT_OVER.findall(figure.caption) == [], name
            assert LEFT_OVER.findall(figure.entry.title) == [], name


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [{"name": "validation loss", "unit": "nats"},
     {"name": "mean squared error on the held-out parts", "unit": "kilowatt-hours a day"}],
    ids=["usual", "longest"],
)  # fmt: skip
def test_no_label_of_a_loss_overlaps_another(judged, words):
    study, tables = judged
    assert words["unit"] == "nats" or {key: len(words[key]) for key in words} == LONGEST_WORDS
    study = replace(study, metric=Metric.of(**words, better="lower"))
    drawn = 0
    for figure, entry in FIGURES.items():
        rows = frame(figure, tables, study)
        if figure_item(entry).drawable(rows):
            drawn += 1
            with style_context():
                assert_no_overlap(draw(figure, rows, study), figure)
    assert drawn >= 8


def test_axes_and_ticks_are_in_the_unit_of_the_metric(judged):
    study, tables = judged
    with style_context():
        pictures = {
            name: draw(name, frame(name, tables, study), study)
            for name in ("effects", "outcomes", "interaction", "certainty", "level_contrasts")
        }
        for name, picture in pictures.items():
            FigureCanvasAgg(picture).draw()
            first = picture.axes[0]
            words = [first.get_xlabel(), *(text.get_text() for text in picture.texts)]
            assert any("nats" in word for word in words), name
            low, high = first.get_xlim()
            ticks = [
                (float(label.get_text().replace("−", "-")), place)
                for label, place in zip(first.get_xticklabels(), first.get_xticks(), strict=True)
                if low <= place <= high
            ]
            assert len(ticks) >= 2, name
            assert all(said == pytest.approx(place, abs=1e-9) for said, place in ticks), name
            assert first.xaxis.get_offset_text().get_text() == "", name


@pytest.mark.slow
def test_failed_runs_stand_beside_the_worst_losses(judged):
    study, tables = judged
    rows = frame("outcomes", tables, study)
    axes = draw("outcomes", rows, study).axes[0]
    trained = rows.loc[~rows["failed"], "final_accuracy"]
    (gutter,) = marked(axes, "gutter")
    assert gutter.get_xdata()[0] > trained.max()
    assert axes.get_xlim()[0] > 0.9 * trained.min()
    assert {text.get_ha() for text in marked(axes, "failed")} == {"right"}
    assert "at the right edge" in figures_of(tables, study)["outcomes"].caption


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
