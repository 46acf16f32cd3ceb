"""The ledger of claims: each sentence of the thread beside what was measured.

``claims.yaml`` says for each claim who makes it, what is estimated, what would refute it, and
where the evidence lies: in which table of which study. The ledger fills in numbers from the
studies that have been run; it decides nothing that their verdicts have not decided.

``python -m biasinit.reporting.claims > docs/claims.md`` writes it from ``results/``.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from biasinit.errors import BiasinitError, ConfigurationError, Problem
from biasinit.reporting import numbers
from biasinit.reporting.catalogue import normalization_label
from biasinit.statistics import Evidence, Verdict, judge, paired_contrasts
from biasinit.statistics.equivalence_columns import equivalence_columns
from biasinit.vocabulary import FACTORS

Number = Annotated[int, Field(ge=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VerdictEvidence(_Model):
    """One row of a study's verdicts."""

    kind: Literal["verdict"]
    study: str
    outcome: Literal["accuracy", "interaction", "speed", "failure"]
    normalization: str
    scheme: str


class LayerEvidence(_Model):
    """Means of a probed quantity by layer."""

    kind: Literal["layers"]
    study: str
    normalization: str
    when: Literal["start", "epoch 1", "end"]
    quantity: str
    schemes: tuple[str, ...]


class FailureEvidence(_Model):
    """How many runs failed, and the mean accuracy, by level of a factor."""

    kind: Literal["failures"]
    study: str
    normalization: str
    factor: str
    schemes: tuple[str, ...]


class LevelEvidence(_Model):
    """Accuracy at one level of a factor against another, within seeds, under one scheme."""

    kind: Literal["levels"]
    study: str
    normalization: str
    scheme: str
    factor: str
    level: str
    against: str


AnyEvidence = Annotated[
    VerdictEvidence | LayerEvidence | FailureEvidence | LevelEvidence, Field(discriminator="kind")
]


