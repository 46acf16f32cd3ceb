import pytest

from biasinit.errors import RunsTableError
from biasinit.execution.costs.benchmarks import benchmark_path, read_cost, read_costs

# as Snakemake writes it
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
ROW = "33.02\t0:00:33\t345.53\t908.69\t217.95\t239.02\t0.02\t0.04\t15.01\t5.07\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_every_benchmark_is_read_with_its_rule_and_shard(tmp_path):
    write(benchmark_path(tmp_path, "collect"), HEADER + ROW)
    write(benchmark_path(tmp_path, "train", "digits/none/0.01/1.0/0"), HEADER + ROW)
    collect, train = read_costs(tmp_path)
    assert (collect.rule, collect.job) == ("collect", "")
    assert (train.rule, train.job) == ("train", "digits/none/0.01/1.0/0")
    assert (train.wall_seconds, train.cpu_seconds, train.memory_mib) == (33.02, 5.07, 345.53)


def test_what_was_too_short_to_be_measured_counts_as_nothing(tmp_path):
    row = "0.02\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n"
    write(tmp_path / "job.tsv", HEADER + row)
    cost = read_cost(tmp_path / "job.tsv", rule="collect")
    assert (cost.wall_seconds, cost.cpu_seconds, cost.memory_mib) == (0.02, 0, 0)


@pytest.mark.parametrize("content", ["", HEADER, "s\th:m:s\n1\t2\n", HEADER + "a\tb\n", None])
def test_a_damaged_benchmark_is_named_with_what_to_do(content, tmp_path):
    path = tmp_path / "job.tsv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RunsTableError, match=r"job\.tsv cannot be read .* Delete the file"):
        read_cost(path, rule="collect")
