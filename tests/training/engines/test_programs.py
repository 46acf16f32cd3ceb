"""What the compiled engine keeps is found by what decides it, and is never the wrong one."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from shards import NETWORKS, as_seen_by, assert_same_bits, description

from biasinit.data.prepared import save_prepared
from biasinit.errors import CompilerError
from biasinit.networks import native_library
from biasinit.processor import CACHE_VARIABLE
from biasinit.training.engines import programs
from biasinit.training.engines.programs import Program
from biasinit.training.shard import Block, Shard

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in native_library.COMPILERS), reason="no C++ compiler"
)
FORMS = ["script", pytest.param("package", marks=pytest.mark.slow)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for compiled code, but for the kernels, which other tests share."""
    native_library.library()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    programs._surroundings.cache_clear()
    yield tmp_path
    programs._surroundings.cache_clear()


def update(state, rates, nothing):
    """Change a state in place, and return something of every kind."""
    state["weight"].add_(rates[:, None] * state["inner"]["bias"].sum())
    return {"sums": state["weight"].sum(1)}, (state["inner"]["bias"] * 2 if nothing is None else 0)


def arguments(weight=None):
    weight = torch.arange(12.0).reshape(3, 4) if weight is None else weight
    return {"weight": weight, "inner": {"bias": torch.tensor([0.5, 1.5])}}, torch.ones(3), None


def program(form, function=update, decided_by="constants"):
    return Program(function, name="update", form=form, decided_by=decided_by)


def assert_does_the_same(given, form):
    expected_state, rates, nothing = torch.utils._pytree.tree_map(
        lambda leaf: None if leaf is None else leaf.clone(), given
    )
    expected = update(expected_state, rates, nothing)
    found = program(form)(*given)
    assert found[0].keys() == {"sums"}
    assert torch.equal(found[0]["sums"], expected[0]["sums"])
    assert torch.equal(found[1], expected[1])
    assert torch.equal(given[0]["weight"], expected_state["weight"])


def nothing_is_made(*_):
    raise AssertionError("A program was made, and should have been found.")


@pytest.mark.parametrize("form", FORMS)
def test_a_program_is_made_once_and_found_again(form, folder, monkeypatch):
    assert_does_the_same(arguments(), form)
    assert len(list(folder.glob("biasinit_update_*"))) == 1  # and nothing unfinished
    monkeypatch.setattr(Program, "_make", nothing_is_made)
    assert_does_the_same(arguments(), form)


@pytest.mark.parametrize("form", FORMS)
def test_arguments_may_lie_anywhere_in_memory(form, folder):
    """Code made for one layout would read another one's numbers in the wrong places."""
    assert_does_the_same(arguments(), form)
    assert_does_the_same(arguments(torch.arange(13.0)[1:].reshape(3, 4)), form)  # misaligned
    assert_does_the_same(arguments(torch.arange(12.0).reshape(4, 3).T), form)
    assert_does_the_same(arguments(torch.arange(24.0).reshape(3, 8)[:, ::2]), form)
    assert len(list(folder.glob("biasinit_update_*"))) == 3  # misaligned ones need no other


