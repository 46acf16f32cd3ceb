"""The strikes at random moments run; how many a study survives is measured in bench."""

import json
import os
import subprocess
import sys

import pytest

from repository import REPOSITORY

pytestmark = pytest.mark.slow


def test_a_study_that_is_struck_at_random_moments_is_the_one_left_alone(tmp_path):
    output = tmp_path / "outcomes.jsonl"
    command = [sys.executable, REPOSITORY / "bench" / "chaos.py", "--studies", "1"]
    command += ["--strikes", "3", "--seed", "2", "--output", output]
    folders = [REPOSITORY / "workflow" / "scripts", REPOSITORY / "tests"]
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (outcome,) = map(json.loads, output.read_text().splitlines())
    assert outcome["planned"] == 18
    assert outcome["lost"] == 0
    assert outcome["tables_equal"]
    assert 1 <= len(outcome["strikes"]) <= 3
