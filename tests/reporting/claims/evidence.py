"""Rows of a study's tables, and pieces of evidence that ask for them."""

from biasinit.study.claims import Claim, ClaimsFile, read_claims_file
from biasinit.study.evidence import LayerEvidence, LevelEvidence, VerdictEvidence
from repository import REPOSITORY

VERDICT = {
    "outcome": "accuracy",
    "normalization": "none",
    "scheme": "one",
    "reference": "zeros",
    "cell": "all",
    "conditions": 2,
    "verdict": "worse",
    "estimate": -1.234,
    "lower": -2.0,
    "upper": -0.5,
    "level": 95.0,
    "margin_lower": -0.5,
    "margin_upper": 0.5,
    "fragile": True,
    "depends_on": "",
    "p": 0.004,
    "p_below": 0.9,
    "p_inside": 0.1,
    "p_above": 0.0,
    "seeds": 20,
    "seeds_needed": float("nan"),
    "seeds_needed_low": float("nan"),
    "seeds_needed_high": float("nan"),
    "failed": 3,
    "reference_failed": 0,
}


OPEN = {"verdict": "inconclusive", "fragile": False, "p_inside": 0.7}
OPEN |= {"seeds_needed": 53.0, "seeds_needed_low": 40.0, "seeds_needed_high": 81.0}


LEVEL = {
    "normalization": "none",
    "scheme": "zeros",
    "reference": "",
    "factor": "architecture",
    "level": "untied",
    "against": "shared",
    "cell": "all",
    "conditions": 1,
    "seeds": 20,
    "estimate": 0.041,
    "printed_lower": -0.17,
    "printed_upper": 0.25,
    "printed_level": 95.0,
    "p": 0.4,
    "p_equivalence": 0.002,
    "p_below": 0.0,
    "p_inside": 0.998,
    "p_above": 0.002,
    "depends_on": "",
    "fragile": False,
    "margin": 0.5,
    "runs": 20,
    "against_runs": 20,
    "failed": 0,
    "against_failed": 1,
    "verdict": "equivalent",
    "seeds_needed": float("nan"),
    "seeds_needed_low": float("nan"),
    "seeds_needed_high": float("nan"),
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