def test_one_program_takes_arguments_of_another_layout_and_shape_after_the_first(folder):
    one = program("script")
    for shape in ((3, 4), (3, 5), (3, 4)):
        given = arguments(torch.ones(shape))
        assert one(*given)[0]["sums"].tolist() == [shape[1] * 3.0] * 3
    turned = arguments(torch.arange(12.0).reshape(4, 3).T)
    assert one(*turned)[0]["sums"].tolist() == [26.0, 30.0, 34.0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("harm", ["truncated", "emptied", "one bit"])
def test_a_damaged_file_is_made_again_with_a_line_in_the_log(form, harm, folder, caplog):
    assert_does_the_same(arguments(), form)
    (file,) = folder.glob("biasinit_update_*")
    whole = file.read_bytes()
    place = whole.index(b"ELF" if form == "package" else b"def forward")
    harmed = bytearray(whole)
    harmed[place + 40] ^= 1
    file.write_bytes({"truncated": whole[:-100], "emptied": b"", "one bit": bytes(harmed)}[harm])
    assert_does_the_same(arguments(), form)
    assert f"{file} cannot be used" in caplog.text
    assert caplog.text.count("It is made again.") == 1
    caplog.clear()
    assert_does_the_same(arguments(), form)
    assert not caplog.text


def test_what_cannot_be_loaded_when_it_was_just_made_is_an_error_with_a_mend(folder, monkeypatch):
    def refuse(_):
        raise OSError("failed to map segment from shared object")

    monkeypatch.setattr(programs, "_load", refuse)
    with pytest.raises(CompilerError, match=r"cannot be loaded: failed to map.*Name another fold"):
        program("script")(*arguments())


def test_a_failure_of_pytorchs_compiler_is_an_error_with_a_mend(folder, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no lowering")

    monkeypatch.setattr("torch._inductor.aot_compile", fail)
    with pytest.raises(CompilerError, match=r"RuntimeError: no lowering .*set 'engine: eager'"):
        program("package")(*arguments())
    assert not list(folder.glob("biasinit_update_*"))


def key_of(**changes):
    made = program(**({"form": "script"} | changes))
    return made.key(*torch.utils._pytree.tree_flatten(arguments()))


def test_a_program_is_not_found_where_anything_around_it_differs(folder, tmp_path, monkeypatch):
    library = tmp_path / "library"
    (library / "networks").mkdir(parents=True)
    source = library / "networks" / "layers.py"
    source.write_text("x = 1\n")
    monkeypatch.setattr(programs, "LIBRARY", library)

    def changed():
        programs._surroundings.cache_clear()
        return key_of()

    keys = [changed()]
    assert changed() == keys[0]
    source.write_text("x = 2\n")
    keys.append(changed())
    source.rename(library / "networks" / "sites.py")
    keys.append(changed())
    (library / "networks" / "kernels.cpp").write_text("int x;")
    keys.append(changed())
    for place, name, value in (
        (programs, "processor_digest", lambda: "another kind"),
        (programs, "compiler", lambda: "/opt/c++"),
        (torch, "__version__", "2.99.0"),
        (torch.version, "git_version", "0123"),
        (torch, "get_num_threads", lambda: 7),
    ):
        monkeypatch.setattr(place, name, value)
        keys.append(changed())
    for variable in ("ATEN_CPU_CAPABILITY", "TORCHINDUCTOR_CPP_MARCH", "AOT_INDUCTOR_ENABLE_LTO"):
        monkeypatch.setenv(variable, "x")
        keys.append(changed())
    keys += [key_of(form="package"), key_of(decided_by="others")]
    assert len(set(keys)) == len(keys)


ZEROS = {"name": "zeros", "kind": "zeros"}
BIASES = {
    "without biases": {"name": "none", "kind": "none"},
    "without hidden biases": {"name": "none", "kind": "none_hidden"},
    "frozen biases": ZEROS | {"trainable": False},
    "all biases frozen": ZEROS | {"trainable": False, "layers": "all"},
}
DIFFERENT = {
    "batch norm's shift": {"normalization": "batchnorm_shift"},
    "batch norm after the bias": {"normalization": "batchnorm"},
    "less momentum": {"optimizer": {"momentum": 0.8}},
    "Nesterov's momentum": {"optimizer": {"nesterov": True}},
    "decay": {"optimizer": {"weight_decay": 1e-4}},
    "more decay": {"optimizer": {"weight_decay": 1e-3}},
    "decay of biases too": {"optimizer": {"weight_decay": 1e-4, "decay_biases": True}},
    "faster biases": {"optimizer": {"bias_rate": 2.0}},
    "still faster biases": {"optimizer": {"bias_rate": 8.0}},
    "clipped": {"optimizer": {"gradient_clip": 1.0}},
    "clipped at another norm": {"optimizer": {"gradient_clip": 2.0}},
    "AdamW": {"optimizer": {"kind": "adamw"}},
    "another beta1": {"optimizer": {"kind": "adamw", "beta1": 0.8}},
    "another beta2": {"optimizer": {"kind": "adamw", "beta2": 0.9}},
    "another epsilon": {"optimizer": {"kind": "adamw", "epsilon": 1e-6}},
    "smoothed labels": {"label_smoothing": 0.1},
    "more smoothed labels": {"label_smoothing": 0.2},
    "squared error": {"loss": "squared_error"},
    "squared error of smoothed labels": {"loss": "squared_error", "label_smoothing": 0.1},
    "double precision": {"precision": "float64"},
    "half precision": {"precision": "bfloat16"},
    "narrower": {"width": 2},
    "larger batches": {"batch_size": 32},
    "flipped": {"augmentation": "flip"},
    "cropped": {"augmentation": "crop"},
    "cropped with another margin": {"augmentation": "crop", "crop_margin": 1},
    **{f"network {number}": {"architecture": it} for number, it in enumerate(NETWORKS[1:])},
}
ALIKE = {
    "another value": {"scheme": {"name": "0.1", "kind": "constant", "value": 0.1}},
    "random values": {"scheme": {"name": "normal", "kind": "normal", "std": 0.3}},
    "another learning rate": {"learning_rate": 0.001},
    "other weights": {"weight_init": "glorot"},
    "other seeds": {"seeds": (4, 5, 6)},
    "another order": {"order_stream": "again"},
    "a schedule": {"optimizer": {"schedule": {"kind": "cosine"}}},
    "longer": {"epochs": 3},
}


@pytest.fixture
def seen(monkeypatch):
    """Return a function from changes to keys by name, and to graphs where they are traced."""
    found = {}
    traces = False

    def note(self, *given):
        leaves, structure = torch.utils._pytree.tree_flatten(given)
        text = ""
        if traces:
            from biasinit.training.engines import tracing

            graph, outputs = tracing.traced(self._function, leaves, structure)
            constants = {
                str(node.target): getattr(graph, str(node.target)).tolist()
                for node in graph.graph.nodes
                if node.op == "get_attr"
            }
            text = f"{graph.code} {constants} {outputs}"
        found[self._name.split("_")[0]] = self.key(leaves, structure), text
        return self._function(*given)

    monkeypatch.setattr(Program, "__call__", note)

    def look(dataset, changes, *, traced=False):
        nonlocal traces
        traces = traced
        found.clear()
        shown = as_seen_by(changes.get("architecture", {}), dataset)
        shard = Shard(description(engine="compiled", **changes), shown)
        block = Block(shard, shard.blocks()[0])
        block.step(1)
        block.warm()
        assert found.keys() == {"step", "forward", "measure"}
        return dict(found)

    return look


def test_arms_that_differ_in_values_alone_share_their_programs(seen, small_digits):
    first = seen(small_digits, {})
    for changes in ALIKE.values():
        assert seen(small_digits, changes) == first, changes


def test_whatever_changes_a_step_changes_its_key(seen, small_digits):
    keys = {name: seen(small_digits, changes) for name, changes in DIFFERENT.items()}
    keys["first"] = seen(small_digits, {})
    steps = [found["step"] for found in keys.values()]
    assert len(set(steps)) == len(steps)
    of_biases = [seen(small_digits, {"scheme": scheme}) for scheme in BIASES.values()]
    assert {found["step"] for found in of_biases} == {keys["first"]["step"]}
    forwards = {found["forward"] for found in [*of_biases, keys["first"]]}
    assert len(forwards) == 5
    more_images = seen(small_digits, {"probe_images": 33})
    assert more_images["measure"] != keys["first"]["measure"]
    assert more_images["step"] == keys["first"]["step"]


@pytest.mark.parametrize("scheme", BIASES.values(), ids=BIASES)
@pytest.mark.parametrize(
    "normalization",
    [
        pytest.param("none", marks=pytest.mark.slow),
        "batchnorm_shift",
        pytest.param("batchnorm", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param({"weight_decay": 1e-3, "decay_biases": True, "nesterov": True}, id="sgd"),
        pytest.param(
            {"weight_decay": 1e-3, "gradient_clip": 0.5}, id="clipped", marks=pytest.mark.slow
        ),
        pytest.param(
            {"kind": "adamw", "weight_decay": 1e-3, "decay_biases": True},
            id="adamw",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_one_step_for_all_biases_changes_no_bit_of_those_that_lack_or_freeze_some(
    scheme, normalization, optimizer, small_digits, monkeypatch
):
    """The program of a step has every bias; the network of the arm has those of its scheme."""
    monkeypatch.setattr(Program, "__call__", lambda self, *given: self._function(*given))
    for architecture in NETWORKS:
        dataset = as_seen_by(architecture, small_digits)
        shard = Shard(
            description(
                engine="compiled", scheme=scheme, normalization=normalization, optimizer=optimizer,
                architecture=architecture,
            ),
            dataset,
        )  # fmt: skip
        whole, alone = (Block(shard, shard.blocks()[0]) for _ in range(2))
        for number in (1, 2, 3):
            losses = whole.step(number)
            inputs = alone.inputs(number)
            others = shard.members.step(
                alone.state, alone.examples["train"], inputs, all_alive=False
            )
            assert torch.equal(losses, others)
        for found, expected in (
            (whole.state.parameters, alone.state.parameters),
            (whole.state.buffers, alone.state.buffers),
            *((of, alone.state.optimizer[kind]) for kind, of in whole.state.optimizer.items()),
        ):
            assert_same_bits(found, expected)


@pytest.mark.slow
def test_programs_of_one_key_have_one_graph(seen, small_digits):
    """A stale or wrong program is one whose key two graphs share; each is traced and compared."""
    graphs = {}
    of_biases = [{"scheme": scheme} for scheme in BIASES.values()]
    for changes in ({}, *of_biases, *DIFFERENT.values(), *ALIKE.values()):
        for name, (key, text) in seen(small_digits, changes, traced=True).items():
            graphs.setdefault((name, key), set()).add(text)
    assert all(len(texts) == 1 for texts in graphs.values())
    steps = [texts for (name, _), texts in graphs.items() if name == "step"]
    # crops of another margin differ in the shape of the images alone, and so in no text
    assert len(steps) == len(DIFFERENT) + 1
    assert len({next(iter(texts)) for texts in steps}) >= len(steps) - 3


@pytest.mark.slow
def test_a_job_that_finds_its_programs_imports_no_compiler_and_trains_to_the_same_bytes(
    folder, tmp_path, small_digits, mapping
):
    from biasinit.study.reading import parse_study

    mapping |= {"seeds": 4, "seeds_per_shard": 4}
    mapping["training"] = {
        "epochs": 2, "batch_size": 32, "probe_images": 32, "engine": "compiled",
    }  # fmt: skip
    study = parse_study(mapping)
    for name in ("first", "second"):
        shard = study.shard_description(
            cell=study.cells[0], normalization="none", scheme=study.schemes[0].name, shard=0
        )
        (tmp_path / f"{name}.json").write_text(json.dumps(shard))
    save_prepared(small_digits, tmp_path / "data.npz")
    code = (
        "import sys; from biasinit.training.__main__ import main; "
        "status = main(sys.argv[1:]); "
        "print(sorted({'torch._dynamo', 'torch._inductor', 'sympy'} & set(sys.modules))); "
        "sys.exit(status)"
    )
    said = []
    for name in ("first", "second"):
        done = subprocess.run(
            [sys.executable, "-c", code, f"{name}.json", "data.npz", name],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout)
    assert "torch._inductor" in said[0]
    assert said[1] == "[]\n"
    for table in ("runs", "curves", "layers", "correct"):
        file = f"{table}.parquet"
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


@pytest.mark.slow
def test_two_processes_that_make_a_program_at_once_both_have_it(folder):
    code = (
        "import torch; from biasinit.training.engines.programs import Program; "
        "made = Program(lambda x: x.add_(1), name='add', form='package', decided_by=''); "
        "print(made(torch.ones(3)).tolist())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in running] == [b"[2.0, 2.0, 2.0]\n"] * 2
    assert len(list(folder.glob("biasinit_add_*"))) == 1
    # what one would write while the other packs it
    assert not list(folder.rglob("*_metadata.json"))