class Claim(_Model):
    """A sentence of the thread and how it is tested."""

    number: Number
    claim: str
    """The sentence, paraphrased."""
    said_by: str
    """Who says it."""
    source: str
    """Where it is to be read."""
    estimand: str
    """What is estimated."""
    refuted_if: str
    """What would refute it."""
    evidence: tuple[AnyEvidence, ...] = ()
    """Where its evidence lies; empty where no study measures it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTables:
    """The tables of one study that evidence is read from; margins by data set, in points."""

    runs: pd.DataFrame
    verdicts: pd.DataFrame
    layer_means: pd.DataFrame
    margins: Mapping[str, float]


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Return the claims in a file.

    Raises:
        ConfigurationError: the file cannot be read, or has problems, all of which are named.

    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = TypeAdapter(tuple[Claim, ...]).validate_python(content)
    except (OSError, yaml.YAMLError) as error:
        problem = Problem(key=str(path), what=f"cannot be read: {error}.", mend="")
        raise ConfigurationError([problem]) from None
    except ValidationError as error:
        raise ConfigurationError(
            [
                Problem(
                    key=f"{path.name}: {'.'.join(map(str, detail['loc']))}",
                    what=f"{detail['msg']}, got {detail['input']!r}.",
                    mend="",
                )
                for detail in error.errors(include_url=False)
            ]
        ) from None
    repeated = {claim.number for claim in found if _count(found, claim.number) > 1}
    if repeated:
        problem = Problem(
            key=path.name,
            what=f"has the number {', '.join(map(str, sorted(repeated)))} more than once.",
            mend="Number each claim once.",
        )
        raise ConfigurationError([problem])
    return found


def _count(claims: Iterable[Claim], number: int) -> int:
    return sum(claim.number == number for claim in claims)


def finding(evidence: AnyEvidence, tables: Mapping[str, StudyTables]) -> str | None:
    """Return in words what a study measured, or None where it has not been run.

    Raises:
        ConfigurationError: the study has been run and has no such row.

    """
    study = tables.get(evidence.study)
    if study is None:
        return None
    match evidence:
        case VerdictEvidence():
            return _verdict(evidence, study)
        case LayerEvidence():
            return _layers(evidence, study)
        case FailureEvidence():
            return _failures(evidence, study)
        case LevelEvidence():
            return _levels(evidence, study)


def _selected(frame: pd.DataFrame, evidence: AnyEvidence, **levels: object) -> pd.DataFrame:
    for column, value in levels.items():
        values = list(value) if isinstance(value, tuple) else [value]
        frame = frame[frame[column].astype(str).isin([str(item) for item in values])]
    if frame.empty:
        words = ", ".join(f"{column} {value}" for column, value in levels.items())
        problem = Problem(
            key="claims.yaml",
            what=f"asks the study {evidence.study!r} for {words}, which it does not have.",
            mend="Name a level of that study.",
        )
        raise ConfigurationError([problem])
    return frame


def _verdict(evidence: VerdictEvidence, study: StudyTables) -> str:
    row = _selected(
        study.verdicts,
        evidence,
        outcome=evidence.outcome,
        normalization=evidence.normalization,
        scheme=evidence.scheme,
    ).iloc[0]
    return f"**{row['verdict']}**: {row['headline']}"


def _layers(evidence: LayerEvidence, study: StudyTables) -> str:
    rows = _selected(
        study.layer_means,
        evidence,
        normalization=evidence.normalization,
        when=evidence.when,
        quantity=evidence.quantity,
        scheme=evidence.schemes,
    )
    parts = []
    for scheme in evidence.schemes:
        layers = [
            f"{row['layer']} {_value(row['estimate'])} "
            f"({_value(row['lower'])} to {_value(row['upper'])})"
            for row in rows[rows["scheme"] == scheme].to_dict("records")
        ]
        parts.append(f"{scheme}: {', '.join(layers)}")
    where = normalization_label(evidence.normalization)
    what = evidence.quantity.replace("_", " ")
    return f"{what}, {where}, at the {evidence.when}: {'; '.join(parts)}."


def _value(value: float) -> str:
    return numbers.number(float(value), decimals=3)


def _failures(evidence: FailureEvidence, study: StudyTables) -> str:
    rows = _selected(
        study.runs, evidence, normalization=evidence.normalization, scheme=evidence.schemes
    )
    parts = []
    for level, at_level in rows.groupby(evidence.factor, sort=True):
        arms = [
            f"{scheme} {int(part['failed'].sum())} of {len(part)} failed, "
            f"mean accuracy {numbers.number(float(part['final_accuracy'].mean()), decimals=1)} %"
            for scheme in evidence.schemes
            if len(part := at_level[at_level["scheme"] == scheme])
        ]
        parts.append(f"{level}: {'; '.join(arms)}")
    where = normalization_label(evidence.normalization)
    return f"{where}, by {evidence.factor.replace('_', ' ')} — {'. '.join(parts)}."


def _levels(evidence: LevelEvidence, study: StudyTables) -> str:
    rows = _selected(
        study.runs,
        evidence,
        **{
            "normalization": evidence.normalization,
            "scheme": evidence.scheme,
            evidence.factor: (evidence.level, evidence.against),
        },
    )
    others = [name for name in FACTORS if name != evidence.factor and rows[name].nunique() > 1]
    # as in the verdicts: failures are counted, and accuracy is compared where both arms trained
    trained = rows[~rows["seed"].isin(rows.loc[rows["failed"], "seed"])]
    if trained["seed"].nunique() < 2:
        return (
            f"**{Verdict.NOT_ESTIMABLE.value}** (biases: {evidence.scheme}): "
            f"{int(rows['failed'].sum())} of {len(rows)} runs failed."
        )
    found = paired_contrasts(
        trained, "final_accuracy", evidence.factor, evidence.against, average_over=others
    ).iloc[0]
    margin = min(study.margins[name] for name in rows["dataset"].unique())
    estimate, error, df = (
        np.array([float(found[name])]) for name in ("estimate", "standard_error", "df")
    )
    equivalence = equivalence_columns(
        estimate, error, df, np.array([margin]), family=np.array([True])
    ).iloc[0]
    arms = {
        level: rows.loc[rows[evidence.factor].astype(str) == level, "failed"]
        for level in (evidence.level, evidence.against)
    }
    judgement = judge(
        Evidence(
            outcome="accuracy",
            normalization=evidence.normalization,
            scheme=evidence.level,
            reference=evidence.against,
            estimate=float(found["estimate"]),
            lower=float(found["simultaneous_lower"]),
            upper=float(found["simultaneous_upper"]),
            null=0.0,
            margin_lower=-margin,
            margin_upper=margin,
            different=float(found["p_adjusted"]) <= 0.05,
            p_equivalence_adjusted=float(equivalence["p_equivalence_adjusted"]),
            alpha=0.05,
            higher_is_better=True,
            seeds=int(found["seeds"]),
            runs=len(arms[evidence.level]),
            reference_runs=len(arms[evidence.against]),
            failed=int(arms[evidence.level].sum()),
            reference_failed=int(arms[evidence.against].sum()),
        )
    )
    return f"**{judgement.verdict.value}** (biases: {evidence.scheme}): {judgement.headline}"


def ledger_markdown(claims: Iterable[Claim], tables: Mapping[str, StudyTables]) -> str:
    """Return the ledger as Markdown: what was measured, or the command that measures it."""
    lines = [
        "# The thread's claims",
        "",
        "Made from `claims.yaml` and the studies that were run, by "
        "`python -m biasinit.reporting.claims`.",
        "A verdict holds for the network, data and training of its study.",
    ]
    for claim in claims:
        lines += [
            "",
            f"## {claim.number}. {claim.claim}",
            "",
            f"Said by {claim.said_by} ({claim.source}).",
            f"Estimated: {claim.estimand}",
            f"Refuted if: {claim.refuted_if}",
            "",
        ]
        lines += [f"- {text}" for text in _findings(claim, tables)]
    return "\n".join(lines) + "\n"


def _findings(claim: Claim, tables: Mapping[str, StudyTables]) -> list[str]:
    if not claim.evidence:
        return ["Not measured: no study of this version tests it."]
    found, missing = [], []
    for evidence in claim.evidence:
        text = finding(evidence, tables)
        if text is None:
            missing.append(evidence.study)
        else:
            found.append(f"Study `{evidence.study}`: {text}")
    return found + [
        f"Not measured yet: study `{study}` has not been run." for study in dict.fromkeys(missing)
    ]


def read_studies(results: Path) -> dict[str, StudyTables]:
    """Return the tables of every finished study in a folder of results, by name."""
    found = {}
    for folder in sorted(
        path.parent.parent for path in results.glob("*/analysis/verdicts.parquet")
    ):
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["plan"]
        found[folder.name] = StudyTables(
            runs=pd.read_parquet(folder / "runs.parquet"),
            verdicts=pd.read_parquet(folder / "analysis" / "verdicts.parquet"),
            layer_means=pd.read_parquet(folder / "analysis" / "layer_means.parquet"),
            margins=plan["study"]["analysis"]["margins"],
        )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the ledger."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.claims", description=__doc__)
    parser.add_argument("--claims", type=Path, default=Path("claims.yaml"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(arguments)
    try:
        text = ledger_markdown(read_claims(options.claims), read_studies(options.results))
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
