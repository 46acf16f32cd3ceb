"""From a reference to the object itself; only here is the code of a user imported."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from biasinit.errors import OwnCodeError
from biasinit.plugins.references import Reference


@cache  # a file is run once
def resolve(text: str) -> Any:  # noqa: ANN401  # whatever stands there
    """Return the object that a reference leads to.

    Raises:
        OwnCodeError: its file or module is not there, cannot be imported, or lacks the object.

    """
    reference = Reference.of(text)
    module = _module(reference) if reference.file is None else _module_of_file(reference)
    try:
        return getattr(module, reference.attribute)
    except AttributeError:
        names = [name for name in vars(module) if not name.startswith("_")]
        raise OwnCodeError(
            f"'object: {reference}': {reference.place} has no {reference.attribute!r}; it has "
            f"{', '.join(names) or 'nothing'}. Name one of these."
        ) from None


def _module(reference: Reference) -> ModuleType:
    try:
        return importlib.import_module(reference.place)
    except Exception as error:
        raise _not_imported(reference, error) from error


def _module_of_file(reference: Reference) -> ModuleType:
    path = Path(reference.place).absolute()
    if not path.is_file():
        raise OwnCodeError(
            f"'object: {reference}': the file {path} is not there. Name one relative to the folder "
            "of the study file; without a study file, to the working directory."
        )
    # by its path, so that a file may have the name of a module that is there already
    specification = importlib.util.spec_from_file_location(f"file {path}", path)
    if specification is None or specification.loader is None:
        raise AssertionError(f"{path} ends in .py, as its reference was checked to.")
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        with _importing_beside(path):
            specification.loader.exec_module(module)
    except Exception as error:
        raise _not_imported(reference, error) from error
    return module


@contextmanager
def _importing_beside(path: Path) -> Iterator[None]:
    """Let a file import what stands beside it, as a script does; afterwards, all others first.

    A file beside it that has the name of a module of a library must not be taken for that module.
    """
    folder = str(path.parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def _not_imported(reference: Reference, error: Exception) -> OwnCodeError:
    return OwnCodeError(
        f"'object: {reference}': {reference.place} cannot be imported ({said(error)}). Mend it, or "
        "name another."
    )


def said(error: Exception) -> str:
    """Return the kind of an error and what it says, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
