"""Finished studies as one synthesis: which are in it, what is alike in them, what is left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from biasinit.errors import BiasinitError
from biasinit.reporting.atlas.names import Names, common_names, condition_names, levels_of
from biasinit.reporting.claims.overview import LEDGER_TABLES
from biasinit.statistics.inference.study_runs import read_runs, treatments
from biasinit.statistics.synthesis.conditions import conditions_of
from biasinit.statistics.synthesis.effects import (
    SETTING,
    effects_of_study,
    rate_slopes_of_study,
)
from biasinit.statistics.synthesis.moderators import moderators_of
from biasinit.statistics.synthesis.pooled import pooled_effects
from biasinit.study.definitions import StudyDefinitions, definitions_of
from biasinit.study.plan import PLAN, read_registration
from biasinit.vocabulary import AGAIN, QUICK, WITHOUT_AND_WITH

ORDER = ("dataset", "depth", "architecture", "condition")  # of conditions
ALIKE = ("zeros", "constant")  # initialisations with which all units of a layer are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedStudy:
    """A study with a registered plan and its table of runs."""

    definitions: StudyDefinitions
    digest: str
    registered_at: str
    runs: pd.DataFrame

    @property
    def compares(self) -> bool:
        """Whether there is a scheme besides the reference."""
        return bool(set(self.definitions.schemes) - {self.definitions.reference})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a synthesis rests on.

    Attributes:
        conditions: from ``conditions_of``, with ``setting``, ``depth`` and the labels of factors.
        pooled: from ``pooled_effects``.
        moderators: from ``moderators_of``.
        studies: names of those that are in it.
        left_out: sentences.
        runs: number of runs that are compared, reference and schemes.
        failed: those of them that failed.
        names: the name of each definition, by factor, "scheme" among them.
        reference: the common name of the scheme that all others are compared with.
        unless_named: what the names of conditions do not say.

    """

    conditions: pd.DataFrame
    pooled: pd.DataFrame
    moderators: pd.DataFrame
    studies: tuple[str, ...]
    left_out: tuple[str, ...]
    runs: int
    failed: int
    names: Names
    reference: str
    unless_named: str


def read_finished(results: Path) -> tuple[list[FinishedStudy], list[str]]:
    """Return the finished studies in a folder of results, and why others are none.

    Args:
        results: has a folder for each study, with ``plan.json`` and ``runs.parquet``.

    """
    found: list[FinishedStudy] = []
    left_out: list[str] = []
    for folder in sorted(path.parent for path in results.glob(f"*/{PLAN}")):
        if not (folder / LEDGER_TABLES["runs"]).exists():
            left_out.append(f"Study {folder.name} is not finished.")
            continue
        try:
            entry = read_registration(folder).plan
            definitions = definitions_of(entry["plan"]["study"])
            runs = pd.read_parquet(folder / LEDGER_TABLES["runs"])
        except (BiasinitError, OSError, pa.ArrowInvalid) as error:
            left_out.append(f"Study {folder.name} cannot be read: {error}")
            continue
        if definitions.quick or definitions.study.endswith(QUICK):
            left_out.append(f"Study {folder.name} is a quick try, which says nothing.")
            continue
        found.append(
            FinishedStudy(
                definitions=definitions,
                digest=str(entry["sha256"]),
                registered_at=str(entry["registered_at"]),
                runs=runs,
            )
        )
    return found, left_out


