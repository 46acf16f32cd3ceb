"""The kinds of evidence, and what a study measured of a piece of each.

Verdicts are those of the study's tables, and which verdict refutes or supports a claim stands in
the file of claims. Two kinds ask what no analysis tabulates, the share of dead starts and first
guesses: they are judged here, by an interval from ``biasinit.statistics``. A new kind is a model in
``biasinit.study.evidence``, a file beside this one, and a line below.
"""

from collections.abc import Mapping
from typing import Any

from biasinit.reporting.claims import (
    dead_starts,
    failures,
    first_guesses,
    layers,
    levels,
    twins,
    verdict,
)
from biasinit.reporting.claims.finding import Finding, Kind, Tables
from biasinit.study.evidence import (
    EVIDENCE,
    AnyEvidence,
    DeadStartEvidence,
    FailureEvidence,
    FirstGuessEvidence,
    LayerEvidence,
    LevelEvidence,
    TwinEvidence,
    VerdictEvidence,
)

_KINDS: Mapping[type, Kind[Any]] = {
    VerdictEvidence: verdict.KIND,
    LayerEvidence: layers.KIND,
    TwinEvidence: twins.KIND,
    FailureEvidence: failures.KIND,
    DeadStartEvidence: dead_starts.KIND,
    FirstGuessEvidence: first_guesses.KIND,
    LevelEvidence: levels.KIND,
}
if set(_KINDS) != set(EVIDENCE):
    raise LookupError("Every kind of evidence needs a way to find it, and no other has one.")

READS = tuple(dict.fromkeys(name for kind in _KINDS.values() for name in kind.reads))
"""The tables that evidence is read from."""


def finding(evidence: AnyEvidence, tables: Tables) -> Finding:
    """Return what a study measured of one piece of evidence.

    Args:
        evidence: what is asked.
        tables: those of the study that it names.

    """
    return _KINDS[type(evidence)].find(evidence, tables)
