"""The rules of the house: who imports whom, what is public, what stands nowhere."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys

import pytest
import yaml

from repository import REPOSITORY

SCRIPTS = REPOSITORY / "workflow" / "scripts"
LIBRARY = SCRIPTS / "biasinit"

# each room and the rooms that it may import from
ALLOWED = {
    "errors": set(),
    "files": {"errors"},
    "folders": set(),
    "quantities": set(),
    "verdicts": set(),
    "metric": set(),
    "numbers": set(),
    "streams": set(),
    "processor": set(),
    "specs": {"errors"},
    "vocabulary": {"specs"},
    "plugins": {"errors", "specs"},
    "study": {
        *("errors", "files", "folders", "metric", "plugins", "specs", "verdicts", "vocabulary"),
    },
    "data": {"errors", "folders", "plugins", "specs", "streams"},
    "networks": {"errors", "plugins", "processor", "specs", "streams"},
    "theory": {"data", "networks", "plugins", "specs"},
    "tables": {"errors", "files"},
    # no vocabulary: a new word of studies and reports trains nothing again
    "training": {
        *("data", "errors", "files", "networks", "plugins", "processor", "quantities", "specs"),
        *("streams", "tables"),
    },
    "runs": {"errors", "files", "metric", "numbers", "quantities", "tables", "vocabulary"},
    "statistics": {
        *("errors", "metric", "numbers", "quantities", "runs", "streams", "verdicts"),
        *("vocabulary",),
    },
    "analyses": {"metric", "runs", "statistics", "study", "verdicts", "vocabulary"},
    "reporting": {
        *("analyses", "errors", "files", "metric", "numbers", "quantities", "runs"),
        *("statistics", "study", "verdicts", "vocabulary"),
    },
    "execution": {"errors", "files", "plugins", "processor", "study", "vocabulary"},
    "bringing": {"errors", "execution", "runs", "study", "vocabulary"},
    "inspecting": {"plugins", "specs", "study"},
    "report_files": {"execution", "reporting", "study", "tables"},
    "judging": {
        *("errors", "execution", "files", "report_files", "reporting", "runs", "study", "tables"),
        *("vocabulary", "workflow"),
    },
    # the rooms of the commands, each of which is imported when it is asked for
    "commands": {"errors", "judging", "networks", "plugins", "runs", "specs", "vocabulary"},
    "__main__": {"__version__"},
    "workflow": {
        *("analyses", "bringing", "errors", "execution", "files", "inspecting", "plugins"),
        *("reporting", "runs", "specs", "study", "vocabulary"),
    },
}

# the rooms within statistics, each with those before it that it may import from
STATISTICS = {
    "inference": set(),
    "mixed": {"inference"},
    "paired": {"inference"},
    "accuracy": {"inference", "mixed", "paired"},
    "speed": {"inference", "paired"},
    "failure": {"inference", "paired"},
    "layers": {"inference"},
    "trust": {"inference", "mixed", "paired", "accuracy"},
    "judging": {"inference", "paired", "accuracy", "failure", "trust"},
    "synthesis": {"inference", "paired"},
}


def modules():
    return sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")


def room_of(path):
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def names_imported_by(path):
    """Return the modules that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_imported_by(path):
    return {name.split(".")[1] for name in names_imported_by(path) if name.startswith("biasinit.")}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_point_one_way(path):
    room = room_of(path)
    assert rooms_imported_by(path) <= ALLOWED[room] | {room}


def test_within_statistics_imports_point_one_way():
    rooms = LIBRARY / "statistics"
    assert {path.parent.name for path in rooms.glob("*/*.py")} == set(STATISTICS)
    assert [path.name for path in rooms.glob("*.py")] == ["__init__.py"]
    before = set()
    for room, allowed in STATISTICS.items():
        assert allowed <= before, room
        before.add(room)
        for path in (rooms / room).glob("*.py"):
            parts = [name.split(".") for name in names_imported_by(path)]
            found = {part[2] for part in parts if part[:2] == ["biasinit", "statistics"]}
            assert found <= allowed | {room}, path


def test_a_package_hands_nothing_on():
    """Who imports a module gets that module, and the digest of its code covers no other."""
    for path in LIBRARY.rglob("__init__.py"):
        if path.parent != LIBRARY:
            assert ast.parse(path.read_text(encoding="utf-8")).body[1:] == [], path


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("biasinit", "torch"),
        ("biasinit.study.reading", "torch"),
        ("biasinit.study.plan", "torch"),
        ("biasinit.reporting.index", "pandas"),
        ("biasinit.reporting.facts", "pandas"),
        ("biasinit.reporting.page.page", "torch"),
        ("biasinit.statistics.judging.schemes", "torch"),
        ("biasinit.training.loop", "pydantic"),
        ("biasinit.training.loop", "sklearn"),
        # every process of Snakemake imports it, those within jobs included
        ("snakemake_logger_plugin_biasinit", "biasinit"),
    ],
)
def test_a_module_is_usable_without(module, forbidden):
    code = f"import sys, {module}; sys.exit({forbidden!r} in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(LIBRARY)))
