"""What a synthesis says beforehand of a study that was not run: registered, and held against it.

``make predict STUDY=studies/NAME.yaml`` writes ``predictions/NAME.json`` beside the studies: for
every scheme and normalisation of the study the interval for its effect, and the effects in the
conditions of all other studies that it is made from, with the SHA-256 of it, the time, and which
studies these are. Nothing of the study itself is in it, and no file is ever overwritten.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biasinit.errors import PlanError
from biasinit.files import lasting_file, refusals_named
from biasinit.reporting.atlas.reading import Evidence, FinishedStudy
from biasinit.statistics.synthesis.conditions import in_margins, independent, poolable
from biasinit.statistics.synthesis.random_effects import random_effects
from biasinit.study.plan import plan_digest
from biasinit.verdicts import Verdict

FOLDER = "predictions"
LOST = (Verdict.FAILS, Verdict.REFERENCE_FAILS)
PREDICTIONS = (
    *("study", "normalization", "scheme", "outcome", "condition", "registered_at", "digest"),
    *("lower", "upper", "observed", "observed_lower", "observed_upper", "inside"),
)


def register_predictions(
    study: str,
    arms: Sequence[tuple[str, str]],
    evidence: Evidence,
    sources: Sequence[FinishedStudy],
    folder: Path,
    *,
    now: datetime,
) -> Path:
    """Write what is predicted of a study, and return the file.

    Args:
        study: its name; it must be none of those that the evidence rests on.
        arms: normalisation and scheme (by its common name) of everything that is predicted.
        evidence: of all other studies.
        sources: these studies, and perhaps others that have no part in it.
        folder: where predictions lie.
        now: the time.

    Raises:
        PlanError: the study is part of the evidence, or predicted already.
        FolderError: the file cannot be written.

    """
    path = folder / f"{study}.json"
    if study in evidence.studies:
        raise PlanError(
            f"Study {study!r} was run already, so nothing can be predicted of it. Move its folder "
            "out of the results, or predict another one."
        )
    if path.exists():
        raise PlanError(
            f"{path} was registered before, and stays. Delete nothing; predict another study."
        )
    content = {
        "study": study,
        "made_from": {
            source.definitions.study: source.digest
            for source in sources
            if source.definitions.study in evidence.studies
        },
        "effects": _effects(arms, evidence),
    }
    entry = {"registered_at": now.isoformat(), "sha256": plan_digest(content), "predicted": content}
    with refusals_named(path):
        folder.mkdir(parents=True, exist_ok=True)
    with lasting_file(path) as unfinished:
        text = json.dumps(entry, indent=1, ensure_ascii=False)
        unfinished.write_text(f"{text}\n", encoding="utf-8")
    return path


def _effects(arms: Sequence[tuple[str, str]], evidence: Evidence) -> list[dict[str, Any]]:
    usable = independent(poolable(evidence.conditions))
    rows = []
    for normalization, scheme in arms:
        here = usable[(usable["normalization"] == normalization) & (usable["scheme"] == scheme)]
        for outcome, part in here.groupby("outcome", sort=False):
            effects, errors = in_margins(part)
            lower, upper = random_effects(effects, errors).prediction()
            if not math.isfinite(lower):
                continue
            rows.append(
                {
                    "normalization": normalization,
                    "scheme": scheme,
                    "outcome": str(outcome),
                    "lower": lower,
                    "upper": upper,
                    "from_effects": effects.tolist(),
                    "from_errors": errors.tolist(),
                }
            )
    return rows


def read_predictions(folder: Path, conditions: pd.DataFrame) -> pd.DataFrame:
    """Return every registered prediction, and what came of it.

    Args:
        folder: where predictions lie; it may be missing.
        conditions: from ``conditions_of``, of today's synthesis.

    Returns:
        ``PREDICTIONS`` in margins, one row for each condition of the study (one with a NaN in
        ``observed`` where there is none yet). ``lower, upper`` is the registered interval for the
        true effect. An observed effect has an error of its own, so it came *inside* where it lies
        in the interval for an effect that is measured with that error, from the same effects of
        conditions, which are registered too. A condition in which an arm fails has no effect to
        hold against.

    Raises:
        PlanError: a file was edited, or cannot be read.

    """
    rows = [row for path in sorted(folder.glob("*.json")) for row in _of_file(path, conditions)]
    return pd.DataFrame(rows, columns=list(PREDICTIONS))


def _of_file(path: Path, conditions: pd.DataFrame) -> list[dict[str, Any]]:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        predicted, digest = entry["predicted"], entry["sha256"]
        effects, study, registered_at = (
            predicted["effects"],
            predicted["study"],
            entry["registered_at"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{path} cannot be read ({error}). Restore it from a copy.") from error
    if plan_digest(predicted) != digest:
        raise PlanError(
            f"{path} was edited after it was registered: its SHA-256 does not fit. Restore it "
            "from a copy."
        )
    head = {"study": study, "registered_at": registered_at, "digest": digest}
    return [head | row for effect in effects for row in _held_against(effect, study, conditions)]


def _held_against(
    effect: Mapping[str, Any], study: str, conditions: pd.DataFrame
) -> list[dict[str, Any]]:
    keys = ("normalization", "scheme", "outcome")
    registered = {name: effect[name] for name in (*keys, "lower", "upper")}
    here = conditions[
        np.logical_and.reduce([conditions[name] == effect[name] for name in keys])
        & (conditions["studies"] == study)
    ]
    summary = random_effects(
        np.array(effect["from_effects"], dtype=float), np.array(effect["from_errors"], dtype=float)
    )
    rows = []
    for row in here.itertuples():
        observed, error = float(row.effect), float(row.effect_error)
        if not math.isfinite(observed) or row.verdict in LOST:
            observed = error = math.nan
        known = math.isfinite(observed)
        near = (math.nan, math.nan)
        if known:
            near = summary.prediction(error=error)
        own = (float(row.lower) / float(row.margin), float(row.upper) / float(row.margin))
        rows.append(
            registered
            | {
                "condition": row.condition,
                "observed": observed,
                "observed_lower": own[0] if known else math.nan,
                "observed_upper": own[1] if known else math.nan,
                "inside": near[0] <= observed <= near[1] if known else pd.NA,
            }
        )
    unknown = dict.fromkeys(("observed", "observed_lower", "observed_upper"), math.nan)
    return rows or [registered | {"condition": "", **unknown, "inside": pd.NA}]
