"""What Grid Engine does to a study: the study finishes, to the same bytes."""

import signal
import time

import pytest
from cluster_study import ClusterStudy
from grid_engine import HOSTS, PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sge]

WAITING = "Grid Engine takes no job now; waiting."


@pytest.fixture
def begin(cluster, tmp_path):
    """What starts the study without waiting for anything."""
    studies = []

    def begin():
        study = ClusterStudy(tmp_path / "struck", cluster)
        studies.append(study)
        study.start("--until", "collect")
        return study

    yield begin
    for study in studies:
        study.stop()


def submitted(study):
    """Return how many jobs went to Grid Engine."""
    return study.log().count("with external jobid")


def test_a_deleted_job_is_submitted_again_and_goes_on(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("job deleted", study)
    cluster.cancel(frozen.job)
    study.finish()
    assert cluster.accounted(frozen.job)["failed"].startswith("100 ")
    assert submitted(study) == 5
    struck.assert_harmless(undisturbed)


def test_a_job_that_was_deleted_while_it_waited_is_submitted_again(
    cluster, undisturbed, start, strike
):
    """Grid Engine keeps no record of such a job: it is simply gone."""
    cluster.close(HOSTS[1])
    try:
        study, frozen = start(others_finish=0)
        job = study.wait_until(cluster.waiting)[0]
        struck = strike("waiting job deleted", study)
        cluster.cancel(job)
    finally:
        cluster.open(HOSTS[1])
    frozen.thaw()
    study.finish()
    assert "not found" in cluster.run("qacct", "-j", job, check=False)
    assert submitted(study) == 5
    struck.assert_harmless(undisturbed)


def test_a_job_whose_host_dies_goes_on_at_another(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("host dies", study)
    study.finish_without_the_node(frozen)
    assert submitted(study) > 4
    struck.assert_harmless(undisturbed)


def test_a_job_that_goes_on_without_its_daemon_ends_when_another_host_has_it(
    cluster, undisturbed, start, strike
):
    study, frozen = start()
    struck = strike("only the host's daemon dies, its job goes on", study)
    study.finish_beside_a_job_out_of_sight(frozen)
    struck.assert_harmless(undisturbed)


def test_a_job_over_its_time_limit_goes_on_with_more_time(cluster, undisturbed, start, strike):
    study, frozen = start(minutes=1)
    struck = strike("time limit", study)
    study.finish()
    assert "h_rt=60," in cluster.accounted(frozen.job)["category"]
    assert cluster.accounted(frozen.job)["failed"] != "0"
    assert frozen.is_gone()
    struck.assert_harmless(undisturbed)


def test_a_job_is_waited_for_and_believed_while_the_master_is_away(
    cluster, undisturbed, start, strike
):
    study, frozen = start()
    struck = strike("master away while a job runs", study)
    cluster.stop_master()
    try:
        time.sleep(20)  # four times the patience
        assert study.command.poll() is None  # the job is neither finished nor lost
        frozen.thaw()
        study.finish()  # the job itself said that it succeeded
    finally:
        cluster.start_master()
    assert submitted(study) == 4
    struck.assert_harmless(undisturbed)


def test_a_master_that_comes_back_finds_no_job_given_up(
    cluster, undisturbed, start, strike, monkeypatch
):
    """It hears of no host for up to half a minute, and lists the job as one out of its sight."""
    monkeypatch.setitem(cluster.environment, PATIENCE, "180")
    study, frozen = start()
    struck = strike("master restarted while a job runs", study)
    cluster.stop_master()
    time.sleep(5)
    cluster.start_master()
    assert cluster.hosts_heard() == set()
    study.wait_until(lambda: cluster.hosts_heard() == set(HOSTS))
    assert not frozen.is_gone()
    frozen.thaw()
    study.finish()
    assert submitted(study) == 4
    struck.assert_harmless(undisturbed)


def test_jobs_are_submitted_when_the_master_is_back(cluster, undisturbed, begin, strike):
    cluster.stop_master()
    try:
        study = begin()
        study.wait_until(lambda: WAITING in study.log())
        struck = strike("master away when jobs are submitted", study)
    finally:
        cluster.start_master()
    study.finish()
    assert submitted(study) == 4
    struck.assert_harmless(undisturbed)


def test_a_full_queue_is_waited_for(cluster, undisturbed, begin, strike):
    cluster.allow_jobs(2)
    try:
        study = begin()
        study.wait_until(lambda: "only 2 jobs are allowed per user" in study.log())
        struck = strike("queue full", study)
        study.finish()
    finally:
        cluster.allow_jobs(0)
    assert submitted(study) == 4
    struck.assert_harmless(undisturbed)


def test_a_study_that_is_stopped_leaves_no_jobs_and_goes_on(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("SIGINT", study)
    study.command.send_signal(signal.SIGINT)
    said, _ = study.command.communicate()
    assert "Stopped. The same command goes on from here" in said
    frozen.thaw()
    frozen.wait_until_gone()
    study.start("--until", "collect")
    study.finish()
    struck.assert_harmless(undisturbed)


def test_jobs_of_a_killed_snakemake_end_when_the_study_goes_on(cluster, undisturbed, start, strike):
    study, frozen = start()
    struck = strike("SIGKILL of Snakemake, its jobs go on", study)
    study.finish_after_a_killed_snakemake(frozen)
    struck.assert_harmless(undisturbed)
