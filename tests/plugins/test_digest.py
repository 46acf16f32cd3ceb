import ast
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from biasinit.plugins import digest
from biasinit.plugins.digest import code_version, own_code_version
from biasinit.plugins.references import Reference
from biasinit.plugins.registry import DATASETS, NETWORKS, SCHEMES
from repository import REPOSITORY

SCRIPTS = REPOSITORY / "workflow" / "scripts"
FAMILIES = (SCHEMES, NETWORKS, DATASETS)


LIBRARY = {
    "script.py": """
        import os
        from typing import TYPE_CHECKING

        from biasinit.execution import job
        from library import outer

        if TYPE_CHECKING:
            from library.types_alone import Shape


        def run(size: "Shape"):
            \"\"\"Doc.\"\"\"
            if size < 0:
                raise ValueError(f"size must not be {size}: " "it is below 0")
            return outer
        """,
    "library/__init__.py": "",
    "library/inner.py": """
        \"\"\"Doc.\"\"\"
        from biasinit.specs.training import Training

        VALUE = 1
        """,
    "library/outer.py": """
        from library.inner import VALUE

        KEY = key("Words.", left_out_at="none")
        PROBLEM = Problem(key="a", what="is wrong.", mend="")
        """,
    "library/unused.py": "OTHER = 1",
    "library/types_alone.py": "Shape = int",
    "biasinit/__init__.py": "__version__ = '1'",
    "biasinit/execution/job.py": "import of_jobs",
    "biasinit/specs/training.py": "class Training:\n    epochs: int = 3",
    "of_jobs.py": "SECONDS = 1",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text).lstrip())
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    return written(tmp_path, LIBRARY)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


WITHOUT_MEANING = {
    "a comment": ("script.py", "import os\n", "import os  # a comment\n\n\n"),
    "a docstring": ("script.py", '"""Doc."""', '"""Another text."""'),
    "a docstring of a module": ("library/inner.py", '"""Doc."""\n', ""),
    "what an error says": ("script.py", "it is below 0", "it is too small"),
    "what an error says of a value": ("script.py", "must not be {size}", "is {size}"),
    "what is said of a problem": ("library/outer.py", "is wrong.", "is not right."),
    "what a key means": ("library/outer.py", "Words.", "Other words."),
    "types alone": ("library/types_alone.py", "int", "float"),
    "a module that is not imported": ("library/unused.py", "OTHER = 1", "OTHER = 2"),
    "the version of the program": ("biasinit/__init__.py", "'1'", "'2'"),
    "how jobs run": ("biasinit/execution/job.py", "import of_jobs", "import of_jobs as other"),
    "what only running jobs uses": ("of_jobs.py", "SECONDS = 1", "SECONDS = 2"),
    "a default, whose value is in the params": ("biasinit/specs/training.py", "= 3", "= 4"),
}


@pytest.mark.parametrize("case", WITHOUT_MEANING)
def test_what_changes_no_meaning_changes_no_version(case, folder):
    file, old, new = WITHOUT_MEANING[case]
    before = code_version(folder / "script.py", root=folder)
    edit(folder / file, old, new)
    assert code_version(folder / "script.py", root=folder) == before


WITH_MEANING = {
    "the script": ("script.py", "return outer", "return None"),
    "a condition of an error": ("script.py", "size < 0", "size < 1"),
    "the kind of an error": ("script.py", "raise ValueError", "raise TypeError"),
    "a module imported by an imported one": ("library/inner.py", "VALUE = 1", "VALUE = 2"),
    "a package on the way": ("library/__init__.py", "", "import os\n"),
    "the value at which a key is left out": ("library/outer.py", '"none"', '"all"'),
}


@pytest.mark.parametrize("case", WITH_MEANING)
def test_what_changes_meaning_changes_the_version(case, folder):
    file, old, new = WITH_MEANING[case]
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


def imported_by(script: str) -> set[str]:
    found = digest._closure([SCRIPTS / script], (SCRIPTS,))
    return {str(name).removeprefix("biasinit/") for name in found.values()}


def test_training_does_not_depend_on_analysis_config_or_reporting():
    found = imported_by("train.py")
    assert "training/engines/members.py" in found
    assert "networks/layers.py" in found
    for forbidden in ("study", "statistics", "reporting", "runs", "vocabulary", "errors"):
        assert not any(path.startswith(forbidden) for path in found), forbidden


