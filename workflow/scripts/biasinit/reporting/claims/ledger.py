"""The ledger: each claim of the thread beside what studies measured of it.

For the page of one study it holds the claims that the study tests and names the others with the
study that tests them; for the overview it holds all claims over all finished studies.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing, Finding, Tables
from biasinit.reporting.claims.findings import finding
from biasinit.reporting.verdicts.clauses import would_decide
from biasinit.statistics.inference.multiplicity import benjamini_yekutieli
from biasinit.study.claims import Claim, ClaimsFile, Practice, name_in_claims, studies_of

DEFAULT_STUDY = "digits"  # the study of config.yaml; all others are files of their name


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A study that is not in a ledger, and the command that runs it, where that is known."""

    study: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEntry:
    """A claim with its findings, what people do where it says so, and who has not measured it."""

    claim: Claim
    findings: tuple[Finding, ...]
    practices: tuple[Practice, ...]
    elsewhere: tuple[Elsewhere, ...]
    """Studies that test it and are not in this ledger."""

    @property
    def comparisons(self) -> tuple[Finding, ...]:
        """The findings that are one comparison each."""
        return tuple(item for item in self.findings if item.grid is None)

    @property
    def grids(self) -> tuple[Finding, ...]:
        """The findings that are many numbers."""
        return tuple(item for item in self.findings if item.grid is not None)

    @property
    def people(self) -> Bearing:
        """What the sources say of a claim about people: refuted where most of them do otherwise."""
        counts = Counter(item.agrees for item in self.practices)
        half = len(self.practices) / 2
        if counts["no"] > half:
            return Bearing.REFUTES
        return Bearing.SUPPORTS if counts["yes"] > half else Bearing.OPEN

    @property
    def state(self) -> str:
        """Class of the summary in the style sheet."""
        found = {item.bearing for item in self.findings}
        if self.claim.about_people and self.practices:
            found = {self.people}
        for bearing in (Bearing.REFUTES, Bearing.OPEN, Bearing.SUPPORTS):
            if bearing in found:
                return f"claim-{bearing.name.lower()}"
        return "claim-numbers"

    @property
    def summary(self) -> str:
        """How many comparisons refute the claim, agree with it or leave it open."""
        if self.claim.about_people:
            return _PEOPLE[self.people] if self.practices else "not looked up"
        counts = Counter(item.bearing for item in self.findings)
        counts.pop(Bearing.NUMBERS, None)
        absent = counts.pop(Bearing.ABSENT, 0)
        total = sum(counts.values())
        if not total:
            if self.findings and not absent:
                return "numbers only"
            return "not measured yet" if self.elsewhere or absent else "not measured"
        words = {
            Bearing.REFUTES: "refuted in",
            Bearing.SUPPORTS: "agrees in",
            Bearing.OPEN: "open in",
        }
        parts = [f"{word} {counts[key]}" for key, word in words.items() if counts[key]]
        return f"{', '.join(parts)} of {numbers.counted(total, 'comparison')}"

    @property
    def needed(self) -> str:
        """How many seeds would decide the comparisons that leave it open; empty without any."""
        known = [
            item.needed
            for item in self.findings
            if item.bearing is Bearing.OPEN and math.isfinite(item.needed)
        ]
        if not known:
            return ""
        return would_decide(max(known), about="up to" if len(known) > 1 else "about")

    @property
    def practice_summary(self) -> str:
        """How many of the sources do what the claim says; empty where it is not about that."""
        if not self.practices:
            return ""
        counts = Counter(item.agrees for item in self.practices)
        total = len(self.practices)
        parts = [f"{counts['yes']} of {total} sources do what it says"]
        if counts["in part"]:
            parts.append(f"{counts['in part']} in part of the network")
        if counts["no"]:
            parts.append(f"{counts['no']} do otherwise")
        return f"{numbers.joined(parts)}."


_PEOPLE = {
    Bearing.REFUTES: "refuted by what people do",
    Bearing.SUPPORTS: "agrees with what people do",
    Bearing.OPEN: "open: people differ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherClaim:
    """A claim that another study tests."""

    number: int
    claim: str
    studies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger of one page."""

    source: ClaimsFile
    entries: tuple[ClaimEntry, ...]
    others: tuple[OtherClaim, ...]
    quick: bool = False
    """Whether the study is a quick try, which says nothing about the question."""

    @property
    def comparisons(self) -> int:
        """How many comparisons the p-values over all claims are adjusted for."""
        findings = [item for entry in self.entries for item in entry.findings]
        return sum(math.isfinite(item.p_over_all) for item in findings)

    @property
    def over_all(self) -> str:
        """What the p-values over all claims are; empty where there are none."""
        if not self.comparisons:
            return ""
        return (
            "The p over all claims is that of what a comparison says, adjusted for all comparisons "
            f"that may refute or support a claim ({self.comparisons}; by Benjamini and Yekutieli, "
            "which holds however they depend on each other): of those below .05, at most 5 % are "
            "expected to be wrong. Comparisons without a test, such as two arms of which no run "
            "failed, have none."
        )

    @property
    def whose(self) -> str:
        """The claims in words."""
        return "the thread's claims" if self.source.of_thread else "the claims"

    @property
    def title(self) -> str:
        """The claims as a heading."""
        return self.whose[:1].upper() + self.whose[1:]


def study_ledger(source: ClaimsFile, tables: Tables, *, study: str) -> Ledger:
    """Return the ledger of one study; it reads the tables of no other."""
    name = name_in_claims(study)
    entries, others = [], []
    for claim in source.claims:
        if name in studies_of(claim):
            entries.append(_entry(claim, source, {name: tables}))
        else:
            others.append(
                OtherClaim(number=claim.number, claim=claim.claim, studies=studies_of(claim))
            )
    return Ledger(source=source, entries=tuple(entries), others=tuple(others), quick=name != study)


def whole_ledger(source: ClaimsFile, studies: Mapping[str, Tables]) -> Ledger:
    """Return the ledger of all claims over all finished studies."""
    entries = tuple(_entry(claim, source, studies) for claim in source.claims)
    return Ledger(source=source, entries=_over_all(entries), others=())


def _over_all(entries: tuple[ClaimEntry, ...]) -> tuple[ClaimEntry, ...]:
    """Return the entries with the p-value of each comparison, adjusted for all of them.

    Each comparison has one p-value, of the test that decided. That choice costs nothing: no effect
    is both none and outside its margin, so at most one of the two hypotheses can be rejected
    falsely. Several comparisons share runs, and schemes a reference, hence Benjamini-Yekutieli.
    """
    p_values = np.array([item.p for entry in entries for item in entry.findings], dtype=float)
    adjusted = iter(benjamini_yekutieli(p_values))
    return tuple(
        replace(
            entry,
            findings=tuple(replace(item, p_over_all=next(adjusted)) for item in entry.findings),
        )
        for entry in entries
    )


def _entry(claim: Claim, source: ClaimsFile, studies: Mapping[str, Tables]) -> ClaimEntry:
    practices = source.practices or {}
    return ClaimEntry(
        claim=claim,
        findings=tuple(
            finding(evidence, studies[evidence.study])
            for evidence in claim.evidence
            if evidence.study in studies
        ),
        practices=practices.get(claim.number, ()),
        elsewhere=tuple(
            Elsewhere(study=study, command=_command(study) if source.of_thread else "")
            for study in studies_of(claim)
            if study not in studies
        ),
    )


def _command(study: str) -> str:
    """Return the command that runs a study of this repository."""
    return "make study" if study == DEFAULT_STUDY else f"make study STUDY=studies/{study}.yaml"
