"""Programs of the compiled engine on a CPU: made once, kept in files, and found without tracing.

A *program* is a function of tensors, traced for arguments of one shape. Two forms are kept:

* a *package* is machine code that PyTorch's compiler makes of the graph (some ten seconds, once);
  training steps are run by it;
* a *script* is the graph itself, run operation by operation (a fraction of a second, once); the
  matrix products and native kernels in it are the same, so evaluations and probes, which are rare,
  are run by it.

A file is found by a key that takes in all that decides a program: shapes of the arguments, what
the function is made of, the source of what is traced, and the machine. Nothing of PyTorch's
compiler is imported where the file is there.
"""

import functools
import hashlib
import json
import logging
import math
import os
import platform
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
import torch.fx._pytree
from torch import Tensor
from torch.utils._pytree import (
    TreeSpec,
    tree_flatten,
    tree_unflatten,
    treespec_loads,
)

from biasinit.errors import CompilerError
from biasinit.networks.native_library import compiler
from biasinit.processor import cache_folder, processor_digest

LIBRARY = Path(__file__).parents[2]
TRACED = ("networks", "specs", "training")  # packages of the library that decide a graph
SUFFIXES = (".py", ".cpp")
# what else PyTorch's compiler reads of the environment
VARIABLES = ("AOT_INDUCTOR_", "ATEN_CPU_CAPABILITY", "TORCHINDUCTOR_CPP_", "TORCHINDUCTOR_VEC_")
OUTPUTS = "biasinit_outputs"  # the structure of what a program returns, as a package notes it
# what the text of any graph may name, as ``torch.fx`` writes it
SCRIPT_GLOBALS = {
    "NoneType": type(None),
    "device": torch.device,
    "fx_pytree": torch.fx._pytree,
    "inf": math.inf,
    "nan": math.nan,
    "pytree": torch.utils._pytree,
    "torch": torch,
}

Form = Literal["package", "script"]
Leaves = list[Tensor | None]
Signature = tuple[tuple[torch.dtype, torch.Size, tuple[int, ...]] | None, ...]

log = logging.getLogger(__name__)