def synthesize(studies: Sequence[FinishedStudy], left_out: Sequence[str] = ()) -> Evidence:
    """Return one synthesis of several studies.

    Schemes, data sets, networks and optimisers of one definition are one, by the name that most
    studies give them. The reference is the one that most studies have; studies with another are
    left out, as their effects are differences from something else.
    """
    said = list(left_out)
    controls = [study.definitions.study for study in studies if study.definitions.control]
    said += [f"Study {name} is a control, whose answer is known." for name in controls]
    studies = [study for study in studies if not study.definitions.control]
    others = [study.definitions for study in studies if not study.definitions.metric.is_accuracy]
    said += [f"Study {own.study} measures {own.metric.name}, and not accuracy." for own in others]
    studies = [study for study in studies if study.definitions.metric.is_accuracy]
    alone = [study.definitions for study in studies if not study.compares]
    said += [f"Study {own.study} has {own.reference} alone, and compares nothing." for own in alone]
    studies = [study for study in studies if study.compares]
    reference = _most_common(
        study.definitions.schemes.get(study.definitions.reference, "") for study in studies
    )
    used = []
    for study in studies:
        own = study.definitions
        if own.schemes.get(own.reference, "") == reference:
            used.append(study)
        else:
            said.append(f"Study {own.study} compares with {own.reference}, and most do not.")
    names = common_names([study.definitions for study in used])
    effects, slopes = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        for parts in (
            [_effects(study, names) for study in used],
            [_slopes(study, names) for study in used],
        )
    )
    if effects.empty:
        raise NoEvidenceError(said)
    alike = effects["weight_init"].isin(ALIKE)
    if alike.any():
        said.append(
            f"{effects[alike]['setting'].nunique()} settings whose weights start alike "
            f"({', '.join(sorted(set(effects[alike]['weight_init'])))}) ask what breaks the "
            "symmetry of units, and nobody trains so."
        )
        effects = effects[~alike]
    named = condition_names(effects)
    effects = effects.assign(condition=named.names)
    conditions = conditions_of(effects.sort_values(list(ORDER), kind="stable"))
    runs = pd.concat([_compared(study) for study in used])
    said += _not_poolable(conditions)
    return Evidence(
        conditions=conditions,
        pooled=pooled_effects(conditions),
        moderators=moderators_of(conditions, slopes),
        studies=tuple(study.definitions.study for study in used),
        left_out=tuple(said),
        runs=len(runs),
        failed=int(runs["failed"].sum()),
        names=names,
        reference=names["scheme"][reference],
        unless_named=named.unless_named,
    )


class NoEvidenceError(BiasinitError):
    """Raised where no study can be compared."""

    def __init__(self, left_out: Sequence[str]) -> None:
        super().__init__(
            " ".join(
                [
                    "There is no finished study to answer from. Run one ('make study'), or name "
                    "the folder of the published ones: make answer RESULTS=docs/measured.",
                    *left_out,
                ]
            )
        )


def _compared(study: FinishedStudy) -> pd.DataFrame:
    """Return the runs of the study's schemes that enter analyses."""
    runs = treatments(read_runs(study.runs))
    return runs[runs["scheme"].isin(list(study.definitions.schemes))]


def _most_common(values: Iterable[str]) -> str:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default="")


def _effects(study: FinishedStudy, names: Names) -> pd.DataFrame:
    own = study.definitions
    effects = effects_of_study(
        study.runs,
        reference=own.reference,
        schemes=[*own.schemes],
        margins=own.margins,
        speed_margin=own.speed_margin,
        collapse_points=own.collapse_points,
    )
    return _named(effects, own, names).assign(study=own.study)


def _slopes(study: FinishedStudy, names: Names) -> pd.DataFrame:
    """Return the slopes over learning rates without batch normalisation, in margins."""
    own = study.definitions
    slopes = rate_slopes_of_study(
        study.runs, reference=own.reference, schemes=[*own.schemes], margins=own.margins
    )
    without = slopes[slopes["normalization"] == WITHOUT_AND_WITH[0]]
    return _named(without, own, names).assign(outcome="accuracy")


def _named(table: pd.DataFrame, own: StudyDefinitions, names: Names) -> pd.DataFrame:
    """Return a table with common names, and with the setting and the depth of each row."""
    levels = levels_of(own)
    table = table[~table["scheme"].astype(str).str.endswith(AGAIN)].copy()
    definitions = {}
    for factor in ("scheme", *SETTING):
        known = levels.get(factor, {})
        definitions[factor] = [known.get(str(name), str(name)) for name in table[factor]]
    table["training"] = [own.trainings.get(str(name), "") for name in table["dataset"]]
    table["depth"] = [own.depths.get(str(name), np.nan) for name in table["architecture"]]
    for factor, found in definitions.items():
        common = names.get(factor, {})
        table[factor] = [common.get(definition, definition) for definition in found]
    parts = (*(definitions[name] for name in SETTING), table["training"])
    table["setting"] = ["\n".join(values) for values in zip(*parts, strict=True)]
    return table


def _not_poolable(conditions: pd.DataFrame) -> list[str]:
    """Return sentences about conditions in which a mean has no part."""
    said = []
    for verdict, why in (
        ("reference fails", "most runs of the reference failed"),
        (
            "not estimable",
            "too few seeds have a pair of runs (two, or four to choose a learning rate by), or "
            "nothing says which learning rate is best",
        ),
    ):
        accuracy = conditions["outcome"] == "accuracy"
        here = conditions[accuracy & (conditions["verdict"] == verdict)]
        if len(here):
            places = here["condition"].drop_duplicates()
            said.append(
                f"{len(here)} comparisons of accuracy have no effect, as {why}: "
                f"{'; '.join(places)}."
            )
    return said
