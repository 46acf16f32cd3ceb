"""``make answer`` and ``make predict``, as they are typed."""

import json
import shutil

import pandas as pd
import pytest

from biasinit.reporting.atlas.__main__ import main
from repository import MEASURED, REPOSITORY

TEMPLATES = ["--template", str(REPOSITORY / "report")]


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    for name in ("depth", "digits", "scaling"):
        (folder / name).mkdir(parents=True)
        for file in ("plan.json", "runs.parquet"):
            shutil.copyfile(MEASURED / name / file, folder / name / file)
    (folder / "digits" / "report.html").touch()
    return folder


def test_the_page_the_figure_and_the_tables_are_written_and_the_answer_is_said(results, capsys):
    page, figure = results / "answer.html", results / "atlas.svg"
    asked = ["--results", str(results), "--html", str(page), "--figure", str(figure), *TEMPLATES]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert said.count("- **") == 5
    assert 'href="digits/report.html"' in page.read_text(encoding="utf-8")
    assert 'href="depth/report.html"' not in page.read_text(encoding="utf-8")
    assert "<svg" in figure.read_text(encoding="utf-8")
    effects = pd.read_csv(results / "answer" / "effects.csv")
    assert {"depth", "digits", "scaling"} <= set(", ".join(effects["studies"]).split(", "))
    first = page.read_bytes()
    assert main(asked) == 0
    assert page.read_bytes() == first


def test_nothing_to_answer_from_is_one_sentence(tmp_path, capsys):
    assert main(["--results", str(tmp_path), "--html", str(tmp_path / "a.html"), *TEMPLATES]) == 1
    said = capsys.readouterr()
    assert "There is no finished study to answer from." in said.err
    assert not (tmp_path / "a.html").exists()


def test_a_study_that_was_not_run_is_predicted_and_no_other(results, capsys):
    shutil.rmtree(results / "digits")
    asked = ["--results", str(results), "--predict", str(REPOSITORY / "config.yaml")]
    assert main(asked) == 0
    entry = json.loads((results / "predictions" / "digits.json").read_text(encoding="utf-8"))
    assert set(entry["predicted"]["made_from"]) == {"depth", "scaling"}
    assert main(asked) == 1
    assert "was registered before" in capsys.readouterr().err