class _Loaded(Protocol):
    outputs: TreeSpec

    def __call__(self, leaves: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return all tensors that the program returns; arguments may be changed in place."""


class Program:
    """A function of tensors that is run as what was made of it.

    ``compiling_seconds`` is what making and loading took so far.
    """

    def __init__(
        self, function: Callable[..., Any], *, name: str, form: Form, decided_by: str
    ) -> None:
        """Take a function, and all that its graph depends on besides the arguments' shapes.

        Args:
            function: of tensors in tuples and mappings, None among them; it may change them.
            name: that tells it from other functions of the same members.
            form: what is made of it.
            decided_by: the constants that it is traced with, as text.

        """
        self._function = function
        self._name = name
        self._form: Form = form
        self._decided_by = decided_by
        self._loaded: _Loaded | None = None
        self._made_for: tuple[Signature, TreeSpec] | None = None
        self.compiling_seconds = 0.0

    def __call__(self, *arguments: object) -> Any:  # noqa: ANN401
        """Return what the function returns, and change what it changes."""
        leaves, structure = tree_flatten(arguments)
        made_for = signature(leaves), structure
        # a program takes memory as it was laid out when it was made, and does not check it
        if self._loaded is None or self._made_for != made_for:
            started = time.perf_counter()
            self._loaded = self._load_or_make(leaves, structure)
            self._made_for = made_for
            self.compiling_seconds += time.perf_counter() - started
        given = [leaf for leaf in leaves if leaf is not None]
        return tree_unflatten(list(self._loaded(given)), self._loaded.outputs)

    def key(self, leaves: Leaves, structure: TreeSpec) -> str:
        """Return what the program is found by, for arguments such as these."""
        parts = (
            self._name,
            self._form,
            self._decided_by,
            repr(signature(leaves)),
            repr(structure),
            _surroundings(torch.get_num_threads()),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def file(self, leaves: Leaves, structure: TreeSpec) -> Path:
        """Return where the program is kept, for arguments such as these."""
        suffix = {"package": "pt2", "script": "pt"}[self._form]
        return cache_folder() / f"biasinit_{self._name}_{self.key(leaves, structure)}.{suffix}"

    def _load_or_make(self, leaves: Leaves, structure: TreeSpec) -> _Loaded:
        file = self.file(leaves, structure)
        if file.exists():
            try:
                return _load(file)
            except Exception as error:  # whatever a damaged file may lead to
                log.warning("%s cannot be used (%s). It is made again.", file, error)
        self._make(file, leaves, structure)
        try:
            return _load(file)
        except Exception as error:
            raise CompilerError(
                f"'engine: compiled': {file} was made just now, and cannot be loaded: {error} "
                "Name another folder in the variable TORCHINDUCTOR_CACHE_DIR, or set 'engine: "
                "eager' in the study."
            ) from error

    def _make(self, file: Path, leaves: Leaves, structure: TreeSpec) -> None:
        from biasinit.training.engines import tracing  # imports PyTorch's compiler

        file.parent.mkdir(parents=True, exist_ok=True)
        # another job may make the same: each writes a file of its own, and the rename is atomic
        temporary = file.with_name(f"{file.stem}.{platform.node()}.{os.getpid()}{file.suffix}")
        try:
            graph, outputs = tracing.traced(self._function, leaves, structure)
            write = {"package": tracing.write_package, "script": tracing.write_script}[self._form]
            write(temporary, graph, [leaf for leaf in leaves if leaf is not None], outputs)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)


def signature(leaves: Sequence[Any]) -> Signature:
    """Return what a program is made for: precision, shape and layout of all tensors, in order."""
    return tuple(
        None if leaf is None else (leaf.dtype, leaf.shape, leaf.stride()) for leaf in leaves
    )


@functools.cache
def _surroundings(threads: int) -> str:
    """Return a digest of everything that a program depends on besides its function."""
    digest = hashlib.sha256()
    settings = sorted(item for item in os.environ.items() if item[0].startswith(VARIABLES))
    for part in (
        torch.__version__,
        str(torch.version.git_version),
        processor_digest(),
        compiler(),
        str(threads),
        repr(settings),
    ):
        digest.update(f"{part}\0".encode())
    files = (path for name in TRACED for path in (LIBRARY / name).rglob("*"))
    for path in sorted(path for path in files if path.suffix in SUFFIXES):
        digest.update(f"{path.relative_to(LIBRARY)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _load(file: Path) -> _Loaded:
    """Return the program in a file, whose checksums PyTorch does not read."""
    with zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"the checksum of {damaged} is wrong")
    return _Package(file) if file.suffix == ".pt2" else _Script(file)


class _Package:
    """Machine code."""

    def __init__(self, file: Path) -> None:
        self._loader = torch._C._aoti.AOTIModelPackageLoader(str(file), "model", False, 1, -1)
        self.outputs = treespec_loads(self._loader.get_metadata()[OUTPUTS])

    def __call__(self, leaves: Sequence[Tensor]) -> Sequence[Tensor]:
        found: list[Tensor] = self._loader.boxed_run(list(leaves))
        return found


class _Script:
    """A graph as the text of a function."""

    def __init__(self, file: Path) -> None:
        content = torch.load(file, weights_only=True)
        names = dict(SCRIPT_GLOBALS)
        exec(content["text"], names)  # our own file, as the machine code is
        self._forward: Any = names["forward"]
        self._constants = _Constants(content["constants"])
        self.outputs = treespec_loads(content["outputs"])

    def __call__(self, leaves: Sequence[Tensor]) -> Sequence[Tensor]:
        with torch.no_grad():
            found: tuple[Tensor, ...] = self._forward(self._constants, *leaves)
        return found


class _Constants:
    """Tensors that a graph holds, by name."""

    def __init__(self, constants: dict[str, Tensor]) -> None:
        self.__dict__.update(constants)
