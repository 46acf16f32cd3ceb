"""The registered plan: what the study set out to do, written down before its first run.

``plan.json`` holds the whole study with its SHA-256 and the time, and is never overwritten. Any
later difference is appended to ``plan_deviations.jsonl``. The report says "confirmatory" only
when there is none, or when the only one is a planned look.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from biasinit.errors import ConfigurationError, PlanError
from biasinit.files import lasting_file, refusals_named
from biasinit.metric import Metric
from biasinit.study.kinds import as_registered
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.reading import parse_any_study
from biasinit.study.retired import without_idle

PLAN = "plan.json"
DEVIATIONS = "plan_deviations.jsonl"
PLANNED_LOOK = "planned look"

# ASSUME: the estimands and rules below are the same for every study; a study chooses schemes,
# factors, margins and thresholds.
RULES: dict[str, Any] = {
    "estimands": {
        "accuracy": "mean over cells of final test accuracy, scheme minus reference, in points",
        "interaction": "accuracy contrast with batch normalisation minus the one without",
        "speed": "restricted mean epochs to the threshold, scheme against reference",
        "failure": "share of runs that diverge or never learn, scheme minus reference",
    },
    "families": {
        "accuracy": "every scheme against the reference, without and with batch normalisation",
        "interaction": "every scheme's contrast of contrasts",
        "speed": "every scheme against the reference, without and with batch normalisation",
    },
    "exclusions": "none; failed runs are kept and reported",
    "final accuracy": "test set after the last epoch, never the best epoch",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The plan as registered, and the deviations from it so far."""

    plan: dict[str, Any]
    deviations: list[dict[str, Any]]


