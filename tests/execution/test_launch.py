import os
from pathlib import Path

import pytest

from biasinit.execution.launch import current_report, main
from biasinit.execution.progress.size import StudySize
from repository import REPOSITORY


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Return the folder that a person is in, which is not the program's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read (No such file"),
        (b"a: [", "is not YAML"),
        (b"- a", "must hold keys"),
        (b"seeds: 20\nseeds: 40", "the key 'seeds' stands there twice"),
        (b"\xff\xfe", "is not text in UTF-8: byte 0 is 0xff"),
        (b"a: &a [*a", "is not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_named_before_anything_starts(content, message, here, capsys):
    if content is not None:
        (here / "study.yaml").write_bytes(content)
    assert main(["--study", "study.yaml"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "study.yaml" in said
    assert message in said
    assert not (here / "results").exists()


def test_all_problems_of_a_study_are_named_before_anything_starts(here, capsys):
    text = (REPOSITORY / "config.yaml").read_text(encoding="utf-8")
    text = text.replace("seeds: 20 ", "seeds: 21 ").replace("reference: zeros ", "reference: ones ")
    (here / "study.yaml").write_text(f"{text}\ncolour: red\n", encoding="utf-8")
    assert main(["--study", "study.yaml"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("The study has 3 problems:\n")
    assert [line.split(":")[0] for line in said.splitlines()[1:] if line.startswith("  - ")] == [
        "  - colour",
        "  - seeds",
        "  - reference",
    ]
    assert not (here / "results").exists()


def test_a_file_of_ones_own_is_missed_beside_the_study_before_anything_starts(here, capsys):
    text = (REPOSITORY / "config.yaml").read_text(encoding="utf-8")
    text = text.replace("kind: zeros}", "kind: python, object: mine.py:start}")
    (here / "studies").mkdir()
    (here / "studies" / "study.yaml").write_text(text, encoding="utf-8")
    (here / "mine.py").touch()  # where one is, and not beside the study
    assert main(["--study", "studies/study.yaml"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "schemes[0].object: names mine.py, and there is no file" in said
    assert not (here / "results").exists()


def test_a_folder_that_cannot_be_written_is_named(here, capsys):
    (here / "results").touch()
    assert main([]) == 1
    assert "results/.workflow.lock cannot be written" in capsys.readouterr().out
    (here / "results").unlink()
    (here / "results" / "snakemake.log").mkdir(parents=True)
    assert main([]) == 1
    assert "results/snakemake.log cannot be written (Is a directory)" in capsys.readouterr().out
    (here / "file").touch()
    assert main(["--directory", "file"]) == 1
    assert "file cannot be written" in capsys.readouterr().out


def test_a_study_is_planned_from_any_folder_and_its_results_go_where_they_are_asked_for(
    here, capfd
):
    """The program's own files are found beside it; a dry run tells how many jobs there are."""
    (here / "study.yaml").write_bytes((REPOSITORY / "tests/workflow/tiny.yaml").read_bytes())
    arguments = ["--study", "study.yaml", "--directory", "elsewhere", "--", "--dry-run"]
    assert main(arguments) == 0
    said = capfd.readouterr().out
    assert "Nothing was run. Jobs to do: " in said
    assert "train 8" in said
    assert "results/snakemake.log" in said
    assert sorted(path.name for path in here.iterdir()) == ["elsewhere", "study.yaml"]
    assert (here / "elsewhere" / "results" / "snakemake.jsonl").exists()


@pytest.mark.parametrize("announced", [True, False])
def test_the_last_line_shows_the_report_only_where_it_is_up_to_date(announced, here):
    size = StudySize(study="s", folder="results/s", runs=4, shards=("a",), runs_per_shard=4)
    told = size if announced else None
    assert current_report(told, since=None) is None
    report = here / "results" / "s" / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    os.utime(report, (1000.0, 1000.0))
    named = Path("results/s/report.html")
    assert current_report(told, since=None) == named  # nothing was left to do
    assert current_report(told, since=999.0) == named  # it was written now
    assert current_report(told, since=1001.0) is None  # only a part was asked for
