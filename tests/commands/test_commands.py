"""The command ``biasinit``: help at once, mistakes named, results as the library's."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from biasinit.__main__ import COMMANDS, main
from repository import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "examples" / "brought_runs.csv"
HEAVY = {"numpy", "pandas", "torch", "pydantic", "yaml", "snakemake"}


def test_help_names_every_command_and_imports_nothing_heavy():
    code = "import sys\nfrom biasinit.__main__ import main\ntry:\n    main(['--help'])\n"
    code += "except SystemExit: pass\nprint(*sys.modules, sep=chr(10), file=sys.stderr)"
    library = str(REPOSITORY / "workflow" / "scripts")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": library},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(f"  {name}" in done.stdout for name in COMMANDS)
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_under_its_own_name(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: biasinit {name}" in capsys.readouterr().out


def test_a_command_that_is_none_is_named_with_what_was_meant(capsys):
    assert main(["jugde", "runs.csv"]) == 2
    assert "'jugde' is not a command. Did you mean 'judge'?" in capsys.readouterr().err


def test_without_a_command_help_is_printed(capsys):
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out


def test_judge_prints_the_answer_and_where_the_page_is(tmp_path, capsys):
    few = "analysis={calibration_tables: 20, resamples: 1000}"
    words = ["judge", str(EXAMPLE), "--folder", str(tmp_path), "--config", "epochs=12", few]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "Without batch normalisation" in printed
    assert "Margin: 0.5 points, since --margin says nothing." in printed
    assert f"Report: {tmp_path / 'report.html'}" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.csv"], "The table of runs no.csv cannot be read. It is not there."),
        ([str(EXAMPLE), "--config", "epochs"], "--config: must be KEY=VALUE"),
        ([str(EXAMPLE), "--config", "a={"], "--config: must be KEY=VALUE"),
        ([str(EXAMPLE), "--config", "margin=2"], "'margin' has an option of its own. Say --margin"),
        ([str(EXAMPLE), "--config", "runs=2"], "runs: is not a key of a study"),
        (
            [str(EXAMPLE), "--config", "analysis=3"],
            "analysis: must hold keys and values, got 3.",
        ),
        (
            [str(EXAMPLE), "--config", "metric={name: loss, better: lower, unit: nats}"],
            "margin: must be given for another metric than accuracy.",
        ),
        ([str(EXAMPLE), "--reference", "he", "--config", "epochs=12"], "names the scheme 'he'"),
    ],
)
def test_what_judge_cannot_do_is_one_text_and_no_traceback(words, said, tmp_path, capsys):
    assert main(["judge", *words, "--folder", str(tmp_path / "here")]) == 1
    assert said in capsys.readouterr().err


def test_initialise_lists_the_schemes_with_their_keys(capsys):
    assert main(["initialise", "--list"]) == 0
    printed = capsys.readouterr().out
    assert "xavier_uniform" in printed
    assert "std: Standard deviation." in printed


def test_progress_of_a_folder_without_a_study_says_so(tmp_path, capsys):
    assert main(["progress", str(tmp_path)]) == 1
    assert "this study has not been started here" in capsys.readouterr().err


@pytest.mark.slow
def test_what_pip_installs_has_all_that_the_commands_need(tmp_path):
    """Built and installed from a copy, and run without the repository."""
    source, target = tmp_path / "source", tmp_path / "installed"
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if not name.startswith(("docs/", "tests/", "bench/")) and (REPOSITORY / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, source / name, follow_symlinks=False)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=source, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("biasinit-*.whl")
    with zipfile.ZipFile(wheel) as files:
        files.extractall(target)  # which is all that pip does with it, but for the command's file
    (entries,) = target.glob("*.dist-info/entry_points.txt")
    assert "biasinit = biasinit.__main__:main" in entries.read_text(encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "biasinit", *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    judged = run("judge", str(EXAMPLE), "--config", "epochs=12")
    assert judged.returncode == 0, judged.stdout
    assert (tmp_path / "results" / "judged" / "report.html").exists()
    planned = run("study", "--", "-n")
    assert planned.returncode == 0, planned.stdout
    assert "train" in (tmp_path / "results" / "snakemake.log").read_text(encoding="utf-8")