@pytest.mark.parametrize("script", ["train.py", "prepare_data.py", "predict_layers.py"])
def test_a_script_imports_no_kind_but_looks_up_those_that_it_uses(script):
    found = imported_by(script)
    kinds = {Reference.of(place).place for family in FAMILIES for place in family.values()}
    files = {f"{place.replace('.', '/')}.py".removeprefix("biasinit/") for place in kinds}
    assert not files & found
    assert "plugins/registry.py" not in found


@pytest.mark.parametrize("module", ["training", "optimizer"])
def test_a_module_of_keys_that_no_version_covers_holds_keys_alone(module):
    tree = ast.parse((SCRIPTS / "biasinit" / "specs" / f"{module}.py").read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert classes
    for node in [part for found in classes for part in found.body[1:]]:
        assert isinstance(node, ast.AnnAssign), ast.unparse(node)
    others = (ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
    assert all(isinstance(node, others) for node in tree.body)


OWN = {
    "mine.py": """
        import shared
        from parts.one import ONE


        def biases(layer, rng):
            return shared.VALUE
        """,
    "shared.py": "VALUE = 1",
    "parts/__init__.py": "",
    "parts/one.py": "from .two import TWO as ONE",
    "parts/two.py": "TWO = 2",
    "unused.py": "OTHER = 1",
}


def version_of(text: str, folder: Path) -> str:
    return own_code_version(Reference.of(text).seen_from(folder), root=SCRIPTS)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("mine.py", "shared.VALUE", "2 * shared.VALUE"),
        ("shared.py", "VALUE = 1", "VALUE = 3"),
        ("parts/two.py", "TWO = 2", "TWO = 3"),
    ],
    ids=["the file", "what it imports beside it", "what a package beside it imports within itself"],
)
def test_a_users_own_code_is_its_file_and_what_it_imports_beside_it(file, old, new, tmp_path):
    folder = written(tmp_path, OWN)
    before = version_of("mine.py:biases", folder)
    edit(folder / "unused.py", "OTHER = 1", "OTHER = 2")
    edit(folder / "mine.py", "import shared", "import shared  # a comment")
    assert version_of("mine.py:biases", folder) == before
    edit(folder / file, old, new)
    assert version_of("mine.py:biases", folder) != before


def test_a_users_own_code_is_the_same_in_another_folder(tmp_path):
    one, other = (written(tmp_path / name, OWN) for name in ("one", "other"))
    assert version_of("mine.py:biases", one) == version_of("mine.py:biases", other)


def test_what_a_users_code_takes_from_the_library_counts(tmp_path):
    plain = written(tmp_path / "plain", {"mine.py": "import math"})
    taking = written(tmp_path / "taking", {"mine.py": "import biasinit.specs.schemes.normal"})
    names = {
        str(name)
        for folder in (plain, taking)
        for name in digest._closure([folder / "mine.py"], (folder, SCRIPTS)).values()
    }
    assert "biasinit/specs/schemes/normal.py" in names


def test_an_installed_package_counts_by_its_version_and_is_not_imported():
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from biasinit.plugins.digest import own_code_version\n"
        "from biasinit.plugins.references import Reference\n"
        "print(own_code_version(Reference.of('sklearn.datasets:load_wine'), root=Path()))\n"
        "sys.exit('sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"scikit-learn=={metadata.version('scikit-learn')}"


def test_a_module_of_ones_own_that_no_package_installed_counts_by_its_source(tmp_path, monkeypatch):
    written(tmp_path, {"loose/__init__.py": "", "loose/inner.py": "VALUE = 1"})
    monkeypatch.syspath_prepend(tmp_path)
    before = version_of("loose.inner:VALUE", tmp_path)
    edit(tmp_path / "loose" / "inner.py", "VALUE = 1", "VALUE = 2")
    assert version_of("loose.inner:VALUE", tmp_path) != before
    assert "loose" not in sys.modules


def test_a_module_that_is_not_here_has_a_version_all_the_same():
    assert version_of("not_installed_anywhere.inner:f", Path()) == "not on this machine"
