"""From a function of tensors to its graph, and from the graph to a file of a program.

Whoever imports this imports PyTorch's compiler, which takes two seconds.
"""

import gc
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch._inductor
from torch import Tensor
from torch._inductor.package.package import package_aoti
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten, treespec_dumps

from biasinit.errors import CompilerError
from biasinit.training.engines.programs import OUTPUTS, SCRIPT_GLOBALS, Leaves


def traced(
    function: Callable[..., Any], leaves: Leaves, structure: TreeSpec
) -> tuple[GraphModule, TreeSpec]:
    """Return a function's graph, from the tensors among ``leaves`` to all tensors it returns.

    Args:
        function: of arguments of the structure.
        leaves: of the arguments; their values are not used, and not changed.
        structure: of the arguments.

    Returns:
        the graph, and the structure of what the function returns.

    """
    places = [place for place, leaf in enumerate(leaves) if leaf is not None]
    outputs: list[TreeSpec] = []

    def flat(*given: Tensor) -> list[Tensor]:
        filled: Leaves = [None] * len(leaves)
        for place, tensor in zip(places, given, strict=True):
            filled[place] = tensor
        found, spec = tree_flatten(function(*tree_unflatten(filled, structure)))
        outputs.append(spec)
        return found

    # Dynamo cannot see through vmap over a custom gradient (PyTorch issue 129845); tracing with
    # fake tensors can, and changes no state
    graph = make_fx(flat, tracing_mode="fake")(*(leaves[place] for place in places))
    return graph, outputs[-1]


def write_package(
    file: Path, graph: GraphModule, leaves: Sequence[Tensor], outputs: TreeSpec
) -> None:
    """Compile a graph and write it as machine code.

    Raises:
        CompilerError: PyTorch's compiler fails.

    """
    options: dict[str, Any] = {
        "aot_inductor.package": True,
        "aot_inductor.metadata": {OUTPUTS: treespec_dumps(outputs)},
        # the wrapper only calls kernels: optimising it takes a third of all compiling
        "aot_inductor.compile_wrapper_opt_level": "O0",
        # PyTorch runs openssl for it, without a look whether it is there
        "aot_inductor.precompile_headers": shutil.which("openssl") is not None,
    }
    try:
        # in a folder of its own: PyTorch names what it packs after the graph, so another process
        # that compiles the same would write to a file while this one packs it
        with (
            TemporaryDirectory(prefix=f"{file.stem}.", dir=file.parent) as folder,
            _undisturbed(),
        ):
            options["aot_inductor.output_path"] = folder
            files: Any = torch._inductor.aot_compile(graph, tuple(leaves), options=options)
            package_aoti(str(file), files)
    except Exception as error:
        raise CompilerError(
            f"'engine: compiled': PyTorch's compiler failed with {type(error).__name__}: "
            f"{str(error)[:2000]} Name another C++ compiler in the variable CXX, or set 'engine: "
            "eager' in the study."
        ) from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Collect no garbage, which takes a seventh of the time, and keep PyTorch's warnings to it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collects:
            gc.enable()


def write_script(
    file: Path, graph: GraphModule, leaves: Sequence[Tensor], outputs: TreeSpec
) -> None:
    """Write a graph as the text of a function, with the tensors that it holds."""
    graph.graph.eliminate_dead_code()
    code = graph.graph.python_code("self")
    unknown = set(code.globals) - set(SCRIPT_GLOBALS)
    if unknown:
        raise CompilerError(
            f"'engine: compiled': the graph of a function names {', '.join(sorted(unknown))}, "
            "which cannot be kept. Set 'engine: eager' in the study, and report this."
        )
    constants = {
        str(node.target): getattr(graph, str(node.target))
        for node in graph.graph.nodes
        if node.op == "get_attr"
    }
    content = {"text": code.src, "constants": constants, "outputs": treespec_dumps(outputs)}
    torch.save(content, file)
