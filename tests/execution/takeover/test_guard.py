import os
import subprocess
import sys

from biasinit.execution.takeover.guard import EXIT_STATUS, WORKFLOW_PROCESS
from repository import REPOSITORY

JOB = """
import time
from biasinit.execution.takeover.guard import end_with_workflow
end_with_workflow()
print("started", flush=True)
time.sleep(60)
"""


def start_job(workflow: int) -> subprocess.Popen:
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY / "workflow" / "scripts"),
        WORKFLOW_PROCESS: str(workflow),
    }
    return subprocess.Popen([sys.executable, "-c", JOB], stdout=subprocess.PIPE, env=environment)


def test_a_job_ends_when_its_workflow_is_killed_though_its_parent_lives():
    with subprocess.Popen(["sleep", "60"]) as workflow, start_job(workflow.pid) as job:
        assert job.stdout.readline() == b"started\n"
        assert job.poll() is None
        workflow.kill()
        workflow.wait()
        assert job.wait(timeout=10) == EXIT_STATUS


def test_a_job_of_a_workflow_that_is_gone_ends_at_once():
    with subprocess.Popen(["true"]) as workflow:
        workflow.wait()
    with start_job(workflow.pid) as job:
        assert job.wait(timeout=10) == EXIT_STATUS
