"""The version of the code behind a rule: a digest that changes when what comes out can.

Snakemake tracks neither imported modules nor meaning: a ``touch`` or a fresh checkout would
re-train everything, and a changed module nothing. The digest covers the syntax trees of a
script and of all modules that it imports, directly or not, and C++ sources beside those modules
as they stand. What a script looks up by name, and does not import, is named beside it: the kinds
of schemes, networks and data sets that a job uses.

Left out is what changes no result: comments, docstrings, layout, the words of errors and of
meanings, types alone, and the modules in ``WITHOUT_EFFECT``.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from biasinit.plugins.references import Reference

WITHOUT_EFFECT = (
    Path("biasinit/__init__.py"),  # the version of the program
    Path("biasinit/execution"),  # how a job runs, never what comes out of it
    Path("biasinit/errors.py"),
    Path("biasinit/plugins/registry.py"),  # kinds that a job uses are named beside its script
    # keys with limits and defaults: every value that a job uses is in its params
    Path("biasinit/specs/limits.py"),
    Path("biasinit/specs/training.py"),
    Path("biasinit/specs/optimizer.py"),
    Path("biasinit/specs/datasets/base.py"),
)


def code_version(*files: Path, root: Path) -> str:
    """Return the digest of some files and of all that they import below a folder.

    Args:
        files: Python files below ``root``, such as a script and the module that it is to run.
        root: folder that modules are looked up in; of a script its own, as Python does.

    """
    return _digest(files, (root,))


def own_code_version(reference: Reference, *, root: Path) -> str:
    """Return the version of a user's own object; nothing of it is imported.

    Of a file it is the digest of that file and of what it imports beside it or from our library.
    Of a module it is the versions of the packages that it is from; where none is installed, the
    digest of its source.

    Args:
        reference: where the object stands, with a file as it is found from here.
        root: folder of our library.

    """
    if reference.file is not None:
        return _digest([reference.file], (reference.file.parent, root))
    package = reference.place.split(".")[0]
    installed = metadata.packages_distributions().get(package, [])
    if installed:
        return " ".join(f"{name}=={metadata.version(name)}" for name in sorted(set(installed)))
    found = importlib.util.find_spec(package)  # of a package on top: nothing is imported for it
    if found is None or found.origin is None:
        return "not on this machine"
    place = Path(found.origin)
    folder = place.parent.parent if found.submodule_search_locations else place.parent
    return _digest(_files_of(reference.place, (folder,)), (folder, root))


def _digest(files: Iterable[Path], roots: tuple[Path, ...]) -> str:
    modules = _closure(files, roots)
    folders = {path.parent for path in modules}
    others = {path: name for path, name in _beside(folders, roots) if path not in modules}
    digest = hashlib.sha256()
    for path, name in sorted((modules | others).items(), key=lambda item: str(item[1])):
        digest.update(str(name).encode())
        digest.update(_source(path).meaning.encode() if path in modules else path.read_bytes())
    return digest.hexdigest()[:16]


def _beside(folders: Iterable[Path], roots: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    """Yield C++ sources in some folders, and the name that each counts by."""
    for folder in folders:
        yield from ((path, _name(path, roots)) for path in folder.glob("*.cpp"))


def _closure(files: Iterable[Path], roots: tuple[Path, ...]) -> dict[Path, Path]:
    """Return files and all that they import, each with the name that it counts by."""
    found: dict[Path, Path] = {}
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        name = _name(path, roots)
        if path in found or any(name.is_relative_to(place) for place in WITHOUT_EFFECT):
            continue
        found[path] = name
        waiting.extend(_imported_files(path, roots))
    return found


def _name(path: Path, roots: tuple[Path, ...]) -> Path:
    """Return a path below the first root that holds it, so that a folder may move."""
    return next(path.relative_to(root) for root in roots if path.is_relative_to(root))


def _imported_files(path: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    for imported in _source(path).imported:
        if imported.level:  # within a package: 'from .module import name'
            yield from _files_of(imported.name, (path.parents[imported.level - 1],))
        else:
            yield from _files_of(imported.name, roots)


def _files_of(module: str, roots: tuple[Path, ...]) -> list[Path]:
    """Return the files that importing a dotted name runs: each package on the way, and it."""
    found = (list(_files_below(root, module)) for root in roots)
    return next((files for files in found if files), [])


def _files_below(root: Path, module: str) -> Iterator[Path]:
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


@dataclass(frozen=True, slots=True)
class _Import:
    """A dotted name, and how many packages up it is looked for: 0 looks from the top."""

    name: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a module imports, and what it means: its syntax tree without words, as text."""

    imported: tuple[_Import, ...]
    meaning: str


def _source(path: Path) -> _Source:
    return _understood(path.read_text(encoding="utf-8"))


@cache  # by content: the scripts of a workflow share most modules, and every job starts with this
def _understood(text: str) -> _Source:
    tree = _WithoutWords().visit(ast.parse(text))
    return _Source(imported=tuple(_imports(tree)), meaning=ast.dump(tree))


def _imports(tree: ast.Module) -> Iterator[_Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_Import(alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield _Import(node.module, node.level)
            # 'from package import name' may name a module or something inside the package
            inside = (".".join(filter(None, (node.module, alias.name))) for alias in node.names)
            yield from (_Import(name, node.level) for name in inside)


class _WithoutWords(ast.NodeTransformer):
    """Takes out of a syntax tree what people read and no result depends on."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Return a node without its docstring."""
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = ast.get_docstring(node, clean=False) is not None
            node.body = node.body[1:] if has_docstring else node.body
        return super().generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Return a condition, without what is there for the checker of types alone."""
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Return a raised error without what it says."""
        return _wordless(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Return a call without what it says of a problem with a key, or of a key's meaning."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "Problem":
            return _wordless(node)
        if name == "key":
            node.args = [_wordless(argument) for argument in node.args]
        return self.generic_visit(node)


AnyNode = TypeVar("AnyNode", bound=ast.AST)


def _wordless(node: AnyNode) -> AnyNode:
    """Return a node with every text in it empty."""
    found: AnyNode = _Wordless().visit(node)
    return found


class _Wordless(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
        return ast.Constant("")
