"""Made-up syntheses: plausible ones, and any that hypothesis can think of."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from biasinit.reporting.atlas.contents import Synthesis

LEVELS = ("none", "batchnorm_shift")
SCHEMES = ("0.01", "0.1", "1.0", "xavier", "fan-in uniform", "normal, SD 0.05", "absent", "-1.0")


def effect_row(scheme="0.01", condition="digits, small", **changes):
    """Return a row of effects: one that lies within the margin."""
    row = {
        "outcome": "accuracy",
        "normalization": "none",
        "scheme": scheme,
        "condition": condition,
        "studies": "digits, depth",
        "dataset": condition.split(", ")[0],
        "architecture": (condition.split(", ") * 2)[1],
        "optimizer": "sgd",
        "weight_init": "he",
        "input_scaling": "unit",
        "depth": 3.0,
        "estimate": 0.1,
        "standard_error": 0.05,
        "df": 9.0,
        "lower": 0.0,
        "upper": 0.2,
        "margin": 0.5,
        "effect": 0.2,
        "effect_error": 0.1,
        "seeds": 10.0,
        "runs": 20.0,
        "failed": 0.0,
        "reference_failed": 0.0,
        "verdict": "equivalent",
    }
    return row | changes


def pooled_row(scheme="0.01", **changes):
    """Return a row of means over conditions: one whose prediction lies within the margin."""
    row = {
        "outcome": "accuracy",
        "normalization": "none",
        "scheme": scheme,
        "conditions": 9.0,
        "mean": 0.1,
        "lower": -0.1,
        "upper": 0.3,
        "between": 0.2,
        "prediction_lower": -0.5,
        "prediction_upper": 0.7,
        "p_inside": 0.97,
        "p_below": 0.01,
        "p_above": 0.02,
        "p": 0.3,
        "p_adjusted": 0.9,
    }
    return row | changes


UNPOOLED = dict.fromkeys(
    ("lower", "upper", "between", "prediction_lower", "prediction_upper", "p_inside", "p_below",
     "p_above", "p", "p_adjusted"), math.nan,
) | {"conditions": 2.0}  # fmt: skip


def moderator_row(scheme="1.0", **changes):
    row = {
        "outcome": "accuracy",
        "scheme": scheme,
        "moderator": "each doubling of hidden layers",
        "conditions": 6.0,
        "slope": -0.8,
        "lower": -1.2,
        "upper": -0.4,
        "p": 0.001,
        "p_adjusted": 0.01,
    }
    return row | changes


def prediction_row(scheme="1.0", **changes):
    row = {
        "study": "later",
        "condition": "cifar10, plain-6",
        "normalization": "none",
        "scheme": scheme,
        "outcome": "accuracy",
        "registered_at": "2026-11-29T10:00:00+00:00",
        "digest": "0123456789abcdef" * 4,
        "lower": -3.0,
        "upper": 0.5,
        "observed": -1.0,
        "observed_lower": -1.5,
        "observed_upper": -0.5,
        "inside": True,
    }
    return row | changes


def synthesis_of(effects=(), pooled=(), moderators=(), predictions=(), **changes):
    """Return a synthesis of these rows; tables without rows have no columns either."""
    whole = Synthesis(
        reference="zeros",
        unless_named="weights he, inputs unit",
        reported=frozenset({"digits", "javascript:alert(1)", "a/b"}),
        controls=None,
        effects=pd.DataFrame(list(effects)),
        pooled=pd.DataFrame(list(pooled)),
        moderators=pd.DataFrame(list(moderators)),
        predictions=pd.DataFrame(list(predictions)),
        left_out=("Study quick is a quick try, which says nothing.",),
        studies=("digits", "depth"),
        runs=4320,
        failed=312,
    )
    return replace(whole, **changes)


def plausible(schemes=SCHEMES, conditions=12, levels=LEVELS, seed=1):
    """Return a synthesis as real ones are: some schemes harm without batch normalisation."""
    rng = np.random.default_rng(seed)
    effects, pooled = [], []
    for outcome, unit in (("accuracy", 0.5), ("speed", math.log(1.25))):
        for place, level in enumerate(levels):
            for number, scheme in enumerate(schemes):
                centre = -(number % 4) * 0.9 * (1 - 0.8 * (place > 0))
                here = [
                    _drawn(rng, outcome, unit, level, scheme, _label(condition), centre)
                    for condition in range(conditions)
                    if (number + condition + place) % 7
                ]
                effects += here
                pooled.append(_mean(here, outcome, level, scheme))
    return synthesis_of(
        effects,
        pooled,
        [moderator_row(scheme) for scheme in schemes[:3]]
        + [moderator_row(scheme, p_adjusted=0.4) for scheme in schemes[3:]],
        [prediction_row(scheme) for scheme in schemes[:2]]
        + [prediction_row(schemes[0], inside=False, observed=2.0)]
        + [prediction_row(schemes[0], observed=math.nan, inside=pd.NA, condition="")],
    )


def _label(condition):
    dataset = ("digits", "cifar10", "fashion_mnist")[condition % 3]
    return f"{dataset}, plain-{2 ** (condition // 3 + 2)}, {('sgd', 'adam')[condition % 2]}, he"


def _drawn(rng, outcome, unit, level, scheme, condition, centre):
    effect = float(rng.normal(centre, 0.5))
    error = 0.3
    lower, upper = effect - 2 * error, effect + 2 * error
    verdict = "inconclusive"
    if lower > 0 or upper < 0:
        side = "better" if effect > 0 else "worse"
        verdict = f"{side} beyond the margin" if min(abs(lower), abs(upper)) > 1 else side
    elif max(-lower, upper) < 1:
        verdict = "equivalent"
    failing = float(rng.integers(0, 3)) if centre < -2 else 0.0
    if failing == 2:
        verdict, failing = "fails", 17.0
    return effect_row(
        scheme,
        condition,
        outcome=outcome,
        normalization=level,
        estimate=effect * unit,
        lower=lower * unit,
        upper=upper * unit,
        margin=unit,
        effect=effect,
        effect_error=error,
        failed=failing,
        verdict=verdict,
    )


def _mean(rows, outcome, level, scheme):
    effects = np.array([row["effect"] for row in rows if row["verdict"] != "fails"])
    key = {"outcome": outcome, "normalization": level, "scheme": scheme}
    if len(effects) < 3:
        return pooled_row(**key) | UNPOOLED | {"mean": float(effects.mean()) if len(effects) else 0}
    mean, spread = float(effects.mean()), float(effects.std(ddof=1))
    error = spread / math.sqrt(len(effects))
    certain = abs(mean) > 2 * error
    return pooled_row(
        **key,
        conditions=float(len(effects)),
        mean=mean,
        lower=mean - 2 * error,
        upper=mean + 2 * error,
        between=spread,
        prediction_lower=mean - 2.3 * spread,
        prediction_upper=mean + 2.3 * spread,
        p_inside=0.4,
        p_below=0.5 if mean < 0 else 0.1,
        p_above=0.1 if mean < 0 else 0.5,
        p=0.001 if certain else 0.3,
        p_adjusted=0.01 if certain else 0.9,
    )


NUMBERS = st.floats(-6, 6, allow_nan=False)
MAYBE = st.one_of(NUMBERS, st.just(math.nan))
WORDS = st.sampled_from(
    ("worse beyond the margin", "worse", "better beyond the margin", "better", "equivalent",
     "inconclusive", "identical", "fails", "reference fails", "equivalent", "inconclusive",
     "not estimable", "different but negligible")
)  # fmt: skip
COUNTS = st.integers(0, 40).map(float)


@st.composite
def any_synthesis(draw):
    """Return any synthesis that keeps to the columns, whether or not its tables fit together."""
    schemes = [f"scheme-{letter}" for letter in "abc"[: draw(st.integers(0, 3))]]
    levels = draw(st.lists(st.sampled_from((*LEVELS, "norm_shift")), unique=True, max_size=2))
    effects, pooled = [], []
    for outcome in draw(st.sampled_from(((), ("accuracy",), ("accuracy", "speed"), ("speed",)))):
        for level in levels:
            for scheme in schemes:
                key = {"outcome": outcome, "normalization": level}
                for place, verdict in enumerate(draw(st.lists(WORDS, max_size=3))):
                    size, failed = draw(st.tuples(MAYBE, COUNTS))
                    sizes = dict.fromkeys(("estimate", "lower", "upper", "effect"), size)
                    effects.append(
                        effect_row(
                            scheme,
                            f"condition-{place}",
                            **key,
                            **sizes,
                            failed=failed,
                            verdict=verdict,
                        )
                    )
                if draw(st.booleans()):
                    pooled.append(pooled_row(scheme, **key) | draw(_pooled_numbers()))
    return synthesis_of(
        effects,
        pooled,
        [moderator_row(name, p_adjusted=draw(st.floats(0, 1))) for name in schemes],
        [
            prediction_row(name, observed=draw(MAYBE), inside=draw(st.sampled_from((True, pd.NA))))
            for name in schemes
        ],
    )


@st.composite
def _pooled_numbers(draw):
    if draw(st.integers(0, 3)) == 0:
        return UNPOOLED
    narrow = draw(st.sampled_from((0.2, 1.0, 3.0)))
    ends = sorted(draw(st.lists(st.floats(-2 * narrow, 2 * narrow), min_size=5, max_size=5)))
    names = ("prediction_lower", "lower", "mean", "upper", "prediction_upper")
    return dict(zip(names, ends, strict=True)) | {
        "p_adjusted": draw(st.sampled_from((0.001, 0.049, 0.05, 0.9, math.nan)))
    }
