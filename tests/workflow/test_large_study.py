"""A study of 10,000 runs is planned in seconds, every time that a job of it starts too."""

import importlib.util
import resource

import pytest
import yaml

from repository import REPOSITORY

pytestmark = pytest.mark.slow

PLACE = REPOSITORY / "bench" / "workflow" / "dry_run.py"


def test_planning_ten_thousand_runs_takes_ten_seconds_of_a_processor_at_most(tmp_path):
    spec = importlib.util.spec_from_file_location("dry_run", PLACE)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    path = tmp_path / "large.yaml"
    path.write_text(yaml.safe_dump(bench.large_study(20)), encoding="utf-8")
    # not wall time: machines of the continuous integration do other things besides
    _, used = bench.dry_run(path)
    assert used <= 10
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 <= 512
