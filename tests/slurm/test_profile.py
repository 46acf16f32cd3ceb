"""The profile for SLURM fits the workflow: read without a cluster."""

import re

import pytest
import yaml

from biasinit.analyses.index import all_analyses
from repository import REPOSITORY

PROFILES = REPOSITORY / "profiles"
SLURM = PROFILES / "slurm" / "profile.yaml"


def rules() -> dict[str, str]:
    """Return the text of every rule, by name, but for those that are made of an analysis each."""
    found = {}
    for path in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        parts = re.split(r"^rule (\w+):$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def test_every_rule_is_local_or_asks_for_time_and_memory_that_grow_with_the_attempt():
    asked = yaml.safe_load(SLURM.read_text(encoding="utf-8"))["set-resources"]
    remote = {name for name, text in rules().items() if "localrule: True" not in text}
    remote |= {analysis.name for analysis in all_analyses() if not analysis.is_local}
    assert set(asked) == remote
    for resources in asked.values():
        assert resources["mem_mb"].endswith(" * attempt")
        assert resources["runtime"].endswith(" * attempt")


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*/profile.yaml")), ids=str)
def test_every_key_of_a_profile_has_its_reason_and_none_changes_what_is_trained(path):
    text = path.read_text(encoding="utf-8")
    assert not {"config", "configfile", "seeds_per_shard"} & set(yaml.safe_load(text))
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\S", line) and not line.startswith("#"):
            assert lines[number - 1].lstrip().startswith("#"), line


def test_places_do_not_differ_in_what_makes_jobs_run_again():
    here, there = (
        yaml.safe_load((PROFILES / name / "profile.yaml").read_text(encoding="utf-8"))
        for name in ("default", "slurm")
    )
    for key in ("rerun-triggers", "rerun-incomplete", "scheduler", "keep-going"):
        assert here[key] == there[key], key


def test_the_profile_avoids_the_known_faults_of_the_plugin():
    profile = yaml.safe_load(SLURM.read_text(encoding="utf-8"))
    assert profile["slurm-status-command"] == "squeue"
    assert "slurm-array-jobs" not in profile
    # SLURM's default of 300 s keeps finished jobs for squeue long enough
    assert 3 * profile["slurm-init-seconds-before-status-checks"] <= 300
    assert profile["keep-incomplete"] is True
