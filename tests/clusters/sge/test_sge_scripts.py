"""The scripts of profiles/sge say what they were told, with commands that answer as these do."""

import ast
import json
import os
import subprocess
import sys
import time

import pytest

from repository import REPOSITORY

PROFILE = REPOSITORY / "profiles" / "sge"
NAME = "train-0123456789ab"
LISTING = """<?xml version='1.0'?><job_info><queue_info><job_list state="running">
<JB_job_number>46</JB_job_number><JB_name>{name}</JB_name><JB_owner>me</JB_owner>
<state>{state}</state><queue_name>{queue}</queue_name></job_list></queue_info></job_info>"""
RECORD = "qname  all.q\nfailed       {failed}\nexit_status  {exit_status}\nru_wallclock 3s\n"
LOG = "results/quick/logs/train/0.log"
NOTHING = "<?xml version='1.0'?><job_info><queue_info></queue_info></job_info>"


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Commands of Grid Engine that say what a test wants, and note how they were called."""
    return PretendedCommands(tmp_path, monkeypatch)


class PretendedCommands:
    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.notes = folder / ".snakemake" / "sge"
        self.notes.mkdir(parents=True)
        self._programs = folder / "bin"
        self._programs.mkdir()
        monkeypatch.setenv("PATH", f"{self._programs}:{os.environ['PATH']}")
        monkeypatch.chdir(folder)
        self.say("qstat", NOTHING)
        self.say("qacct", "", status=1)
        self.say("qselect", "", status=1)
        self.say("qdel")

    def say(self, program, text="", *, status=0, then=""):
        """Let a program say something; with ``then``, other words of a shell afterwards."""
        (self.folder / f"{program}.says").write_text(text)
        path = self._programs / program
        path.write_text(
            f'#!/bin/sh\necho "$@" >> {self.folder}/{program}.asked\n'
            f"cat {self.folder}/{program}.says\n{then}\nexit {status}\n"
        )
        path.chmod(0o755)

    def asked(self, program):
        path = self.folder / f"{program}.asked"
        return path.read_text().splitlines() if path.exists() else []

    def lists(self, state, queue="", name=NAME):
        self.say("qstat", LISTING.format(state=state, queue=queue, name=name))

    def status(self, *, patience=180):
        done = subprocess.run(
            [sys.executable, PROFILE / "status.py", NAME],
            env=os.environ | {"BIASINIT_SGE_PATIENCE_SECONDS": str(patience)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def status_after_patience(self):
        """Return the second of two answers, the patience being over in between."""
        assert self.status(patience=0.01) == "running"
        time.sleep(0.05)
        return self.status(patience=0.01)


@pytest.mark.parametrize(("note", "status"), [("0\n", "success"), ("1\n", "failed")])
def test_a_job_that_noted_how_it_ended_is_believed_while_the_master_is_away(cluster, note, status):
    (cluster.notes / f"{NAME}.exit").write_text(note)
    cluster.say("qstat", status=1)
    assert cluster.status() == status
    assert not cluster.asked("qstat")


def test_nothing_is_known_of_a_job_while_the_master_is_away(cluster):
    cluster.say("qstat", status=1)
    cluster.say("qacct", RECORD.format(failed=0, exit_status=0))
    for _ in range(3):
        assert cluster.status(patience=0) == "running"
    assert not cluster.asked("qacct")


def test_an_answer_that_cannot_be_read_says_nothing(cluster):
    cluster.say("qstat", "<job_info><queue_info>")
    assert cluster.status_after_patience() == "running"


@pytest.mark.parametrize("state", ["qw", "hqw", "t", "r", "s", "dr"])
def test_a_listed_job_runs_whatever_it_waits_for(cluster, state):
    cluster.lists(state, "all.q@n1")
    cluster.say("qselect", "all.q@n2\n")
    assert cluster.status_after_patience() == "running"


def test_a_job_that_cannot_be_started_has_failed_and_is_deleted(cluster):
    cluster.lists("Eqw")
    assert cluster.status() == "failed"
    assert cluster.asked("qdel") == [NAME]


def test_a_job_on_a_host_that_is_not_heard_is_given_up_after_a_while(cluster):
    cluster.lists("r", "all.q@n1")
    cluster.say("qselect", "all.q@n1\nother.q@n1\n")
    assert cluster.status() == "running"
    assert cluster.status() == "running"
    assert not cluster.asked("qdel")
    assert cluster.status(patience=0) == "failed"
    assert cluster.asked("qdel") == [NAME]


@pytest.mark.parametrize("comes_back", ["host", "master"])
def test_patience_begins_anew_when_a_host_was_heard_or_the_master_was_away(cluster, comes_back):
    """A master that was started anew has heard of no host yet."""
    cluster.lists("r", "all.q@n1")
    cluster.say("qselect", "all.q@n1\n")
    assert cluster.status(patience=0.01) == "running"
    time.sleep(0.05)
    if comes_back == "host":
        cluster.say("qselect", status=1)
    else:
        cluster.say("qstat", status=1)
    assert cluster.status(patience=0.01) == "running"
    cluster.lists("r", "all.q@n1")
    cluster.say("qselect", "all.q@n1\n")
    assert cluster.status(patience=0.01) == "running"


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([(0, 0)], "success"),
        ([(0, 1)], "failed"),
        ([("100 : assumedly after job", "137                  (Killed)")], "failed"),
        ([("37  : qmaster enforced h_rt limit", 0)], "failed"),
        ([("25  : rescheduling", 0), (0, 0)], "success"),
        ([(0, 0), (0, 1)], "failed"),
    ],
)
def test_a_job_that_is_gone_ended_as_its_last_record_says(cluster, records, status):
    text = "".join(RECORD.format(failed=failed, exit_status=code) for failed, code in records)
    cluster.say("qacct", text)
    cluster.lists("r", name="another-job")
    assert cluster.status() == status
    assert cluster.asked("qacct") == [f"-j {NAME}"]


@pytest.mark.parametrize("text", ["", "failed 0\n"])
def test_a_job_that_is_gone_without_a_whole_record_has_never_succeeded(cluster, text):
    cluster.say("qacct", text)
    assert cluster.status_after_patience() == "failed"  # the record may have been on its way


def jobscript(folder, *, threads=1, **resources):
    """Return a script as Snakemake writes it from the profile's template."""
    properties = {"rule": "train", "threads": threads, "resources": resources, "log": [LOG]}
    path = folder / "snakejob.train.6.sh"
    template = (PROFILE / "jobscript.sh").read_text()
    path.write_text(template.format(properties=json.dumps(properties), exec_job="exit 3"))
    return path


