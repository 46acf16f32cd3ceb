"""Judging a study more than once."""

import numpy as np

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.study.parts import Analysis

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
