"""What a cluster does to a study: the study finishes, to the same bytes."""

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.slurm]


def test_a_cancelled_job_is_submitted_again_and_goes_on(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("job cancelled", study)
    cluster.cancel(frozen.job)
    study.finish()
    assert "SLURM status is: 'CANCELLED'" in study.log()
    struck.assert_harmless(undisturbed)


def test_a_job_whose_node_dies_goes_on_at_another(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("node dies", study)
    cluster.kill_node(frozen.node)
    study.wait_until(frozen.is_gone)
    try:
        study.finish()
    finally:
        cluster.start_node(frozen.node)
    assert "SLURM status is: 'NODE_FAIL'" in study.log()
    struck.assert_harmless(undisturbed)


def test_a_job_that_goes_on_without_its_daemon_ends_when_another_node_has_it(
    cluster, undisturbed, start, strike
):
    study, frozen = start()
    struck = strike("only the node's daemon dies, its job goes on", study)
    cluster.kill_daemon(frozen.node)
    try:
        study.wait_until(frozen.is_leased_anew)
        frozen.thaw()  # now two processes train one shard
        study.wait_until(frozen.is_gone)
        study.finish()
    finally:
        cluster.start_node(frozen.node)
    struck.assert_harmless(undisturbed)


def test_a_job_over_its_time_limit_goes_on_with_more_time(cluster, undisturbed, start, strike):
    study, frozen = start(minutes=1)
    struck = strike("time limit", study)
    study.finish()
    assert "SLURM status is: 'TIMEOUT'" in study.log()
    assert frozen.is_gone()
    struck.assert_harmless(undisturbed)


def test_jobs_of_a_killed_snakemake_end_when_the_study_goes_on(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("SIGKILL of Snakemake, its jobs go on", study)
    (snakemake,) = psutil.Process(study.command.pid).children()
    snakemake.kill()
    study.command.communicate()
    assert study.command.returncode != 0
    assert not frozen.is_gone()
    study.start("--until", "collect")
    study.wait_until(frozen.is_leased_anew)
    frozen.thaw()  # the job that nobody waits for, and the one that took over
    study.wait_until(frozen.is_gone)
    study.finish()
    struck.assert_harmless(undisturbed)
