"""Every number in the words of a page comes from the table beside them, rounded as it is shown."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from synthetic import make_tables

from biasinit import numbers
from biasinit.reporting.figure import figures_of
from biasinit.reporting.page.sections import placed_sections

NUMBER = re.compile(r"(?<![\w.])[+−-]?\d+(?:[.,]\d+)*(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?![\w])")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


class Figures(HTMLParser):
    """Collects, for each figure of a page, what it says in words, and the data behind it."""

    def __init__(self):
        super().__init__()
        self.words, self.data, self._figure, self._in_words = {}, {}, None, False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "figure":
            self._figure = attributes["id"].removeprefix("figure-")
            self.words[self._figure] = ""
        elif tag == "details" and self._figure:
            self._in_words = attributes.get("class") == "words"
        elif tag == "a" and self._figure and attributes.get("download", "").endswith(".csv"):
            self.data[self._figure] = attributes["href"]

    def handle_endtag(self, tag):
        if tag == "figure":
            self._figure = None
        elif tag == "details":
            self._in_words = False

    def handle_data(self, data):
        if self._figure and self._in_words and data.strip() != "In words":
            self.words[self._figure] += data


class Prose(HTMLParser):
    """Collects the sentences of each section of a page, without figures, tables and files."""

    ELSEWHERE = ("figure", "table", "pre", "script", "style", "nav")
    VOID = ("meta", "link", "br", "img", "input", "col", "wbr")

    def __init__(self):
        super().__init__()
        self.sections, self._open = {"header": ""}, []

    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            return
        attributes = dict(attrs)
        if tag == "section" and "table" not in attributes.get("class", ""):
            self._section = attributes["id"]
            self.sections[self._section] = ""
        elif tag == "header":
            self._section = "header"
        self._open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data):
        if not set(self._open) & set(self.ELSEWHERE) and {"header", "main"} & set(self._open):
            self.sections[self._section] += f" {data}"


@pytest.fixture(scope="module")
def told(page):
    parser = Figures()
    parser.feed(page)
    return parser


def shown(text, names=()):
    """Return the numbers in a text with their decimals, names of schemes left out."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.,−+-]){re.escape(name)}(?![\w.])", " ", text)
    found = []
    for match in NUMBER.findall(text):
        digits, _, power = match.replace("−", "-").replace(",", "").partition("×10")
        decimals = len(digits.partition(".")[2])
        scale = 10.0 ** int(power.translate(SUPERSCRIPTS)) if power else 1.0
        found.append((float(digits) * scale, 0.5 * 10.0**-decimals * scale))
    return found


def unexplained(text, frame, *, names=(), also=()):
    """Return the numbers of a text that no value of the frame, nor of ``also``, rounds to.

    A share may be given in percent, and an effect without its sign where words give it.
    """
    values = frame.select_dtypes("number").to_numpy(dtype=float).ravel()
    values = np.concatenate([values[np.isfinite(values)], np.asarray(list(also), dtype=float)])
    values = np.concatenate([values, 100 * values])
    values = np.concatenate([values, -values])
    return [
        value
        for value, half in shown(text, names)
        if not (np.abs(values - value) <= half * (1 + 1e-6)).any()
    ]


def counts(frame):
    """Return the numbers of rows that words may give: in all, and by what is the same in them."""
    sizes = [len(frame)]
    for column in ("scheme", "normalization", "decision", "failed", "verdict"):
        if column in frame:
            sizes.append(frame[column].nunique())
            sizes += frame[column].value_counts().tolist()
    keys = [name for name in ("normalization", "scheme", "decision") if name in frame]
    if keys:
        sizes += frame.groupby(keys).size().tolist()
    if {"failed", "scheme"} <= set(frame):
        sizes += frame[frame["failed"].astype(float) == 1].groupby("scheme").size().tolist()
    return sizes


def of_residuals(frame):
    """The share of residuals beyond the band is counted from the rows."""
    beyond = (frame["observed"] < frame["lower"]) | (frame["observed"] > frame["upper"])
    return [float(part.mean()) for _, part in beyond.groupby(frame["normalization"])]


def read(href):
    _, _, encoded = href.partition("base64,")
    return pd.read_csv(io.BytesIO(base64.b64decode(encoded)))


def test_numbers_are_found_in_words():
    text = "1.0 is worse: −0.86 points (−1.20 to −0.54), 2 of 1,040 runs, 3.1×10⁻⁵"
    assert [value for value, _ in shown(text, ["1.0"])] == [-0.86, -1.2, -0.54, 2, 1040, 3.1e-5]
    assert unexplained("0.86 points", pd.DataFrame({"a": [-0.8649]})) == []
    assert unexplained("0.86 points", pd.DataFrame({"a": [-0.8651]})) == [0.86]


def test_every_figure_says_in_words_the_numbers_of_its_data(told, figures, study):
    assert set(told.words) == {name for name, figure in figures.items() if not figure.absent}
    names = [*study.schemes, study.replicate or ""]
    for name, words in told.words.items():
        href = told.data[name]
        frame = read(href) if href.startswith("data:") else figures[name].frame
        also = counts(figures[name].frame)
        also += of_residuals(frame) if name == "residuals" else []
        cells = figures[name].frame.get("cell", pd.Series(dtype=str)).dropna().unique()
        also += [value for cell in cells for value, _ in shown(str(cell))]
        assert shown(words, names), f"{name} has no number in its words"
        assert unexplained(words, frame, names=names, also=also) == [], f"{name}: {words}"


