"""The version of the code behind a rule: a digest that changes when its meaning can.

Snakemake tracks neither imported modules nor meaning: a ``touch`` or a fresh checkout would
re-train everything, and a changed module nothing. The digest covers the syntax trees of a
script and of all modules of the library that it imports, directly or not, without comments,
docstrings and layout, and C++ sources beside those modules as they stand.
``biasinit.execution`` is left out: it decides how a job runs, never what comes out of it.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

WITHOUT_EFFECT_ON_RESULTS = Path("biasinit/execution")


def code_version(script: Path) -> str:
    """Return the digest of a script and its imports from the folder that the script is in.

    Args:
        script: a Python file; modules are looked up in its folder, as Python does.

    """
    root = script.parent
    digest = hashlib.sha256()
    modules = _closure(script, root)
    others = {path for folder in {path.parent for path in modules} for path in folder.glob("*.cpp")}
    for path in sorted(modules | others):
        if path.relative_to(root).is_relative_to(WITHOUT_EFFECT_ON_RESULTS):
            continue
        digest.update(str(path.relative_to(root)).encode())
        digest.update(_meaning(path).encode() if path in modules else path.read_bytes())
    return digest.hexdigest()[:16]


def _closure(script: Path, root: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting.extend(_imported_files(_tree(path), root))
    return found


def _imported_files(tree: ast.Module, root: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # 'from package import name' may name a module or something inside the package
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
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


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _meaning(path: Path) -> str:
    tree = _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = ast.get_docstring(node, clean=False) is not None
            node.body = node.body[1:] if has_docstring else node.body
    return ast.dump(tree)
