"""One study through Snakemake, from nothing to its report, whose jobs share a GPU by slots."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from machine import REPOSITORY
from notes import Notes
from shards import DIGITS

SLOTS = 2
STUDY = {
    "study": "on_a_gpu",
    "study_seed": 1,
    "replicate": "zeros",
    "schemes": [
        {"name": "zeros", "kind": "zeros"}, {"name": "1.0", "kind": "constant", "value": 1.0}
    ],
    "normalizations": ["none", "batchnorm_shift"],
    "datasets": [{"name": "digits", "kind": "digits", **DIGITS}],
    "architectures": ["small_cnn"],
    "weight_inits": ["he"],
    "optimizers": [{"name": "sgd"}],
    "learning_rates": [0.02],
    "analysis": {
        "thresholds": {"digits": 80.0}, "margins": {"digits": 2.0},
        "resamples": 1000, "calibration_tables": 20,
    },
}  # fmt: skip
SIZES = {"cuda": (40, 6), "cpu": (4, 1)}  # seeds, epochs


def study(notes: Notes, device: str) -> None:
    """Note how long the study took, and what its jobs say of the device."""
    seeds, epochs = SIZES[device]
    training = {"epochs": epochs, "batch_size": 32, "probe_images": 60, "width": seeds}
    keys = STUDY | {"seeds": seeds, "seeds_per_shard": seeds, "training": training}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study.yaml")
        path.write_text(json.dumps(keys), encoding="utf-8")  # JSON is YAML
        cores = str(len(os.sched_getaffinity(0)))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
        command += ["--configfile", str(path), "--directory", folder, "--cores", cores]
        if device == "cuda":
            command += ["--set-resources", "train:gpu=1", "--resources", f"gpu={SLOTS}"]
        began = time.monotonic()
        done = subprocess.run(
            command,
            env=os.environ | {"BIASINIT_JOBS_PER_GPU": str(SLOTS)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        notes.note("seconds from nothing to the report", time.monotonic() - began)
        results = Path(folder, "results", str(keys["study"]))
        report = results / "report.html"
        if done.returncode or not report.exists():
            notes.note("failed", "\n".join(done.stdout.splitlines()[-12:]))
            return
        jobs = pd.read_parquet(results / "jobs.parquet")
        runs = pd.read_parquet(results / "runs.parquet")
        notes.note("runs", len(runs))
        notes.note("runs that failed", int(runs["failed"].sum()))
        notes.note("devices", sorted(set(jobs["device"])))
        notes.note("seconds of the training jobs", float(jobs["duration_seconds"].sum()))
        expected = "cpu" if device == "cpu" else None
        if expected is None and "cpu" in set(jobs["device"]):
            notes.note("failed", "A training job ran on the CPU.")
