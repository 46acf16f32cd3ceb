"""Every script in bench/ runs; what it measures is no matter here."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from biasinit.tables import read_table, write_table
from repository import MEASURED, REPOSITORY
from workspace import Workspace

BENCH = REPOSITORY / "bench"
PUBLISHED = MEASURED / "digits" / "runs.parquet"
FOLDERS = (
    "workflow/scripts",
    "tests",
    "tests/reporting",
    "bench/training",
    "bench/gpu",
)  # what the scripts' docstrings name


@dataclass(frozen=True)
class Smoke:
    """The least that a script can do: its options, what it prints, and what its JSON must hold."""

    options: tuple[str, ...] = ()
    prints: str = ""
    writes: tuple[str, ...] = ()
    status: tuple[int, ...] = (0,)
    needs: Callable[[], bool] = lambda: True  # without it `prints_without` says what is missing
    prints_without: str = ""
    tables: tuple[str, ...] = ()  # blocks that bench/tables.py makes of what it writes


def r_has(*packages):
    """Whether R is here, with these packages."""
    if shutil.which("Rscript") is None:
        return False
    code = " ".join(f"library({name});" for name in packages)
    return subprocess.run(["Rscript", "-e", code], capture_output=True, check=False).returncode == 0


CPU = partial(Smoke, prints="median")
BRIEFLY = ("--rounds", "1", "--seconds", "0.05")
SHORTLY = ("--epochs", "1", "--repeats", "1")
SMOKES = {
    "chaos.py": [
        Smoke(("--studies", "1", "--strikes", "2", "--output", "{output}"), writes=("seed",))
    ],
    "tables.py": [Smoke(("--check",))],
    "statistics/new_condition.py": [Smoke(("--tables", "2"), prints="| 12 | 3 |")],
    "statistics/published_again.py": [Smoke(("--only", "symmetry"), prints="symmetry/verdicts: ")],
    "statistics/r_check.py": [
        Smoke(
            ("{runs}",),
            prints="0 without a counterpart",
            needs=lambda: r_has("lme4", "lmerTest", "emmeans", "nlme"),
            prints_without="R lacks ",
        )
    ],
    "statistics/shared_seeds.py": [
        Smoke(("--tables", "4"), prints="SE / SD", status=(0, 1))  # four tables miss the bar
    ],
    "statistics/shared_starts.py": [Smoke(prints="| bias_rate | optimizer |")],
    "statistics/ten_thousand_runs.py": [Smoke(("--seeds", "4"), prints="400 runs")],
    "statistics/tuned_rates.py": [Smoke(("--tables", "2"), prints="| case |")],
    "statistics/verdict_moves.py": [Smoke(("HEAD",), prints="published verdicts moved")],
    "statistics/verdict_simulation.py": [
        Smoke(
            ("--tables", "1", "--cases", "null, 1 % of runs fail", "--output", "{output}"),
            writes=("bars",),
        )
    ],
    "gpu/descriptions.py": [Smoke(("--check",))],
    "gpu/parts.py": [
        Smoke(
            ("limits", "--device", "cpu", "--seconds", "5", "--output", "{output}"),
            writes=("matrix product, float32", "copy, bytes read and written"),
        )
    ],
    "gpu/measure.py": [
        Smoke(("--device", "cpu", "--part", "limits", "--output", "{folder}"), prints="Limits: ")
    ],
    "gpu/run.sh": [
        Smoke(
            ("--device", "cpu", "--output", "{folder}", "--seconds", "480"),
            prints="A study through Snakemake, two jobs to a device: 24 runs",
        )
    ],
    "reporting/opening.py": [
        Smoke(
            prints="thirty schemes",
            needs=lambda: shutil.which("chromium") is not None,
            prints_without="No Chromium found",
        )
    ],
    "workflow/dry_run.py": [Smoke(("--seeds-per-shard", "100"), prints="| 100 | 100 |")],
    "workflow/overhead.py": [
        Smoke(("{study}", "{log}"), prints="of core time", status=(0, 1))  # a tiny study misses it
    ],
    "workflow/quick_tries.py": [
        Smoke(("output_prior", "--output", "{output}"), writes=("output_prior",), status=(0, 1))
    ],
    "training/cpu.py": [
        CPU(
            (
                *("--part", "digits, batch 64", *BRIEFLY, "--output", "{output}"),
                *("--contestants", "float32", "copy"),
            ),
            tables=("steady",),
        ),
        CPU(
            ("--part", "resnet-8", *BRIEFLY, "--output", "{output}", "--contestants", "ours"),
            prints="resnet-8",
            tables=("steady",),
        ),
        CPU(
            ("--part", "two cores", *BRIEFLY, "--output", "{output}"),
            tables=("steady",),
        ),
        Smoke(
            ("--part", "end to end", "--seeds", "21", *SHORTLY, "--output", "{output}"),
            prints="one process per run",
            tables=("end_to_end",),
        ),
        Smoke(
            ("--part", "evaluation", "--seeds", "10", *SHORTLY, "--output", "{output}"),
            prints="MiB for each further member",
            tables=("evaluation",),
        ),
    ],
    "training/growth.py": [
        Smoke(
            ("--smallest", *BRIEFLY, "--output", "{output}"),
            prints="recommended",
            tables=("growth",),
        ),
        Smoke(("--part", "runs", "--smallest", *BRIEFLY, "--output", "{output}"), writes=("runs",)),
    ],
    "training/loading.py": [
        Smoke(
            ("--networks", "small_cnn", "--repeats", "1", "--output", "{output}"),
            writes=("small_cnn",),
            status=(0, 1),  # 1 says that this machine is slower than the bar
        )
    ],
    "training/null_check.py": [
        Smoke(("--seeds", "4", "--output", "{output}"), tables=("null_check",))
    ],
    "training/one_run.py": [Smoke(("1", "{output}"), writes=("accuracy", "curve"))],
    "training/serial_cost.py": [
        Smoke(
            ("--turns", "1", "--steps", "1", "--networks", "resnet-8", "--output", "{output}"),
            tables=("serial_cost",),
        )
    ],
    "training/worker.py": [
        # waits for lines; here it gets none
        Smoke(("conv 16-32-64", "plain, channels-last", "64", "0.05"), prints="ready")
    ],
}


def scripts():
    """Return what can be run in bench/, relative to it."""
    python = [path for path in BENCH.rglob("*.py") if "__main__" in path.read_text("utf-8")]
    return {str(path.relative_to(BENCH)) for path in [*python, *BENCH.rglob("*.sh")]}


def test_every_script_has_a_smoke_run():
    assert set(SMOKES) == scripts()


def run(script, *options, first=None):
    program = [sys.executable] if script.endswith(".py") else ["bash"]
    before = [] if first is None else [str(first)]
    folders = os.pathsep.join([*before, *(str(REPOSITORY / folder) for folder in FOLDERS)])
    return subprocess.run(
        [*program, str(BENCH / script), *options],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHON": sys.executable, "PYTHONPATH": folders},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=540,
        check=False,
    )


@pytest.fixture(scope="module")
def tables():
    """The module that writes the tables of measured figures."""
    spec = importlib.util.spec_from_file_location("tables", BENCH / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_has_its_place(tables):
    text = "".join(page.read_text(encoding="utf-8") for page in tables.PAGES)
    assert sorted(re.findall(r"<!-- begin (\S+) -->", text)) == sorted(tables.BLOCKS)


def test_no_table_differs_from_what_was_measured(tables, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tables.py", "--check"])
    assert tables.main() == 0, capsys.readouterr().out


def test_what_a_gpu_trains_is_described_as_a_study_describes_it():
    """`python bench/gpu/descriptions.py` writes it."""
    done = run("gpu/descriptions.py", "--check")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_table_of_shared_starts_is_what_its_script_prints():
    done = run("statistics/shared_starts.py")
    assert done.stdout.strip() in (BENCH / "statistics/README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_gpu_is_checked_with_torch_numpy_pandas_and_pyarrow_alone(tmp_path):
    """What needs more is left out with a line."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "others = ('sklearn', 'scipy', 'pydantic', 'snakemake', 'yaml', 'filelock', 'pooch')\n"
        "sys.modules.update({name: None for name in others})\n"
    )
    done = run("gpu/measure.py", "--device", "cpu", "--output", str(tmp_path), first=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "agreement: left out, without sklearn, scipy" in done.stdout
    assert "study: left out, without snakemake, pydantic" in done.stdout
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))["parts"]
    assert not any("failed" in part for part in found.values())
    assert {"limits", "contract", "speed", "jobs"} <= set(found)


