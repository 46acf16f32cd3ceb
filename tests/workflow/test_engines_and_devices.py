"""The tiny study with the compiled engine, and on a device that is not there."""

import shutil

import pandas as pd
import pytest
import torch

from workspace import Workspace

pytestmark = pytest.mark.slow
ARMS = "results/tiny/runs/digits/small_cnn/none/he/standardized/sgd/0.02"


def with_line(workspace: Workspace, line: str) -> None:
    workspace.edit("tiny.yaml", "probe_images: 32", f"probe_images: 32, {line}")


@pytest.mark.skipif(not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="no compiler")
def test_the_compiled_engine_runs_in_the_workflow_and_shares_its_code(finished, tmp_path):
    workspace = Workspace.fresh(tmp_path / "compiled")
    with_line(workspace, "engine: compiled")
    targets = [f"{ARMS}/{scheme}/0.parquet" for scheme in ("zeros", "1.0")]
    done = workspace.snakemake("--", *targets)
    assert done.returncode == 0, done.stdout
    kernels = list((workspace.folder / "results" / "compiled").rglob("biasinit_kernels_*.so"))
    assert len(kernels) == 1
    for target in targets:
        fast = pd.read_parquet(workspace.folder / target)
        eager = pd.read_parquet(finished.folder / target)
        assert fast["weights_hash"].tolist() == eager["weights_hash"].tolist()
        assert fast["order_hash"].tolist() == eager["order_hash"].tolist()
        assert fast["initial_loss"].tolist() == pytest.approx(eager["initial_loss"].tolist(), 1e-4)


def test_without_a_compiler_the_job_says_what_to_do(tmp_path, monkeypatch):
    workspace = Workspace.fresh(tmp_path / "no-compiler")
    with_line(workspace, "engine: compiled")
    monkeypatch.setenv("CXX", "no-such-compiler")
    done = workspace.snakemake("--", f"{ARMS}/zeros/0.parquet")
    assert done.returncode != 0
    assert "'engine: compiled' needs a C++ compiler, and no-such-compiler" in done.stdout
    assert "Traceback (most recent call last)" not in done.stdout


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_job_that_asks_for_a_missing_gpu_says_so(tmp_path, monkeypatch):
    workspace = Workspace.fresh(tmp_path / "no-gpu")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    done = workspace.snakemake("--set-resources", "train:gpu=1", "--", f"{ARMS}/zeros/0.parquet")
    assert done.returncode != 0
    assert "The job asks for a GPU, and PyTorch finds none" in done.stdout
    assert "Traceback (most recent call last)" not in done.stdout
