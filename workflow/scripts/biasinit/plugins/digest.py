"""The version of the code behind a rule: a digest that changes when its meaning can.

Snakemake tracks neither imported modules nor meaning: a ``touch`` or a fresh checkout would
re-train everything, and a changed module nothing. The digest covers the syntax trees of a
script and of all modules of the library that it imports, directly or not, without comments,
docstrings and layout, and C++ sources beside those modules as they stand. Modules that a script
finds by name, and not by an import, are named beside it.
``biasinit.execution`` and what it alone imports are left out: it decides how a job runs, never
what comes out of it.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WITHOUT_EFFECT_ON_RESULTS = Path("biasinit/execution")


def code_version(*files: Path, root: Path) -> str:
    """Return the digest of some files and of all that they import below a folder.

    Args:
        files: Python files below ``root``, such as a script and the module that it is to run.
        root: folder that modules are looked up in; of a script its own, as Python does.

    """
    digest = hashlib.sha256()
    modules = _closure(files, root)
    others = {path for folder in {path.parent for path in modules} for path in folder.glob("*.cpp")}
    for path in sorted(modules | others):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(_source(path).meaning.encode() if path in modules else path.read_bytes())
    return digest.hexdigest()[:16]


def _closure(files: Iterable[Path], root: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path in found or path.relative_to(root).is_relative_to(WITHOUT_EFFECT_ON_RESULTS):
            continue
        found.add(path)
        waiting.extend(_imported_files(path, root))
    return found


def _imported_files(path: Path, root: Path) -> Iterator[Path]:
    for name in _source(path).imported:
        yield from _files_of(name, root)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs: each package on the way, and it."""
    place = root
    for part in module.split("."):
        if (place / part).is_dir():
            place = place / part
            if (place / "__init__.py").exists():
                yield place / "__init__.py"
        elif (place / f"{part}.py").exists():
            yield place / f"{part}.py"
            return
        else:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a module imports, and what it means: its syntax tree without docstrings, as text."""

    imported: tuple[str, ...]
    meaning: str


def _source(path: Path) -> _Source:
    return _understood(path.read_text(encoding="utf-8"))


@cache  # by content: the scripts of a workflow share most modules, and every job starts with this
def _understood(text: str) -> _Source:
    tree = ast.parse(text)
    imported = tuple(_imported_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = ast.get_docstring(node, clean=False) is not None
            node.body = node.body[1:] if has_docstring else node.body
    return _Source(imported=imported, meaning=ast.dump(tree))


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            # 'from package import name' may name a module or something inside the package
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