@pytest.fixture
def few_runs(tmp_path):
    """A table of the published runs of a few seeds at one learning rate."""
    runs = read_table(PUBLISHED)
    chosen = (runs["seed"] < 6) & (runs["learning_rate"] == runs["learning_rate"].max())
    path = tmp_path / "runs.parquet"
    write_table(runs[chosen].reset_index(drop=True), path)
    return path


@pytest.fixture(scope="module")
def finished_study(tmp_path_factory):
    """A tiny study from nothing to its report, as ``make study`` runs it."""
    workspace = Workspace.fresh(tmp_path_factory.mktemp("finished"))
    command = [sys.executable, "-m", "biasinit.execution.launch", "--study", "tiny.yaml"]
    done = subprocess.run(
        command,
        cwd=workspace.folder,
        env=workspace.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "smoke"),
    [
        pytest.param(script, smoke, id=" ".join([script, *smoke.options[:2]]))
        for script, smokes in SMOKES.items()
        for smoke in smokes
    ],
)
def test_a_benchmark_runs(script, smoke, tmp_path, request, tables, monkeypatch):
    output = tmp_path / "found.json"
    values = {"output": output, "folder": tmp_path}
    if "{study}" in smoke.options:
        workspace = request.getfixturevalue("finished_study")
        values |= {"study": workspace.results, "log": workspace.folder / "results/snakemake.log"}
    if "{runs}" in smoke.options:
        values["runs"] = request.getfixturevalue("few_runs")
    options = [option.format(**values) for option in smoke.options]
    done = run(script, *options)
    if not smoke.needs():
        assert smoke.prints_without in done.stdout
        assert done.returncode != 0
        return
    assert done.returncode in smoke.status, done.stdout
    assert "Traceback" not in done.stdout
    assert smoke.prints in done.stdout
    if smoke.tables:
        monkeypatch.setattr(tables, "TRAINING", tmp_path)
        output.rename(tmp_path / f"{Path(script).stem}.json")
        assert all("\n| --- |" in tables.BLOCKS[name]() for name in smoke.tables)
        if "growth" in smoke.tables:
            panels = tables.growth_figure(tables.stored("growth")).count('id="growth-axes_')
            assert panels == len(sys.modules["growth_figure"].TITLES)
        return
    if smoke.writes:
        assert set(smoke.writes) <= set(json.loads(output.read_text(encoding="utf-8")))
