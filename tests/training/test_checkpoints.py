"""What a checkpoint may hold: the state of its own shard, and never a program."""

import hashlib
import io
import pickle
import resource

import pytest
import torch

from biasinit.errors import CheckpointError
from biasinit.training.checkpoints import load_checkpoint, save_checkpoint

STATE = {"finished": [], "number": 3, "state": {"weights": torch.ones(2)}, "records": {}}


class Harm:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.fixture
def path(tmp_path):
    save_checkpoint(tmp_path / "state", STATE, digest="digest")
    return tmp_path / "state"


def saved(state) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def forge(path, state: bytes) -> None:
    """Put another state into a checkpoint, with the checksum that fits."""
    name, digest, _ = path.read_bytes().split(b"\n", 1)[0].split(b" ")
    header = b" ".join([name, digest, hashlib.sha256(state).hexdigest().encode()])
    path.write_bytes(header + b"\n" + state)


def test_a_state_comes_back(path):
    state = load_checkpoint(path, digest="digest")
    assert state["number"] == 3
    assert torch.equal(state["state"]["weights"], torch.ones(2))


@pytest.mark.parametrize(
    ("digest", "content", "message"),
    [
        ("other", None, "belongs to another shard, code or version"),
        ("digest", b"", "is not a checkpoint of this version"),
        ("digest", b"biasinit-checkpoint-0 digest 00\n", "is not a checkpoint of this version"),
        ("digest", b"biasinit-checkpoint-1 digest 00\nxx", "is damaged: its checksum does not"),
    ],
)
def test_what_does_not_fit_is_named(digest, content, message, path):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(path, digest=digest)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("form", ["pickle", "archive", "archive of a state"])
def test_a_program_in_a_checkpoint_is_never_run(form, path, tmp_path):
    harm = Harm(tmp_path / "harm")
    forge(
        path,
        {
            "pickle": pickle.dumps(harm, protocol=2),
            "archive": saved(harm),
            "archive of a state": saved(STATE | {"records": harm}),
        }[form],
    )
    with pytest.raises(CheckpointError, match="holds something else than the state of a shard"):
        load_checkpoint(path, digest="digest")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", saved([1]), saved({"number": 1})])
def test_another_state_is_refused_though_its_checksum_fits(content, path):
    forge(path, content)
    with pytest.raises(CheckpointError, match="holds something else than the state of a shard"):
        load_checkpoint(path, digest="digest")


def test_a_folder_in_its_place_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot be read \(Is a directory\)"):
        load_checkpoint(tmp_path, digest="digest")


def test_a_full_disk_keeps_the_checkpoint_before(path):
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))  # as a full disk: writing fails
    try:
        save_checkpoint(path, STATE | {"state": torch.ones(10_000)}, digest="digest")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
