"""Three ways to run a training step: eager, compiled as a whole, and serial, member by member.

All compute the same; they differ in the last bits, so the engine is a key of the study and
never chosen at run time. The compiled step is traced through ``vmap`` and ``grad`` into one
graph of operations on stacked tensors, which PyTorch's compiler turns into a few loops around
the matrix products; on a CPU, convolutions and pools are the kernels of ``networks.native``.
Evaluations and probes are traced too, and on a CPU run operation by operation (``programs``).
On a GPU the step, eager or compiled, is recorded once as a CUDA graph and replayed.

Compiled code is kept in the folder that the variable TORCHINDUCTOR_CACHE_DIR names, and is
shared by all jobs that name the same one.
"""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from biasinit.errors import DeviceError
from biasinit.networks.loss import ClassLoss
from biasinit.networks.network import Network
from biasinit.networks.operations import GATHERED, STRIDED, Operations
from biasinit.specs.optimizer import Optimizer
from biasinit.training.engines.members import (
    Examples,
    FusedMembers,
    Members,
    MemberState,
    StepInputs,
)
from biasinit.training.engines.optimizers import Tensors
from biasinit.training.engines.programs import Form, Program
from biasinit.training.engines.serial import SerialMembers

COMPILED = "compiled"
SERIAL = "serial"
KEEP_BYTES = 1 << 30  # freed memory up to this size stays with the process
WARMING_STEPS = 3  # before a CUDA graph is recorded, as PyTorch's documentation asks

PRECISIONS: dict[str, tuple[torch.dtype, torch.dtype]] = {
    "float32": (torch.float32, torch.float32),
    "float64": (torch.float64, torch.float64),
    "bfloat16": (torch.float32, torch.bfloat16),
}  # of parameters, of activations

_StepArguments = tuple[
    Tensors, Tensors, dict[str, Tensors], Tensors, Tensor, Tensors,  # the state and its updates
    Tensor, Tensor, Tensor, Tensor,  # images, those shown, labels and levels
    Tensor, Tensor | None, Tensor, Tensor,  # batch, draws, rates, number
]  # fmt: skip


class Engine(Protocol):
    """Runs the members of a shard; always with the same shapes."""

    @property
    def compiling_seconds(self) -> float:
        """What compiling took so far, or loading what was compiled before."""

    def step(self, state: MemberState, data: Examples, inputs: StepInputs) -> Tensor:
        """Update ``state`` in place by one step; return the losses before it, (members,)."""

    def prepared(self, function: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        """Return a function of tensors as this engine runs it, for evaluations and probes.

        Args:
            function: of tensors.
            name: that tells it from other functions of the same members.

        """


def device_named(name: str) -> torch.device:
    """Return a device that is there, ``cpu`` or ``cuda``.

    Raises:
        DeviceError: there is no GPU that PyTorch can use.

    """
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "The job asks for a GPU, and PyTorch finds none: the driver or a CUDA build of "
            "PyTorch is missing, or CUDA_VISIBLE_DEVICES hides it. Mend that, or run without "
            "the resource 'gpu'."
        )
    return torch.device(name)


def operations_of(engine: str, device: torch.device) -> Operations:
    """Return the form of convolution and pooling that an engine uses on a device."""
    if device.type != "cpu":
        return GATHERED
    if engine != COMPILED:
        return STRIDED
    from biasinit.networks.native import NATIVE

    return NATIVE


def members_of(
    engine: str,
    network: Network,
    optimizer: Optimizer,
    *,
    loss: ClassLoss,
    precision: str,
    measured: frozenset[int],
) -> Members:
    """Return what runs the members of a shard under an engine.

    Args:
        engine: of the study.
        network: one member's.
        optimizer: that updates it.
        loss: what networks that name classes minimise.
        precision: one of ``PRECISIONS``.
        measured: numbers of the steps after which members are measured.

    """
    master, activations = PRECISIONS[precision]
    if engine == SERIAL:
        return SerialMembers(
            network,
            optimizer,
            loss=loss,
            precision=master,
            measured=measured,
        )
    return FusedMembers(network, optimizer, loss=loss, activations=activations)