def submit(script, **environment):
    return subprocess.run(
        [sys.executable, PROFILE / "submit.py", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_needs_become_requests_and_the_name_is_what_snakemake_is_told(cluster):
    cluster.say("qsub", "Your job 46 has been submitted")
    done = submit(
        jobscript(
            cluster.folder, threads=3, mem_mb=2000, runtime=60, gpu=1, disk_mb=9,
            sge_memory="h_vmem", sge_gpu="ngpus", sge_parallel="openmp",
            sge_options="-q 'a b' -P mine",
        ),
        BIASINIT_CHECKPOINT_SECONDS="20",
        SECRET="told to nobody",
    )  # fmt: skip
    name = done.stdout.strip()
    (words,) = cluster.asked("qsub")
    assert words.startswith("-cwd -S /bin/sh -r n -j y -o .snakemake/sge -v ")
    assert " -l h_rt=3600,h_vmem=667M,ngpus=1 -pe openmp 3 -q a b -P mine " in words
    assert words.endswith(f" -N {name} {cluster.folder}/snakejob.train.6.sh")
    assert name.startswith("train-")
    assert submit(jobscript(cluster.folder)).stdout.strip() != name
    handed_down = words.split(" -v ")[1].split()[0].split(",")
    assert {"PATH", "BIASINIT_CHECKPOINT_SECONDS"} <= set(handed_down)
    assert "SECRET" not in handed_down


def test_a_job_that_says_nothing_of_its_needs_asks_for_nothing(cluster):
    cluster.say("qsub", "Your job 46 has been submitted")
    assert submit(jobscript(cluster.folder)).returncode == 0
    (words,) = cluster.asked("qsub")
    assert " -l " not in words
    assert " -pe " not in words


def test_a_job_that_is_refused_is_so_in_the_words_of_grid_engine(cluster):
    cluster.say("qsub", 'Unable to run job: unknown resource "mem".', status=1)
    done = submit(jobscript(cluster.folder))
    assert done.returncode == 1
    said = 'Grid Engine refuses the job: Unable to run job: unknown resource "mem".\n'
    assert done.stdout == said
    assert (cluster.folder / LOG).read_text() == said  # make study shows the log of what failed


def test_a_job_whose_submission_was_not_answered_is_not_submitted_twice(cluster):
    """The name is in the queue: the job is there, only the answer is not."""
    cluster.say("qsub", "got read error", status=1, then=f'echo "$@" > {cluster.folder}/qstat.says')
    done = submit(jobscript(cluster.folder))
    assert done.returncode == 0
    assert len(cluster.asked("qsub")) == 1
    assert done.stdout.strip() in cluster.asked("qsub")[0]


def test_a_login_node_without_grid_engine_is_named(cluster):
    done = submit(jobscript(cluster.folder), PATH=str(cluster.folder))
    assert done.returncode == 1
    assert done.stdout.startswith("There is no qsub: set up Grid Engine first")


@pytest.mark.parametrize(
    "words",
    ["Please set the environment variable SGE_ROOT.", "unable to read qmaster name: no such file"],
)
def test_a_cluster_that_is_not_set_up_is_named_and_not_waited_for(cluster, words):
    cluster.say("qsub", f"Unable to initialize environment because of error: {words}", status=1)
    cluster.say("qstat", status=1)
    done = submit(jobscript(cluster.folder))
    assert done.returncode == 1
    assert done.stdout.startswith("qsub finds no cluster: set up Grid Engine first")


def test_a_job_notes_how_it_ended(cluster):
    done = subprocess.run(
        ["/bin/sh", jobscript(cluster.folder)], env={"JOB_NAME": NAME}, check=False
    )
    assert done.returncode == 3
    assert (cluster.notes / f"{NAME}.exit").read_text() == "3\n"
    assert cluster.status() == "failed"


@pytest.mark.parametrize("name", ["submit.py", "status.py"])
def test_the_scripts_are_read_by_the_python_of_an_old_login_node(name):
    path = PROFILE / name
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    assert os.access(path, os.X_OK)
