"""Rows of a study's tables, and pieces of evidence that ask for them."""

from biasinit.study.claims import (
    Claim,
    ClaimsFile,
    LayerEvidence,
    LevelEvidence,
    VerdictEvidence,
    read_claims_file,
)
from repository import REPOSITORY

VERDICT = {
    "outcome": "accuracy",
    "normalization": "none",
    "scheme": "one",
    "reference": "zeros",
    "verdict": "worse",
    "estimate": -1.234,
    "lower": -2.0,
    "upper": -0.5,
    "level": 95.0,
    "margin_lower": -0.5,
    "margin_upper": 0.5,
    "fragile": True,
    "depends_on": "learning_rate",
    "seeds": 20,
    "seeds_needed": float("nan"),
    "failed": 3,
    "reference_failed": 0,
}


OPEN = {"verdict": "inconclusive", "seeds_needed": 53.0, "fragile": False, "depends_on": ""}


LEVEL = {
    "normalization": "none",
    "scheme": "zeros",
    "reference": "",
    "factor": "architecture",
    "level": "untied",
    "against": "shared",
    "seeds": 20,
    "estimate": 0.041,
    "simultaneous_lower": -0.17,
    "simultaneous_upper": 0.25,
    "interval_level": 95.0,
    "margin": 0.5,
    "runs": 20,
    "against_runs": 20,
    "failed": 0,
    "against_failed": 1,
    "verdict": "equivalent",
    "seeds_needed": float("nan"),
}


def verdict_evidence(**changes):
    given = {"study": "s", "outcome": "accuracy", "normalization": "none", "scheme": "one"}
    return VerdictEvidence(kind="verdict", **(given | {"refutes": ("worse",)} | changes))


def level_evidence(**changes):
    names = ("normalization", "scheme", "factor", "level", "against")
    given = {name: LEVEL[name] for name in names} | {"supports": ("equivalent",)}
    return LevelEvidence(kind="levels", study="s", **(given | changes))


def layer_evidence(**changes):
    given = {"normalization": "none", "when": "start", "quantity": "dead_fraction"}
    given |= {"schemes": ("zeros", "one")}
    return LayerEvidence(kind="layers", study="s", **(given | changes))


def one_claim(*evidence, name="mine.yaml", **changes):
    """Return a file of a user's with one claim."""
    words = {"claim": "c", "said_by": "a", "source": "b", "estimand": "e.", "refuted_if": "r."}
    claim = Claim(number=1, evidence=evidence, **(words | changes))
    return ClaimsFile(name=name, claims=(claim,), practices=None)


THREAD = read_claims_file(REPOSITORY / "claims.yaml", REPOSITORY / "prevalence.yaml")
