import shlex

import pytest

from biasinit.execution.launch import _parser, main, resume_command


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read (No such file"), ("a: [", "is not YAML"), ("- a", "must hold keys")],
)
def test_a_file_that_is_no_study_is_named_before_anything_starts(
    content, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "study.yaml"
    if content is not None:
        path.write_text(content)
    assert main(["--study", "study.yaml"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "study.yaml" in said
    assert message in said
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--study", "studies/my study.yaml"],
        ["--study", "a.yaml", "--cores", "3", "--", "--config", "seeds=40", "--until", "a b"],
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
    assert shlex.split(given.get("ARGS", "")) == options.snakemake
