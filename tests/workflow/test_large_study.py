"""A study of 10,000 runs can be planned; how long that takes is for bench/workflow/dry_run.py."""

import importlib.util

import pytest
import yaml

from repository import REPOSITORY
from workspace import Workspace

pytestmark = pytest.mark.slow

PLACE = REPOSITORY / "bench" / "workflow" / "dry_run.py"


def test_ten_thousand_runs_are_planned_as_five_hundred_shards(tmp_path):
    spec = importlib.util.spec_from_file_location("dry_run", PLACE)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    workspace = Workspace.fresh(tmp_path)
    text = yaml.safe_dump(bench.large_study(20))
    (workspace.folder / "tiny.yaml").write_text(text, encoding="utf-8")
    assert workspace.planned()["train"] == bench.ARMS * bench.SEEDS // 20
