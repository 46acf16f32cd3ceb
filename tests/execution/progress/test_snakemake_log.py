from pathlib import Path

import pytest

from biasinit.execution.progress.snakemake_log import SnakemakeLog

# from a log of Snakemake 9.27
RUNNING = """\
Building DAG of jobs...
Provided cores: 2
Select jobs to execute...
Execute 2 jobs...

[Wed Nov  5 17:16:24 2026]
Job 6: Training zeros_again, none, learning rate 0.02, shard 0
Reason: Missing output files: results/tiny/jobs/0.parquet; Input files updated by another job: x
[Wed Nov  5 17:16:24 2026]
Job 7: Training zeros, batchnorm_shift, learning rate 0.02, shard 0
Reason: Missing output files: results/tiny/runs/0.parquet
[Wed Nov  5 17:16:54 2026]
Finished jobid: 6 (Rule: train)
2 of 21 steps (10%) done
"""
FAILING = """\
RuleException:
CalledProcessError in file "/study/workflow/rules/training.smk", line 45:
Command 'set -euo pipefail;  python train.py' returned non-zero exit status 1.
[Wed Nov  5 17:17:39 2026]
Error in rule train:
    message: None
    jobid: 7
    input: results/tiny/data/digits.npz
    output: results/tiny/runs/0.parquet, results/tiny/jobs/0.parquet
    log: results/tiny/logs/train/zeros/0.log (check log file(s) for error details)
Logfile results/tiny/logs/train/zeros/0.log:
================================================================================
Finished jobid: 9 is not what this line says
================================================================================
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "snakemake.log"
    path.write_text(RUNNING)
    return path


def test_a_finished_job_is_told_with_its_message_and_time(path):
    log = SnakemakeLog(path)
    (end,) = log.new_ends()
    assert (end.job, end.rule, end.failed, end.seconds) == (6, "train", False, 30)
    assert end.what == "Training zeros_again, none, learning rate 0.02, shard 0"
    assert (log.finished, log.planned) == (2, 21)


def test_a_failed_job_is_told_with_its_log(path):
    log = SnakemakeLog(path)
    assert len(list(log.new_ends())) == 1
    with path.open("a") as file:
        file.write(FAILING)
    (end,) = log.new_ends()
    assert (end.job, end.rule, end.failed, end.seconds) == (7, "train", True, 75)
    assert end.what == "Training zeros, batchnorm_shift, learning rate 0.02, shard 0"
    assert end.log == Path("results/tiny/logs/train/zeros/0.log")


def test_a_log_is_followed_wherever_it_was_cut_off(path):
    text = (RUNNING + FAILING).encode()
    log, ends = SnakemakeLog(path), []
    path.write_bytes(b"")
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(text), 7):
            file.write(text[start : start + 7])
            ends += log.new_ends()
    assert [end.job for end in ends] == [6, 7]


def test_a_job_without_a_message_goes_by_its_rule(path):
    path.write_text("localrule all:\n    jobid: 0\nFinished jobid: 0 (Rule: all)\n")
    (end,) = SnakemakeLog(path).new_ends()
    assert (end.what, end.seconds) == ("all", None)
