"""The shared library of the native kernels: compiled once for this processor, and kept.

The kernels (``native_kernels.cpp``) have a plain C interface, so a C++ compiler is all they
need.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sysconfig
from pathlib import Path

import torch
from torch import Tensor

from biasinit.errors import CompilerError
from biasinit.processor import cache_folder, processor_digest

SOURCE = Path(__file__).with_name("native_kernels.cpp")
COMPILERS = ("c++", "g++", "clang++")  # the first one found, unless CXX names another
FLAGS = ("-std=c++17", "-O3", "-march=native", "-shared", "-fPIC", "-Wno-psabi")


def compiler() -> str:
    """Return the path of a C++ compiler.

    Raises:
        CompilerError: there is none.

    """
    asked = os.environ.get("CXX")
    for name in (asked,) if asked else COMPILERS:
        found = shutil.which(name)
        if found:
            return found
    raise CompilerError(
        f"'engine: compiled' needs a C++ compiler, and {asked or ', '.join(COMPILERS)} cannot be "
        "found. Install one (on Debian: apt-get install g++), name it in the variable CXX, or set "
        "'engine: eager' in the study."
    )


def check_compiler() -> None:
    """Check that this machine has what the compiled engine needs: a compiler, Python's headers.

    Raises:
        CompilerError: one of them is missing.

    """
    compiler()
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        raise CompilerError(
            f"'engine: compiled' needs the headers of Python for PyTorch's compiler, and {header} "
            "is missing. Install them (on Debian: apt-get install python3-dev), or set 'engine: "
            "eager' in the study."
        )


@functools.cache
def library() -> ctypes.CDLL:
    """Return the compiled kernels; the first call on a machine compiles them, in seconds.

    Raises:
        CompilerError: there is no compiler, or it refuses the source.

    """
    source = SOURCE.read_bytes()
    key = hashlib.sha256(
        b"\0".join(
            [source, compiler().encode(), " ".join(FLAGS).encode(), processor_digest().encode()]
        )
    ).hexdigest()[:16]
    path = cache_folder() / f"biasinit_kernels_{key}.so"
    if not path.exists():
        _compile(path)
    return ctypes.CDLL(str(path))


def _compile(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # another job may compile at the same time: both write the same, and the rename is atomic
    temporary = path.with_name(f"{path.stem}.{platform.node()}.{os.getpid()}.so")
    command = [compiler(), *FLAGS, str(SOURCE), "-o", str(temporary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompilerError(
            f"'engine: compiled': {' '.join(command)} failed: {done.stderr[:2000]} Name another "
            "compiler in the variable CXX, or set 'engine: eager' in the study."
        )
    temporary.replace(path)


def call(kernel: str, precision: torch.dtype, *arguments: Tensor | float | None) -> None:
    """Call the kernel of one precision, with dense tensors and numbers."""
    name = str(precision).removeprefix("torch.")
    getattr(library(), f"{kernel}_{name}")(*(_as_c(argument) for argument in arguments))


def _as_c(argument: Tensor | float | None) -> ctypes.c_int64 | ctypes.c_double | ctypes.c_void_p:
    if isinstance(argument, int):
        return ctypes.c_int64(argument)
    if isinstance(argument, float):
        return ctypes.c_double(argument)
    return ctypes.c_void_p(None if argument is None else argument.data_ptr())
