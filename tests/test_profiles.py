"""The profiles fit the workflow: read without a cluster."""

import re
from typing import Any

import pytest
import yaml

from biasinit.analyses.index import all_analyses
from repository import REPOSITORY

PROFILES = REPOSITORY / "profiles"
CLUSTERS = ("slurm", "sge")


def profile(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROFILES / name / "profile.yaml").read_text(encoding="utf-8"))


def rules() -> dict[str, str]:
    """Return the text of every rule, by name, but for those that are made of an analysis each."""
    found = {}
    for path in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        parts = re.split(r"^rule (\w+):$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


@pytest.mark.parametrize("place", CLUSTERS)
def test_every_rule_is_local_or_asks_for_time_and_memory_that_grow_with_the_attempt(place):
    asked = profile(place)["set-resources"]
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


@pytest.mark.parametrize("place", CLUSTERS)
def test_places_do_not_differ_in_what_makes_jobs_run_again(place):
    here, there = profile("default"), profile(place)
    for key in ("rerun-triggers", "rerun-incomplete", "scheduler", "keep-going"):
        assert here[key] == there[key], key


def test_clusters_do_not_differ_in_what_jobs_ask_for_nor_in_what_becomes_of_failed_ones():
    one, other = (profile(place) for place in CLUSTERS)
    for key in ("set-resources", "jobs", "local-cores", "retries", "latency-wait"):
        assert one[key] == other[key], key
    for place in (one, other):
        # by then the output may be that of the job which took over
        assert place["keep-incomplete"] is True


def test_the_profile_of_slurm_avoids_the_known_faults_of_the_plugin():
    slurm = profile("slurm")
    assert slurm["slurm-status-command"] == "squeue"
    assert "slurm-array-jobs" not in slurm
    # SLURM's default of 300 s keeps finished jobs for squeue long enough
    assert 3 * slurm["slurm-init-seconds-before-status-checks"] <= 300


def test_the_profile_of_grid_engine_is_not_that_of_the_plugin_with_false_successes():
    sge = profile("sge")
    assert sge["executor"] == "cluster-generic"
    for key in ("cluster-generic-submit-cmd", "cluster-generic-status-cmd", "jobscript"):
        assert (PROFILES / "sge" / sge[key]).exists()  # then Snakemake finds it there