@dataclass(frozen=True, slots=True)
class WithAllBiases:
    """The members of a shard as they would be if every bias were there.

    Biases that a scheme does without are held at zero, and frozen ones where they are, so that
    steps of all schemes are one program. That changes no bit of the other parameters (tested).
    """

    members: Members
    decided_by: str

    def completed(self, state: MemberState) -> tuple[MemberState, Tensors]:
        """Return a state that shares its tensors with one, and by bias whether it is updated."""
        trained = {}
        for name, like in self.members.network.named_parameters():
            if name in state.parameters:
                trained[name] = state.parameters[name]
            else:
                trained[name] = like.new_zeros(len(state.diverged_at), *like.shape)
        optimizer = {
            kind: {name: of.get(name, torch.zeros_like(value)) for name, value in trained.items()}
            for kind, of in state.optimizer.items()
        }
        complete = replace(state, trained=trained, fixed={}, optimizer=optimizer)
        biases = [name for name in trained if name.endswith("bias")]
        return complete, {name: torch.tensor(name in state.trained) for name in biases}


def engine_of(
    name: str,
    members: Members,
    device: torch.device,
    *,
    decided_by: str,
    with_all_biases: Callable[[], WithAllBiases] | None,
) -> Engine:
    """Return the engine that a study names, for the members of one shard.

    Args:
        name: of the engine.
        members: that it runs.
        device: where they are.
        decided_by: all constants that the members compute with, as text: members of one text do
            the same with the same tensors.
        with_all_biases: makes the same members with every bias; None where steps would not be the
            same with those.

    Raises:
        CompilerError: the compiled engine cannot be built on this machine.

    """
    on_cpu = device.type == "cpu"
    if on_cpu:
        _keep_freed_memory()
    else:
        _compute_as_named()
    if name != COMPILED:
        eager = _Eager(members, on_cpu=on_cpu)
        return eager if on_cpu or name == SERIAL else _Recorded(eager)
    if not on_cpu:
        return _Recorded(
            _Compiled(
                members,
                trace=lambda function, *_: _CompiledAtFirstCall(function),
                complete=_as_it_is,
            )
        )
    from biasinit.networks import native_library

    # what is missing is named now, and not from within a trace
    native_library.check_compiler()
    native_library.library()

    whole = with_all_biases() if with_all_biases else None

    def program(function: Callable[..., Any], name: str, form: Form) -> Program:
        constants = whole.decided_by if whole and form == "package" else decided_by
        return Program(function, name=name, form=form, decided_by=constants)

    if whole is None:
        return _Compiled(members, trace=program, complete=_as_it_is)
    return _Compiled(whole.members, trace=program, complete=whole.completed)


