import os
import shlex
import shutil

import pytest

from biasinit.execution.launch import _parser, main, report_in_words, resume_command
from biasinit.execution.progress.notes import StudySize
from repository import REPOSITORY


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
@pytest.mark.parametrize("name", ["study.yaml", "config.yaml"])
def test_a_file_that_is_no_study_is_named_before_anything_starts(
    content, message, name, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["--study", name] if name == "study.yaml" else []) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert name in said
    assert message in said
    assert not (tmp_path / "results").exists()


def test_all_problems_of_a_study_are_named_before_anything_starts(tmp_path, monkeypatch, capsys):
    text = (REPOSITORY / "config.yaml").read_text(encoding="utf-8")
    text = text.replace("seeds: 20 ", "seeds: 21 ").replace("reference: zeros ", "reference: ones ")
    (tmp_path / "config.yaml").write_text(f"{text}\ncolour: red\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main([]) == 1
    said = capsys.readouterr().out
    assert said.startswith("The study has 3 problems:\n")
    assert [line.split(":")[0] for line in said.splitlines()[1:] if line.startswith("  - ")] == [
        "  - colour",
        "  - seeds",
        "  - reference",
    ]
    assert not (tmp_path / "results").exists()


def test_an_unknown_place_is_named_with_the_known_ones(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("default", "slurm"):
        (tmp_path / "profiles" / name).mkdir(parents=True)
        (tmp_path / "profiles" / name / "profile.yaml").touch()
    assert main(["--place", "slrum"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "--place: must be the name of a folder with a profile.yaml in profiles/" in said
    assert "got 'slrum'. There are: default, slurm." in said
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--study", "studies/my study.yaml"],
        ["--study", "a.yaml", "--cores", "3", "--", "--config", "seeds=40", "--until", "a b"],
        ["--study", "a.yaml", "--place", "slurm", "--", "--config", "seeds=40"],
    ],
)
@pytest.mark.parametrize("with_make", [False, True])
def test_the_command_that_goes_on_is_the_one_that_was_given(
    arguments, with_make, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    if with_make:
        (tmp_path / "Makefile").touch()
    options = _parser().parse_args(arguments)
    words = shlex.split(resume_command(options))
    if not with_make:
        assert vars(_parser().parse_args(words[3:])) == vars(options)
        return
    assert words[:2] == ["make", "study"]
    given = dict(word.split("=", 1) for word in words[2:])
    assert given.get("STUDY") == options.study
    assert given.get("CORES", "all") == options.cores
    assert given.get("PLACE", "default") == options.place
    assert shlex.split(given.get("ARGS", "")) == options.snakemake


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    (tmp_path / "results").touch()
    assert main([]) == 1
    assert "results/.workflow.lock cannot be written" in capsys.readouterr().out
    (tmp_path / "results").unlink()
    (tmp_path / "results" / "snakemake.log").mkdir(parents=True)
    assert main([]) == 1
    assert "results/snakemake.log cannot be written (Is a directory)" in capsys.readouterr().out


@pytest.mark.parametrize("announced", [True, False])
def test_the_last_line_shows_the_report_only_where_it_is_up_to_date(
    announced, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    size = StudySize(study="s", folder="results/s", runs=4, shards=("a",), runs_per_shard=4)
    told = size if announced else None
    assert report_in_words(told, since=None) == ""
    report = tmp_path / "results" / "s" / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    os.utime(report, (1000.0, 1000.0))
    named = " The report: results/s/report.html"
    assert report_in_words(told, since=None) == named  # nothing was left to do
    assert report_in_words(told, since=999.0) == named  # it was written now
    assert report_in_words(told, since=1001.0) == ""  # only a part was asked for
