import pandas as pd
import pytest

from biasinit.execution.costs.benchmarks import benchmark_path
from biasinit.execution.costs.by_rule import costs_by_rule
from biasinit.study.shards import Shard

FACTORS = {
    "dataset": "digits",
    "architecture": "small_cnn",
    "weight_init": "he",
    "input_scaling": "standardized",
    "optimizer": "sgd",
    "learning_rate": 0.02,
    "normalization": "none",
}


def job(scheme, first_seed, **changes):
    return {
        **FACTORS,
        "scheme": scheme,
        "first_seed": first_seed,
        "runs": 20,
        "duration_seconds": 10.0,
        "evaluation_seconds": 1.0,
        "device": "cpu",
        "memory_mib": 400.0,
        "device_memory_mib": 0.0,
        "threads": 1,
    } | changes


def benchmark(folder, rule, shard="", *, wall=15.0, cpu=12.0, memory=300.0):
    path = benchmark_path(folder, rule, shard)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\tcpu_time\tmax_rss\n{wall}\t{cpu}\t{memory}\n")


@pytest.fixture
def jobs():
    return pd.DataFrame([job("zeros", 0), job("zeros", 20), job("1.0", 0, device="An H100")])


@pytest.fixture
def costs(jobs, tmp_path):
    for row in jobs.to_dict("records"):
        benchmark(tmp_path, "train", Shard.of_job(row).path)
    benchmark(tmp_path, "calibrate", wall=2.0, cpu=1.5, memory=900.0)
    benchmark(tmp_path, "prepare_data", "digits", wall=3.0, cpu=3.0)
    benchmark(tmp_path, "write_report", wall=1000.0)
    benchmark(tmp_path, "train", "digits/left/over/0", wall=1000.0)
    return costs_by_rule(tmp_path, jobs).set_index(["rule", "scheme"])


def test_a_shard_has_the_path_that_the_workflow_gives_it():
    assert (
        Shard.of_job(job("1.0", 40)).path == "digits/small_cnn/none/he/standardized/sgd/0.02/1.0/2"
    )


def test_costs_are_summed_by_scheme_by_rule_and_in_all(costs):
    assert list(costs.index) == [
        ("train", "zeros"),
        ("train", "1.0"),
        ("train", "all"),
        ("prepare_data", "all"),
        ("calibrate", "all"),
        ("all", "all"),
    ]
    zeros = costs.loc["train", "zeros"]
    assert (zeros["jobs"], zeros["runs"], zeros["wall_seconds"]) == (2, 40, 30)
    everything = costs.loc["all", "all"]
    assert everything["wall_seconds"] == 3 * 15 + 2 + 3
    assert everything["cpu_seconds"] == 3 * 12 + 1.5 + 3
    assert (everything["training_seconds"], everything["evaluation_seconds"]) == (27, 3)
    assert everything["memory_mib"] == 900


def test_time_of_a_gpu_is_that_of_the_jobs_that_had_one(costs):
    assert costs.loc["train", "zeros"]["gpu_seconds"] == 0
    assert costs.loc["train", "1.0"]["gpu_seconds"] == 10


def test_a_job_knows_its_peak_of_memory_better_than_one_who_looks_now_and_then(costs):
    assert costs.loc["train", "zeros"]["memory_mib"] == 400


def test_a_shard_without_a_benchmark_counts_with_the_time_that_it_notes(jobs, tmp_path):
    costs = costs_by_rule(tmp_path, jobs)
    assert costs["wall_seconds"].iloc[-1] == 30


def test_brought_runs_cost_their_analysis_alone_and_nothing_where_nothing_ran(tmp_path):
    assert costs_by_rule(tmp_path, None).empty
    benchmark(tmp_path, "calibrate")
    costs = costs_by_rule(tmp_path, None)
    assert costs["rule"].tolist() == ["calibrate", "all"]
    assert costs["wall_seconds"].tolist() == [15, 15]
