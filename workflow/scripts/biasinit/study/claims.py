"""The files of claims: what the thread says, what would refute it, and who does what.

``claims.yaml`` says for each claim who makes it, what is estimated, what would refute it, where
the evidence lies, and what each possible verdict says of the claim; a study may name a file of its
own. ``prevalence.yaml`` holds, for claims about what people do, one row for each source that was
looked up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from biasinit.errors import ConfigurationError, Problem
from biasinit.study.evidence import EVIDENCE, AnyEvidence, Bound, LevelEvidence
from biasinit.study.parts import Part
from biasinit.study.problems import Document, validation_problems
from biasinit.vocabulary import QUICK

Number = Annotated[int, Field(ge=1)]


class Claim(Part):
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
    about_people: bool = False
    """Whether it says what people usually do: then only prevalence refutes or supports it."""
    evidence: tuple[AnyEvidence, ...] = ()
    """Where its evidence lies; empty where no study measures it yet."""

    def _problems(self) -> Iterator[Problem]:
        for place, evidence in enumerate(self.evidence):
            words = ("refutes", "supports")
            if self.about_people and any(getattr(evidence, word, None) for word in words):
                yield Problem(
                    key=f"evidence[{place}]",
                    what="refutes or supports a claim about people, of which no run says anything.",
                    mend="Leave its 'refutes' and 'supports' out; prevalence decides such a claim.",
                )


class Practice(Part):
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
