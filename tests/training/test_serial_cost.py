"""The benchmark of the serial engine runs; what it measures is no matter here."""

import json
import os
import subprocess
import sys

import pytest

from repository import REPOSITORY

SCRIPT = REPOSITORY / "bench" / "training" / "serial_cost.py"


@pytest.mark.slow
def test_the_cost_of_a_serial_step_is_measured(tmp_path):
    output = tmp_path / "cost.json"
    options = ["--turns", "1", "--steps", "1", "--networks", "resnet-8", "--output", str(output)]
    library = str(REPOSITORY / "workflow" / "scripts")
    subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        env={**os.environ, "PYTHONPATH": library},
        check=True,
        timeout=120,
    )
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["resnet-8"]["ratio"] > 0
