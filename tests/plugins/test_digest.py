from pathlib import Path

import pytest

from biasinit.plugins.digest import code_version
from repository import REPOSITORY

SCRIPTS = REPOSITORY / "workflow" / "scripts"


@pytest.fixture
def folder(tmp_path) -> Path:
    package = tmp_path / "library"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text('"""Doc."""\nVALUE = 1\n')
    (package / "outer.py").write_text("from library.inner import VALUE\n")
    (package / "unused.py").write_text("OTHER = 1\n")
    (tmp_path / "script.py").write_text(
        "import os\nfrom biasinit.execution import job\nfrom library import outer\n\n\n"
        'def run():\n    """Doc."""\n    return outer\n'
    )
    (tmp_path / "biasinit" / "execution").mkdir(parents=True)
    (tmp_path / "biasinit" / "execution" / "job.py").write_text("import of_jobs\n")
    (tmp_path / "of_jobs.py").write_text("SECONDS = 1\n")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("script.py", "import os\n", "import os  # a comment\n\n\n"),
        ("script.py", '"""Doc."""', '"""Another text."""'),
        ("library/inner.py", '"""Doc."""\n', ""),
        ("library/unused.py", "OTHER = 1", "OTHER = 2"),
        ("biasinit/execution/job.py", "import of_jobs", "import of_jobs as other"),
        ("of_jobs.py", "SECONDS = 1", "SECONDS = 2"),
    ],
    ids=[
        "comment",
        "docstring",
        "module docstring",
        "a module that is not imported",
        "how jobs run",
        "what only running jobs uses",
    ],
)
def test_what_changes_no_meaning_changes_no_version(file, old, new, folder):
    before = code_version(folder / "script.py", root=folder)
    edit(folder / file, old, new)
    assert code_version(folder / "script.py", root=folder) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("script.py", "return outer", "return None"),
        ("library/inner.py", "VALUE = 1", "VALUE = 2"),
        ("library/__init__.py", "", "import os\n"),
    ],
    ids=["the script", "a module imported by an imported one", "a package on the way"],
)
def test_what_changes_meaning_changes_the_version(file, old, new, folder):
    before = code_version(folder / "script.py", root=folder)
    edit(folder / file, old, new)
    assert code_version(folder / "script.py", root=folder) != before


def test_a_module_that_is_looked_up_by_name_counts_where_it_is_named(folder):
    files = folder / "script.py", folder / "library" / "unused.py"
    before = code_version(*files, root=folder)
    edit(folder / "library" / "unused.py", "OTHER = 1", "OTHER = 2")
    assert code_version(*files, root=folder) != before


def test_touching_a_file_changes_nothing(folder):
    before = code_version(folder / "script.py", root=folder)
    (folder / "library" / "inner.py").touch()
    assert code_version(folder / "script.py", root=folder) == before


def test_training_does_not_depend_on_analysis_config_or_reporting():
    import biasinit.plugins.digest as module

    closure = {
        path.relative_to(SCRIPTS).as_posix()
        for path in module._closure([SCRIPTS / "train.py"], SCRIPTS)
    }
    assert "biasinit/training/engines/members.py" in closure
    assert "biasinit/networks/convolutional.py" in closure
    for forbidden in ("study", "statistics", "reporting", "runs"):
        assert not any(path.startswith(f"biasinit/{forbidden}") for path in closure), forbidden