def plan_of(
    study: Study | ImportedStudy, own_code: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the plan of a study as plain values.

    Args:
        study: what the study file says.
        own_code: version of each user's own object, by the place that names it.

    """
    plan = {"study": json.loads(study.model_dump_json()), "rules": _rules(study.measured)}
    return plan | ({"code": dict(own_code)} if own_code else {})


def _rules(metric: Metric) -> dict[str, Any]:
    """Return the rules of a study in the words of what it measures."""
    if metric.is_accuracy:
        return RULES
    estimands = {
        "accuracy": f"mean over cells of {metric.name}, scheme minus reference, in {metric.unit}; "
        f"{metric.better} is better",
        "interaction": f"{metric.name} contrast with batch normalisation minus the one without",
    }
    rules = {key: rule for key, rule in RULES.items() if key != "final accuracy"}
    return rules | {"estimands": RULES["estimands"] | estimands}


def planned_seeds(plan: Mapping[str, Any]) -> list[int]:
    """Return the numbers of seeds at which a plan looks at the study, in order."""
    return [look["seeds"] for look in plan["study"]["analysis"].get("looks", [])]


def plan_digest(plan: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a plan, over its canonical JSON."""
    text = json.dumps(plan, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def register(plan: Mapping[str, Any], folder: Path, *, now: datetime) -> None:
    """Register a plan, as ``plan_of`` makes it, or append what differs from the registered one.

    Raises:
        PlanError: the registered plan cannot be read, or is that of another study.
        FolderError: the plan cannot be written.

    """
    entry = {"registered_at": now.isoformat(), "sha256": plan_digest(plan), "plan": plan}
    with refusals_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        registered = (folder / PLAN).exists()
    if registered:
        _append_deviation(plan, folder, now=now)
        return
    # a plan cut short by a full disk could never be read again, nor replaced
    with lasting_file(folder / PLAN) as unfinished:
        text = json.dumps(entry, indent=2, ensure_ascii=False)
        unfinished.write_text(f"{text}\n", encoding="utf-8")


def read_registration(folder: Path) -> Registration:
    """Return the registered plan of a study and its deviations.

    Raises:
        PlanError: there is no registered plan, or it cannot be read or was edited.

    """
    path = folder / PLAN
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        lines = (
            (folder / DEVIATIONS).read_text(encoding="utf-8").splitlines()
            if (folder / DEVIATIONS).exists()
            else []
        )
        deviations = [json.loads(line) for line in lines]
        registered, digest = plan["plan"], plan["sha256"]
    except FileNotFoundError:
        raise PlanError(
            f"{path} is missing: the study's plan was not registered. Start the study with "
            "'make study' or 'snakemake', which register it before the first run; a workflow that "
            "uses this one as a module must call its onstart (docs/elsewhere.md)."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{path} cannot be read ({error}). Restore it from a copy.") from error
    if plan_digest(registered) != digest:
        raise PlanError(
            f"{path} was edited after it was registered: its SHA-256 does not fit. Restore it "
            "from a copy."
        )
    return Registration(plan=plan, deviations=deviations)


def _append_deviation(plan: Mapping[str, Any], folder: Path, *, now: datetime) -> None:
    registration = read_registration(folder)
    registered = registration.plan["plan"]
    _check_same_study(registered, plan, folder)
    changes = list(_changes("", _with_todays_keys(registered), plan))
    in_use = registration.deviations[-1]["changes"] if registration.deviations else []
    if changes == in_use:
        return
    entry = {
        "time": now.isoformat(),
        "sha256": plan_digest(plan),
        "kind": _kind(changes, registered),
        "changes": changes,
    }
    path = folder / DEVIATIONS
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    with lasting_file(path) as unfinished:
        line = json.dumps(entry, ensure_ascii=False)
        unfinished.write_text(f"{before}{line}\n", encoding="utf-8")


def _with_todays_keys(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a plan with the keys that studies got after it was registered.

    They stand at their defaults, or where those would change it at what it was without them. And
    without retired keys that did nothing. A plan with other keys that are not known any more
    is returned as it is; all differences are then named.
    """
    kept = as_registered(without_idle(plan.get("study", {})))
    try:
        study = parse_any_study(kept)
    except (ConfigurationError, KeyError):
        return plan
    return {**plan, "study": plan_of(study)["study"]}


def _check_same_study(registered: Mapping[str, Any], plan: Mapping[str, Any], folder: Path) -> None:
    """Refuse another study of the same name, whose runs would take the place of the first one's.

    Raises:
        PlanError: one of the two brings its runs and the other trains them, or their seeds key
            other streams of random numbers.

    """
    before, now = registered.get("study", {}), plan["study"]
    if ("runs_table" in before) != ("runs_table" in now):
        kinds = ["brings its runs as a table", "trains its runs"]
        first, second = kinds if "runs_table" in before else reversed(kinds)
        what = f"{first}, and this one {second}"
    elif "runs_table" not in now and before.get("study_seed") != now["study_seed"]:
        what = f"has study_seed {before.get('study_seed')}, and this one {now['study_seed']}"
    else:
        return
    raise PlanError(
        f"{folder} belongs to another study of the name {now['study']!r}: that one {what}. Give "
        "this study another name in 'study', or delete the folder if its results may go."
    )


def _changes(key: str, registered: object, current: object) -> Iterator[dict[str, Any]]:
    if isinstance(registered, Mapping) and isinstance(current, Mapping):
        for name in [*registered, *(name for name in current if name not in registered)]:
            inner = f"{key}.{name}" if key else name
            yield from _changes(inner, registered.get(name), current.get(name))
    elif registered != current:
        yield {"key": key, "registered": registered, "now": current}


def _kind(changes: list[dict[str, Any]], registered: Mapping[str, Any]) -> str:
    keys = {change["key"] for change in changes}
    if not keys:
        return "back to the registered plan"
    if keys == {"study.seeds"} and changes[0]["now"] in planned_seeds(registered):
        return PLANNED_LOOK
    if keys == {"study.seeds"}:
        added = changes[0]["now"] > changes[0]["registered"]
        return "added seeds" if added else "fewer seeds"
    if all(key.split(".")[0] == "code" for key in keys):
        return "changed code of one's own"
    if all(key.startswith("study.analysis.") for key in keys):
        return "changed analysis"
    return "changed study"
