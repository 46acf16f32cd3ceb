"""The registered plan on the page: whether the study kept to it, and what its verdicts are then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.study.plan import PLANNED_LOOK, planned_seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The registered plan, and whether the study kept to it."""

    status: str
    explanation: str
    sha256: str
    time: str
    plan: str
    deviations: tuple[str, ...]


def registration(
    study: StudyFacts, plan: Mapping[str, Any], deviations: Sequence[Mapping[str, Any]]
) -> Registration:
    """Return the registered plan, and whether the study kept to it.

    Args:
        study: the study.
        plan: the registered plan; empty when none was registered.
        deviations: what differs from the plan, one mapping for each.

    """
    reason = _why_exploratory(study, plan, deviations)
    kept = "The plan was registered before the first run, and nothing departs from it."
    return Registration(
        status="exploratory" if reason else "confirmatory",
        explanation=reason or kept + _look_in_words(study, plan),
        sha256=plan["sha256"] if plan else numbers.MISSING,
        time=plan["registered_at"] if plan else numbers.MISSING,
        plan=yaml.safe_dump(dict(plan), sort_keys=False, allow_unicode=True) if plan else "",
        deviations=tuple(_deviation(item) for item in deviations),
    )


def _why_exploratory(
    study: StudyFacts, plan: Mapping[str, Any], deviations: Sequence[Mapping[str, Any]]
) -> str:
    """Return why verdicts are exploratory, or nothing where the study kept to its plan."""
    if study.imported:
        return (
            "The runs were brought from outside, so the plan was registered after they were made."
        )
    if not plan:
        return "No plan was registered before the first run, so every verdict is exploratory."
    planned = planned_seeds(plan["plan"])
    if planned and study.seeds not in planned:
        return (
            f"The plan looks at {', '.join(map(str, planned))} seeds, not at {study.seeds}, so "
            "these verdicts are exploratory."
        )
    departures = [item for item in deviations if item["kind"] != PLANNED_LOOK]
    if departures:
        return (
            "The analysis departs from the registered plan in "
            f"{numbers.counted(len(departures), 'place')}, listed under Methods; verdicts are "
            "exploratory."
        )
    return ""


def _look_in_words(study: StudyFacts, plan: Mapping[str, Any]) -> str:
    """Return which look this is and what it spends, or nothing where one look was planned."""
    analysis = plan["plan"]["study"]["analysis"] if plan else {}
    looks = analysis.get("looks", [])
    for place, look in enumerate(looks):
        if look["seeds"] == study.seeds:
            return (
                f" This is look {place + 1} of {len(looks)}: it spends {look['alpha']:g} of the "
                f"error rate of {analysis['alpha']:g}, and its intervals are wider accordingly."
            )
    return ""


def _deviation(item: Mapping[str, Any]) -> str:
    """Return one entry of ``plan_deviations.jsonl`` in words."""
    changes = [
        f"{change['key']}: registered {change['registered']}, now {change['now']}"
        for change in item["changes"]
    ]
    return ": ".join([f"{item['time']} {item['kind']}", *(["; ".join(changes)] if changes else [])])
