"""Event files as PyTorch's own writer leaves them."""

import re
import sys

import pytest
from brought import bring, said

from biasinit.errors import RunsTableError

pytest.importorskip("tensorboard", reason="tensorboard is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of TensorBoard's own making

KEYS = {
    "format": "tensorboard",
    "runs_table": "events",
    "run_name": "{scheme}/seed={seed}",
    "columns": {"final_accuracy": "acc/test", "validation_accuracy": "acc/val"},
    "steps_per_epoch": 10,
}
CURVE = {10: 50.0, 20: 91.0, 30: 92.0}
RUNS = [f"{scheme}/seed={seed}" for scheme in ("zeros", "1.0") for seed in (0, 1)]


def log(folder, name, curve=CURVE, *, final=95.0, **options):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder / "events" / name), **options) as writer:
        for step, value in curve.items():
            writer.add_scalar("acc/val", value, step)
        if final is not None:
            writer.add_scalar("acc/test", final, max(curve))


@pytest.fixture
def folder(tmp_path):
    for name in RUNS:
        log(tmp_path, name)
    return tmp_path


def test_runs_and_curves_are_read(folder):
    found = bring(folder, **KEYS)
    assert found.runs["seed"].tolist() == [0, 1, 0, 1]
    assert found.runs["final_accuracy"].tolist() == [95.0] * 4
    assert found.runs["epochs_to_threshold"].tolist() == [2.0] * 4
    assert found.curves["epoch"].tolist() == [1.0, 2.0, 3.0] * 4


def test_no_point_of_a_long_curve_is_left_out(tmp_path):
    """TensorBoard's own reader keeps 10,000 points of a scalar, drawn at random."""
    steps = range(1, 12_001)
    curve = {step: 50.0 if step < 12_000 - 1 else 91.0 for step in steps}
    for name in RUNS[1:3]:
        log(tmp_path, name, curve)
    found = bring(tmp_path, **{**KEYS, "steps_per_epoch": 1, "epochs": 12_000})
    assert len(found.curves) == 24_000
    assert found.runs["epochs_to_threshold"].tolist() == [11_999.0] * 2


def test_a_restarted_run_has_the_points_that_it_wrote_last(folder):
    log(folder, RUNS[0], {20: 60.0, 30: 93.0}, final=94.0)
    found = bring(folder, **KEYS)
    row = found.runs.set_index(["scheme", "seed"]).loc[("zeros", 0)]
    assert (row["final_accuracy"], row["validation_accuracy"]) == (94.0, 93.0)
    assert not row["reached"]
    lines = [line for line in said(found) if "as after a restart" in line]
    assert [line[:20] for line in lines] == ["left out: 1 point of", "left out: 2 points o"]


def test_a_writer_that_says_where_it_goes_on_from_is_believed(folder):
    log(folder, RUNS[0], {25: 60.0, 30: 93.0}, final=94.0, purge_step=11)
    found = bring(folder, **{**KEYS, "unfinished": "kept"})
    curve = found.curves.set_index(["scheme", "seed"]).loc[("zeros", 0)]
    assert curve["epoch"].tolist() == [1.0, 2.5, 3.0]
    assert any("went on from an earlier step, and said so" in line for line in said(found))


def test_hyperparameters_say_what_a_run_is(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    for number, scheme in enumerate(("zeros", "1.0")):
        log(tmp_path, f"run{number}")
        with SummaryWriter(str(tmp_path / "events" / f"run{number}")) as writer:
            writer.add_hparams({"init": scheme, "seed": 3, "lr": 0.1}, {"hparam/acc": 1.0})
    columns = {**KEYS["columns"], "scheme": "init", "learning_rate": "lr"}
    keys = {name: value for name, value in KEYS.items() if name != "run_name"}
    found = bring(tmp_path, **{**keys, "columns": columns})
    assert found.runs["seed"].tolist() == [3, 3]
    assert found.runs["learning_rate"].tolist() == [0.1, 0.1]
    assert any("2 folders. Folders of hyperparameters" in line for line in said(found))


def test_scalars_in_the_newer_form_are_read(folder):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder / "events" / "zeros" / "seed=2")) as writer:
        for step, value in CURVE.items():
            writer.add_scalar("acc/val", value, step, new_style=True)
        writer.add_scalar("acc/test", 96.0, 30, new_style=True)
        writer.add_text("note", "no scalar", 1)
    found = bring(folder, **KEYS).runs.set_index(["scheme", "seed"])
    assert found.loc[("zeros", 2), "final_accuracy"] == 96.0


def test_a_file_whose_writer_was_stopped_is_read_to_its_last_whole_record(folder):
    (file,) = (folder / "events" / RUNS[0]).iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(RunsTableError, match=r"'final_accuracy' must be given .*zeros/seed=0"):
        bring(folder, **KEYS)
    log(folder, RUNS[0], {30: 92.0})
    found = bring(folder, **KEYS)
    assert any("The last record of files whose writer was stopped" in line for line in said(found))


def test_damaged_event_files_are_refused(folder):
    (file,) = (folder / "events" / RUNS[0]).iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    with pytest.raises(RunsTableError, match=r"tfevents.* cannot be read\. It is damaged \("):
        bring(folder, **KEYS)


def test_a_missing_package_is_named_with_how_to_have_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    expected = "Reading event files needs the package 'tensorboard', which is not installed here:"
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        bring(folder, **KEYS)


CASES = {
    "a folder without event files": (
        {"runs_table": "empty"},
        "There are no runs of the format 'tensorboard' in it. Name the folder that TensorBoard is "
        "shown",
    ),
    "folders that are named otherwise": (
        {"run_name": "{scheme}_s{seed}"},
        "No run is named like 'run_name' says ('{scheme}_s{seed}'). There are '1.0/seed=0', ",
    ),
    "a tag that is not logged": (
        {"columns": {"final_accuracy": "test/acc"}},
        "no run logs 'test/acc', which is to be 'final_accuracy'. They log 'acc/test', 'acc/val'.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_of_tensorboard(case, folder):
    keys, expected = CASES[case]
    (folder / "empty").mkdir()
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        bring(folder, **{**KEYS, **keys})