def test_the_library_never_sees_snakemake(path):
    names = {
        node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)
    }
    assert "snakemake" not in names


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.name)
def test_a_script_is_thin_and_touches_snakemake_under_its_guard_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 1
    outside = [node for node in tree.body if not isinstance(node, ast.If)]
    names = {node.id for part in outside for node in ast.walk(part) if isinstance(node, ast.Name)}
    assert "snakemake" not in names


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "bench").rglob("*.py")), ids=lambda path: path.name
)
def test_what_a_benchmark_takes_from_the_library_is_there(path):
    """Benchmarks run rarely, and would else be the last to hear of a new name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("biasinit."):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")


def rules_files():
    return sorted((REPOSITORY / "workflow" / "rules").glob("*.smk"))


def test_every_rule_has_a_script_of_its_name_and_all_analyses_have_one():
    rules = set()
    for path in rules_files():
        lines = path.read_text(encoding="utf-8").splitlines()
        rules |= {line.split()[1].rstrip(":") for line in lines if line.startswith("rule ")}
    assert rules | {"analyse"} == {path.stem for path in SCRIPTS.glob("*.py")}


def test_the_parser_of_the_workflow_needs_no_package_of_its_jobs():
    """Every job parses the workflow again: what it imports is waited for that often."""
    imported = [
        ast.unparse(node)
        for path in [REPOSITORY / "workflow" / "Snakefile", *rules_files()]
        for node in imports_in(path)
        if "biasinit" in ast.unparse(node)
    ]
    assert any("biasinit.workflow" in line for line in imported)
    lines = [*imported, "from biasinit.analyses.index import all_analyses", "all_analyses()"]
    heavy = ("torch", "matplotlib", "seaborn", "statsmodels", "scipy", "sklearn", "pandas")
    code = "\n".join(["import sys", *lines, f"print(set(sys.modules) & set({heavy}))"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "set()"


def imports_in(path):
    """Yield the import statements of a file of Snakemake's language, which is not quite Python."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^(from|import) .*?(\(.*?\)|$)", text, re.MULTILINE | re.DOTALL):
        yield ast.parse(match.group(0)).body[0]


def pins():
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def test_the_conda_environment_has_the_pins_of_the_lock():
    environment = yaml.safe_load((REPOSITORY / "envs" / "biasinit.yaml").read_text())
    found = dict(entry.split(" =") for entry in environment["dependencies"])
    assert found.pop("python") == "3.11"
    found["torch"] = found.pop("pytorch")
    asked = (REPOSITORY / "requirements.in").read_text(encoding="utf-8").splitlines()
    direct = {line.split("#")[0].split("==")[0].strip() for line in asked} - {"", "snakemake"}
    assert found == {name: pins()[name] for name in direct}


def test_every_dependency_has_a_reason_or_a_pin_of_its_own():
    for name in ("requirements.in", "requirements-dev.in", "requirements-cluster.in"):
        for line in (REPOSITORY / name).read_text(encoding="utf-8").splitlines():
            assert line.startswith(("#", "-r")) or "#" in line or "==" in line, line


# what runs the study without being imported, and why it is needed
NOT_IMPORTED = {
    "snakemake": "runs the workflow",
    "pygments": "colours code in Snakemake's own report",
}


def test_every_dependency_is_imported_or_says_why_not():
    lines = (REPOSITORY / "requirements.in").read_text(encoding="utf-8").splitlines()
    asked = {line.split("#")[0].split("==")[0].strip() for line in lines} - {""}
    distributions = importlib.metadata.packages_distributions()
    used = {
        distribution.lower()
        for path in SCRIPTS.rglob("*.py")
        for module in imported_modules(path)
        for distribution in distributions.get(module.split(".")[0], ())
    }
    assert asked - used == set(NOT_IMPORTED)


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_lock_names_no_host_and_no_local_build():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-cluster.txt"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "+cpu" not in text


def test_no_two_modules_of_the_tests_share_a_name():
    """Python would import one of them for both."""
    names = [path.name for path in (REPOSITORY / "tests").rglob("*.py")]
    repeated = {name for name in names if names.count(name) > 1} - {"conftest.py"}
    assert names
    assert repeated == set()
