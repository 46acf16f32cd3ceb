"""The same runs as tables, and as the logs that the tools themselves write.

Accuracies are multiples of 25/128 percent, which numbers of 32 bits hold exactly.
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

EPOCHS = 12
THRESHOLD = 90.0
SCHEMES = {"zeros": 0.0, "0.01": 0.0, "0.1": -0.4, "xavier": 0.6, "1.0": -6.0}
NORMALIZATIONS = ("none", "batchnorm_shift")
KEY = ["scheme", "seed", "normalization"]
GRID = 25 / 128


def made_runs(*, seeds, schemes=SCHEMES, normalizations=NORMALIZATIONS, seed=7):
    """Return runs and their curves: worse schemes end lower and rise later."""
    rng = np.random.default_rng(seed)
    runs, curves = [], []
    for normalization in normalizations:
        of_seeds = rng.normal(0, 0.5, seeds)
        for scheme, effect in schemes.items():
            for number in range(seeds):
                end = 96 + effect + of_seeds[number] + rng.normal(0, 0.3)
                pace = rng.normal(2.2 - effect / 4, 0.15)
                key = {"scheme": scheme, "seed": number, "normalization": normalization}
                for epoch in range(1, EPOCHS + 1):
                    height = end - (end - 10) * np.exp(-epoch / pace)
                    curves.append({**key, "epoch": epoch, "validation_accuracy": _held(height)})
                runs.append({**key, "final_accuracy": _held(end)})
    return pd.DataFrame(runs), pd.DataFrame(curves)


def _held(accuracy):
    return float(round(min(accuracy, 100.0) / GRID) * GRID)


def by_run(runs, curves):
    """Yield the key of each run, its final accuracy and its curve."""
    curve_of = dict(iter(curves.groupby(KEY)))
    for row in runs.to_dict("records"):
        key = {name: row[name] for name in KEY}
        part = curve_of[tuple(key.values())]
        yield key, row["final_accuracy"], part["validation_accuracy"].tolist()


def write_csv(folder, runs, curves):
    runs.to_csv(folder / "runs.csv", index=False)
    curves.to_csv(folder / "curves.csv", index=False)
    return {"runs_table": "runs.csv", "curves_table": "curves.csv"}


def write_parquet(folder, runs, curves):
    runs.to_parquet(folder / "runs.parquet")
    curves.to_parquet(folder / "curves.parquet")
    return {"runs_table": "runs.parquet", "curves_table": "curves.parquet"}


def write_json_lines(folder, runs, curves):
    for name, table in {"runs": runs, "curves": curves}.items():
        lines = "".join(f"{json.dumps(row)}\n" for row in table.to_dict("records"))
        (folder / f"{name}.jsonl").write_text(lines)
    return {"runs_table": "runs.jsonl", "curves_table": "curves.jsonl"}


LOGGED = {"final_accuracy": "test/acc", "validation_accuracy": "val/acc"}
AS_PARAMS = {"scheme": "bias_init", "seed": "seed", "normalization": "norm"}


def write_mlflow_files(folder, runs, curves):
    return _write_mlflow(folder, runs, curves, store="mlruns")


def write_mlflow_sqlite(folder, runs, curves):
    return _write_mlflow(folder, runs, curves, store="mlflow.db")


def _write_mlflow(folder, runs, curves, *, store):
    """Write the runs by MLflow's own client, to files or to a database."""
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # which MLflow would rather not write any more
    place = folder / store
    address = f"sqlite:///{place}" if store.endswith(".db") else str(place)
    client = MlflowClient(tracking_uri=address)
    experiment = client.create_experiment("biases", artifact_location=str(folder / "artifacts"))
    for key, final, curve in by_run(runs, curves):
        run = client.create_run(experiment)
        points = [
            Metric(LOGGED["validation_accuracy"], value, 1_000 + step, step)
            for step, value in enumerate(curve)
        ]
        points.append(Metric(LOGGED["final_accuracy"], final, 2_000, len(curve) - 1))
        params = [Param(AS_PARAMS[name], str(value)) for name, value in key.items()]
        client.log_batch(run.info.run_id, metrics=points, params=params)
        client.set_terminated(run.info.run_id)
    return {
        "format": "mlflow",
        "runs_table": store,
        "columns": {**AS_PARAMS, **LOGGED},
        "steps_per_epoch": 1,
        "steps_from": 0,
    }


def write_tensorboard(folder, runs, curves):
    """Write the runs by PyTorch's own writer."""
    from torch.utils.tensorboard import SummaryWriter

    for key, final, curve in by_run(runs, curves):
        name = f"{key['normalization']}/{key['scheme']}/seed={key['seed']}"
        with SummaryWriter(str(Path(folder, "events", name))) as writer:
            for epoch, value in enumerate(curve, start=1):
                writer.add_scalar(LOGGED["validation_accuracy"], value, 10 * epoch)
            writer.add_scalar(LOGGED["final_accuracy"], final, 10 * len(curve))
    return {
        "format": "tensorboard",
        "runs_table": "events",
        "run_name": "{normalization}/{scheme}/seed={seed}",
        "columns": LOGGED,
        "steps_per_epoch": 10,
    }