class _Eager:
    """Operation by operation."""

    compiling_seconds = 0.0

    def __init__(self, members: Members, *, on_cpu: bool) -> None:
        self._members = members
        self._on_cpu = on_cpu

    def step(self, state: MemberState, data: Examples, inputs: StepInputs) -> Tensor:
        # on a GPU the question would wait for all work that is under way
        all_alive = self._on_cpu and bool((state.diverged_at < 0).all())
        return self._members.step(state, data, inputs, all_alive=all_alive)

    def prepared(self, function: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        return function


def _as_it_is(state: MemberState) -> tuple[MemberState, Tensors]:
    return state, {}


class _Traced(Protocol):
    """A function that its first call traces, or finds as it was traced before."""

    compiling_seconds: float

    def __call__(self, *arguments: object) -> Any:  # noqa: ANN401
        """Return what the function returns."""


class _Compiled:
    """The whole step as one compiled function; it is compiled by its first call."""

    def __init__(
        self,
        members: Members,
        *,
        trace: Callable[[Callable[..., Any], str, Form], _Traced],
        complete: Callable[[MemberState], tuple[MemberState, Tensors]],
    ) -> None:
        """Take what steps, what makes programs, and what a state is before it can step.

        ``complete`` returns a state that shares its tensors with the one it is given, and which
        parameters are updated.
        """
        self._members = members
        self._trace = trace
        self._complete = complete
        self._state: MemberState | None = None
        self._completed: tuple[MemberState, Tensors]
        self._step: Callable[..., Any] | None = None
        self._prepared: list[_Traced] = []

    @property
    def compiling_seconds(self) -> float:
        return sum(function.compiling_seconds for function in self._prepared)

    def prepared(self, function: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        return self._kept(function, name, "script")

    def _kept(self, function: Callable[..., Any], name: str, form: Form) -> Callable[..., Any]:
        self._prepared.append(self._trace(function, name, form))
        return self._prepared[-1]

    def step(self, state: MemberState, data: Examples, inputs: StepInputs) -> Tensor:
        if self._state is not state:
            self._state, self._completed = state, self._complete(state)
        whole, updates = self._completed
        arguments: _StepArguments = (
            whole.trained, whole.fixed, whole.optimizer, whole.buffers, whole.diverged_at, updates,
            data.images, data.shown, data.labels, data.levels,
            inputs.batch, inputs.draws, inputs.rates, inputs.number,
        )  # fmt: skip
        if self._step is None:
            name = f"step_{data.border}"
            self._step = self._kept(self._step_on(border=data.border), name, "package")
        return torch.as_tensor(self._step(*arguments))

    def _step_on(self, *, border: int) -> Callable[..., Tensor]:
        """Return the step as a function of tensors alone."""

        def step(
            trained: Tensors,
            fixed: Tensors,
            optimizer: dict[str, Tensors],
            buffers: Tensors,
            diverged_at: Tensor,
            updates: Tensors,
            images: Tensor,
            shown: Tensor,
            labels: Tensor,
            levels: Tensor,
            batch: Tensor,
            draws: Tensor | None,
            rates: Tensor,
            number: Tensor,
        ) -> Tensor:
            state = MemberState(
                trained=trained,
                fixed=fixed,
                optimizer=optimizer,
                buffers=buffers,
                diverged_at=diverged_at,
            )
            data = Examples(images=images, shown=shown, labels=labels, levels=levels, border=border)
            inputs = StepInputs(batch=batch, draws=draws, rates=rates, number=number)
            return self._members.step(state, data, inputs, all_alive=False, updates=updates)

        return step


class _CompiledAtFirstCall:
    """A function on a GPU, compiled for the shapes of its first call; there are no others.

    ``compiling_seconds`` is the time of the first call, which also does its work once.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._compiled: Callable[..., Any] | None = None
        self.compiling_seconds = 0.0

    def __call__(self, *arguments: object) -> Any:  # noqa: ANN401
        if self._compiled is not None:
            return self._compiled(*arguments)
        started = time.perf_counter()
        self._compiled = _compiled(self._function, *arguments)
        result = self._compiled(*arguments)  # PyTorch compiles when it is called
        self.compiling_seconds = time.perf_counter() - started
        return result


def _compiled(function: Callable[..., Any], *arguments: object) -> Callable[..., Any]:
    # Dynamo cannot see through vmap over a custom gradient (PyTorch issue 129845); tracing with
    # fake tensors can, and changes no state
    graph = make_fx(lambda *given: function(*given), tracing_mode="fake")(*arguments)
    result: Callable[..., Any] = torch.compile(graph, fullgraph=True, dynamic=False)
    return result


class _Recorded:
    """A step recorded as a CUDA graph: one launch in place of hundreds.

    ``unrecorded`` is the engine whose step it is.
    """

    def __init__(self, engine: Engine) -> None:
        self.unrecorded = engine
        self._state: MemberState | None = None
        self._graph: torch.cuda.CUDAGraph
        self._inputs: StepInputs
        self._losses: Tensor

    @property
    def compiling_seconds(self) -> float:
        return self.unrecorded.compiling_seconds

    def prepared(self, function: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        return self.unrecorded.prepared(function, name=name)

    def step(self, state: MemberState, data: Examples, inputs: StepInputs) -> Tensor:
        if self._state is not state:
            self._record(state, data, inputs)
        inputs.copy_into(self._inputs)
        self._graph.replay()
        return self._losses.clone()

    def _record(self, state: MemberState, data: Examples, inputs: StepInputs) -> None:
        before = {name: _copied(value) for name, value in state.plain().items()}
        self._inputs = inputs.to(state.diverged_at.device)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARMING_STEPS):
                self.unrecorded.step(state, data, self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._losses = self.unrecorded.step(state, data, self._inputs)
        state.restore(before)  # warming has trained; the first real step starts where it should
        self._state = state


def _copied(value: Tensor | dict[str, Tensor]) -> Tensor | dict[str, Tensor]:
    if isinstance(value, Tensor):
        return value.clone()
    return {name: _copied(part) for name, part in value.items()}  # type: ignore[misc]


def _compute_as_named() -> None:
    """Let a GPU compute in the precision that is named, and the same bits in every run.

    PyTorch's default rounds what goes into convolutions in float32 to TF32, adds parts of products
    in bfloat16 up in bfloat16, and may add in an order that changes.
    """
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


def _keep_freed_memory() -> None:
    """Let the allocator keep freed memory, so that each step does not fault in its pages anew.

    Measured: up to 10 % of a step. Only where the C library is glibc's.
    """
    trim_threshold, mapping_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(mapping_threshold, KEEP_BYTES)
        set_option(trim_threshold, KEEP_BYTES)