def test_captions_give_the_numbers_of_the_study_and_of_their_data(figures, study):
    analysis = study.analysis
    facts = [study.seeds, study.cells, study.epochs, *analysis.speed_margin]
    facts += [*analysis.thresholds.values(), *analysis.margins.values()]
    facts += [95, 1]  # the level of plain intervals, and the ratio of equal times
    names = [*study.schemes, study.replicate or ""]
    for name, figure in figures.items():
        also = [*facts, *counts(figure.frame)]
        also += (
            [int(figure.frame["failed"].astype(float).sum())] if "failed" in figure.frame else []
        )
        if name == "failure_rates":  # counts runs, not the rows of its table
            also += counts(figures["outcomes"].frame)
        empty = pd.DataFrame()
        assert unexplained(figure.caption, empty, names=names, also=also) == [], figure.caption


@pytest.mark.slow
def test_the_numbers_of_other_runs_would_be_seen(told, study):
    """What one table says in words is not explained by the data of another study."""
    other = figures_of(make_tables(study, seed=2), study)
    names = [*study.schemes, study.replicate or ""]
    for name in ("effects", "interaction", "outcomes"):  # those that are drawn at random
        frame = other[name].frame
        assert unexplained(told.words[name], frame, names=names, also=counts(frame)), name


def test_controls_are_said_with_the_numbers_of_their_tables(study, tables, figures):
    controls = {name: tables[name] for name in ("identity", "replicate", "pairing")}
    frame = pd.concat(controls.values(), ignore_index=True)
    also = [*counts(frame), 100.0, study.seeds, *(len(table) for table in controls.values())]
    also += [float(table["seeds"].sum()) for table in controls.values() if "seeds" in table]
    text = " ".join(placed_sections(figures, tables, study)["trust"].sentences)
    assert shown(text, study.schemes)
    assert unexplained(text, frame, names=study.schemes, also=also) == [], text


@pytest.fixture(scope="module")
def sections(page):
    """The prose of a page, by section."""
    parser = Prose()
    parser.feed(page)
    return parser.sections


def behind(study, tables):
    """Return by section the table behind its prose, and the numbers of the study itself."""
    analysis = study.analysis
    facts = [study.seeds, study.cells, study.epochs, study.batch_size, len(study.schemes)]
    facts += [*analysis.speed_margin, *analysis.thresholds.values(), *analysis.margins.values()]
    facts += [analysis.alpha, analysis.resamples, 95]  # 95: the level of plain intervals
    runs, verdicts = tables["runs"], tables["verdicts"]
    rates = runs["learning_rate"].unique()
    controls = pd.concat([tables[name] for name in ("identity", "replicate", "pairing")])
    whole = verdicts[verdicts["cell"] == "all"]
    inconclusive = int((whole["verdict"] == "inconclusive").sum())
    costs = tables["costs"]
    parts = costs[costs["scheme"] == "all"].set_index("rule")["wall_seconds"]
    spent = costs.iloc[-1]
    trained = spent["training_seconds"] + spent["evaluation_seconds"]
    analyses = parts["calibrate"]
    by_run = (costs["wall_seconds"] / costs["runs"])[costs["scheme"] != "all"]
    durations = [*parts, spent["cpu_seconds"], spent["gpu_seconds"], *by_run]
    durations += [parts["train"] + analyses, parts["train"] + 2 * analyses]
    cost = [*durations, *(second / 60 for second in durations), 2 * study.seeds, spent["jobs"]]
    cost += [trained / spent["wall_seconds"], spent["evaluation_seconds"] / trained]
    cost += [spent["memory_mib"]]
    sign_flips = [16, 1]  # exact up to 16 seeds; one-sample t
    return {
        "header": (pd.DataFrame(), [*facts, len(runs), int(runs["failed"].sum())]),
        "answer": (verdicts, [*facts, *rates]),
        "claims": (pd.DataFrame(), facts),
        "verdicts": (pd.DataFrame(), facts),
        "accuracy": (pd.DataFrame(), facts),
        "speed": (pd.DataFrame(), facts),
        "why": (pd.DataFrame(), facts),
        "trust": (controls, [*facts, *counts(controls), 100.0]),
        "next": (verdicts, [*facts, inconclusive]),
        "methods": (pd.DataFrame(), [*facts, *cost, *sign_flips]),
        "glossary": (pd.DataFrame(), [*facts, 80, 98, 98.5, 0.5, 5]),
    }


def without_provenance(section, text):
    """Times, versions and digests are copied from files, and tested with them."""
    if section != "methods":
        return text
    start, end = text.index("Registered plan"), text.index("Cost")
    return text[:start] + text[end : text.index("Provenance", end)]


def test_every_number_in_the_prose_of_a_page_is_of_the_table_behind_it(sections, study, tables):
    sources = behind(study, tables)
    assert set(sections) == set(sources)
    names = [*study.schemes, study.replicate or ""]
    for section, text in sections.items():
        frame, also = sources[section]
        told = without_provenance(section, text)
        assert unexplained(told, frame, names=names, also=also) == [], f"{section}: {told}"
        if section in ("header", "answer", "trust", "next", "methods"):
            assert len(shown(told, names)) >= 5, section


def test_the_prose_of_another_study_would_be_seen(sections, study):
    frame, also = behind(study, make_tables(study, seed=2))["answer"]  # drawn at random
    names = [*study.schemes, study.replicate or ""]
    assert unexplained(sections["answer"], frame, names=names, also=also)


def test_rounding_is_that_of_the_numbers():
    assert shown(numbers.signed(-0.8649)) == [(-0.86, 0.005)]
    assert shown(numbers.count(1040.0)) == [(1040.0, 0.5)]
