"""The files of claims: what the thread says, what would refute it, and who does what.

``claims.yaml`` says for each claim who makes it, what is estimated, what would refute it, where
the evidence lies, and what each possible verdict says of the claim; a study may name a file of its
own. ``prevalence.yaml`` holds, for claims about what people do, one row for each source that was
looked up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from biasinit.errors import ConfigurationError, Problem
from biasinit.study.problems import Document, validation_problems
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import QUICK

Number = Annotated[int, Field(ge=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VerdictEvidence(_Model):
    """One row of a study's verdicts."""

    kind: Literal["verdict"]
    study: str
    outcome: Outcome
    normalization: str
    scheme: str
    refutes: tuple[Verdict, ...] = ()
    """Verdicts that speak against the claim."""
    supports: tuple[Verdict, ...] = ()
    """Verdicts that agree with the claim; all others leave it open."""


class Bound(_Model):
    """A mean under one scheme, and the value that refutes the claim when it is exceeded."""

    scheme: str
    above: float


class LayerEvidence(_Model):
    """Means of a probed quantity by layer."""

    kind: Literal["layers"]
    study: str
    normalization: str
    when: Literal["start", "epoch 1", "end"]
    quantity: str
    schemes: tuple[str, ...]
    refutes: Bound | None = None
    """Refuted where the interval of some layer lies above the bound."""


class TwinEvidence(_Model):
    """How far the twins of siamese networks are from each other, by architecture."""

    kind: Literal["twins"]
    study: str
    normalization: str
    when: Literal["start", "end"]
    quantity: Literal["asymmetry", "bias_distance"]
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
    reference: str = ""
    """Another scheme: then the effect of the scheme against it is compared between the levels."""
    refutes: tuple[Verdict, ...] = ()
    """Verdicts that speak against the claim."""
    supports: tuple[Verdict, ...] = ()
    """Verdicts that agree with the claim; all others leave it open."""

    @property
    def question(self) -> dict[str, str]:
        """What is asked, in the keywords of ``biasinit.statistics.LevelQuestion``."""
        names = ("normalization", "scheme", "factor", "level", "against", "reference")
        return {name: getattr(self, name) for name in names}


AnyEvidence = Annotated[
    VerdictEvidence | LayerEvidence | TwinEvidence | FailureEvidence | LevelEvidence,
    Field(discriminator="kind"),
]
EVIDENCE = (VerdictEvidence, LayerEvidence, TwinEvidence, FailureEvidence, LevelEvidence)
"""Every kind of evidence."""


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


class Practice(_Model):
    """What one source does, for a claim about what people do."""

    who: str
    """The framework, paper or program."""
    where: str
    """Which part of the network it is about."""
    does: str
    """What it does there."""
    source: str
    """File and version, or section of a paper."""
    read: Literal["at the source", "second-hand"]
    """Whether the source itself was read, or an abstract or a page that quotes it."""
    agrees: Literal["yes", "in part", "no"]
    """Whether that is what the claim says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsFile:
    """The claims of one file, and for the thread's what people do.

    Attributes:
        name: of the file, as a reader is told it.
        claims: in the order of the file.
        practices: what each source does, by the number of the claim; None where nobody looked it
            up, as for claims of a user's own.

    """

    name: str
    claims: tuple[Claim, ...]
    practices: Mapping[int, tuple[Practice, ...]] | None

    @property
    def of_thread(self) -> bool:
        """Whether these are the thread's claims, which the program's own studies test."""
        return self.practices is not None


def read_claims_file(claims: Path, prevalence: Path | None) -> ClaimsFile:
    """Return the claims of a file, with the file of what people do where there is one.

    Raises:
        ConfigurationError: a file cannot be read, or has problems, all of which are named.

    """
    return ClaimsFile(
        name=claims.name,
        claims=read_claims(claims),
        practices=None if prevalence is None else read_prevalence(prevalence),
    )


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Return the claims in a file.

    Raises:
        ConfigurationError: the file cannot be read, or has problems, all of which are named.

    """
    found: tuple[Claim, ...] = _read(path, tuple[Claim, ...])
    counts = Counter(claim.number for claim in found)
    repeated = [str(number) for number, count in sorted(counts.items()) if count > 1]
    if repeated:
        problem = Problem(
            key="number",
            what=f"{', '.join(repeated)} stands more than once.",
            mend="Number each claim once.",
        )
        raise ConfigurationError([problem], of=path.name)
    return found


def read_prevalence(path: Path) -> dict[int, tuple[Practice, ...]]:
    """Return what each source does, by the number of the claim.

    Raises:
        ConfigurationError: the file cannot be read, or has problems, all of which are named.

    """
    found: dict[int, tuple[Practice, ...]] = _read(path, dict[Number, tuple[Practice, ...]])
    return found


def _read(path: Path, kind: Any) -> Any:  # noqa: ANN401  # whatever the adapter makes
    try:
        return TypeAdapter(kind).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = Problem(
            key=str(path), what=f"cannot be read: {error}.", mend="Take the file of the repository."
        )
        raise ConfigurationError([problem], of=path.name) from None
    except ValidationError as error:
        found = list(validation_problems(error, _DOCUMENT))
        raise ConfigurationError(found, of=path.name) from None


_DOCUMENT = Document(
    name="the whole",
    of="a claim or of a source",
    example="the repository's file shows an example",
    keys={
        "": tuple(dict.fromkeys([*Claim.model_fields, *Practice.model_fields])),
        "refutes": tuple(Bound.model_fields),
    },
    families={
        "evidence": {
            get_args(kind.model_fields["kind"].annotation)[0]: tuple(kind.model_fields)
            for kind in EVIDENCE
        }
    },
)


def name_in_claims(study: str) -> str:
    """Return the name under which claims know a study: that of the study a quick try tries."""
    return study.removesuffix(QUICK)


def level_questions(claims: Iterable[Claim], study: str) -> list[dict[str, str]]:
    """Return every comparison of levels that claims ask of a study, each once, in their order."""
    asked = [
        evidence.question
        for claim in claims
        for evidence in claim.evidence
        if isinstance(evidence, LevelEvidence) and evidence.study == name_in_claims(study)
    ]
    return list({tuple(question.items()): question for question in asked}.values())


def studies_of(claim: Claim) -> tuple[str, ...]:
    """Return the studies that test a claim, each once."""
    return tuple(dict.fromkeys(evidence.study for evidence in claim.evidence))
