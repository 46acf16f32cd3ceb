"""What a cluster does to a study: the study finishes, to the same bytes."""

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
    study.finish_without_the_node(frozen)
    assert "SLURM status is: 'NODE_FAIL'" in study.log()
    struck.assert_harmless(undisturbed)


def test_a_job_that_goes_on_without_its_daemon_ends_when_another_node_has_it(
    cluster, undisturbed, start, strike
):
    study, frozen = start()
    struck = strike("only the node's daemon dies, its job goes on", study)
    study.finish_beside_a_job_out_of_sight(frozen)
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
    study.finish_after_a_killed_snakemake(frozen)
    struck.assert_harmless(undisturbed)
