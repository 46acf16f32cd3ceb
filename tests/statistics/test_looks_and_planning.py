"""Judging a study more than once, and planning how many seeds will decide it."""

import numpy as np
import pandas as pd
import pytest

from biasinit.config import Analysis
from biasinit.statistics import fit_mixed, paired_contrasts, seeds_needed
from biasinit.statistics.failure import clopper_pearson
from biasinit.statistics.paired import one_sample

LOOKS = (20, 30, 40, 60)
STUDIES = 8_000


def _rejected_at_any_look(alphas):
    values = np.random.default_rng(5).normal(size=(max(LOOKS), STUDIES))
    rejected = np.zeros(STUDIES, dtype=bool)
    for seeds, alpha in zip(LOOKS, alphas, strict=True):
        rejected |= one_sample(values[:seeds])["p"].to_numpy() <= alpha
    return clopper_pearson(int(rejected.sum()), STUDIES)


def test_adding_seeds_until_p_is_small_doubles_the_error():
    """Hence verdicts after unplanned seeds are exploratory; 12 % in the literature."""
    lower, upper = _rejected_at_any_look([0.05] * 4)
    assert 0.10 < lower < upper < 0.14


def test_planned_looks_keep_the_error_of_all_looks_together():
    looks = [{"seeds": seeds, "alpha": 0.0125} for seeds in LOOKS]
    analysis = Analysis(margins={"digits": 0.5}, looks=looks)
    lower, upper = _rejected_at_any_look([analysis.alpha_at(seeds) for seeds in LOOKS])
    assert upper < 0.05
    assert lower > 0.02  # Bonferroni gives some of it away, not all


def _runs(rng, seeds, *, effect):
    """Two arms in two cells, one three times noisier, with an intercept for each block."""
    rows = []
    for cell in ("slow", "fast"):
        block = rng.normal(0, 0.4, seeds)
        for scheme, mean, deviation in (("zeros", 98.0, 0.3), ("one", 98.0 + effect, 0.9)):
            outcome = mean + block + rng.normal(0, deviation, seeds)
            rows.append(
                pd.DataFrame(
                    {
                        "scheme": scheme,
                        "cell": cell,
                        "seed": range(seeds),
                        "accuracy": outcome,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def test_a_study_of_the_recommended_size_has_the_promised_power():
    """Fit a large study, ask for the seeds, and simulate studies of that size afresh."""
    rng, effect = np.random.default_rng(6), 0.35
    large = _runs(rng, 400, effect=effect)
    fit = fit_mixed(large, "accuracy ~ scheme * cell", ["seed:cell"], residual_by="scheme")
    means = {"scheme[T.zeros]": -1.0, "scheme[T.zeros]:cell[T.slow]": -0.5}
    assert fit.test(means).estimate == pytest.approx(effect, abs=0.1)
    found = seeds_needed(fit, means, seeds=400, margin=np.nan, rng=rng)
    truth = (0.3**2 + 0.9**2) / 2  # variance of one seed's contrast, over two cells
    assert found.difference == pytest.approx(
        7.85 * truth / fit.test(means).estimate ** 2 + 2, rel=0.12
    )
    estimated = fit.test(means).estimate
    rejected, studies = 0, 600
    for _ in range(studies):
        runs = _runs(rng, int(found.difference), effect=estimated)
        table = paired_contrasts(
            runs, "accuracy", "scheme", "zeros", average_over="cell", resamples=1_000
        )
        rejected += bool(table["p"].iloc[0] <= 0.05)
    lower, upper = clopper_pearson(rejected, studies)
    assert lower < 0.83
    assert upper > 0.77


def test_seeds_for_equivalence_come_from_the_model_too():
    rng = np.random.default_rng(7)
    fit = fit_mixed(
        _runs(rng, 200, effect=0.0),
        "accuracy ~ scheme * cell",
        ["seed:cell"],
        residual_by="scheme",
    )
    means = {"scheme[T.zeros]": -1.0, "scheme[T.zeros]:cell[T.slow]": -0.5}
    found = seeds_needed(fit, means, seeds=200, margin=0.3, draws=20_000, rng=rng)
    deviation = fit.test(means).standard_error * np.sqrt(200)
    assert found.equivalence == pytest.approx(8.56 * (deviation / 0.3) ** 2 + 1, rel=0.05)
