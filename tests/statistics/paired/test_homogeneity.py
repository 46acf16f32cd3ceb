"""Whether a contrast is the same in all cells."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.inference.study_runs import read_runs
from biasinit.statistics.paired.arms import arm_differences
from biasinit.statistics.paired.homogeneity import equal_means_p, homogeneity_p


def test_two_cells_are_compared_by_the_paired_t_test(rng):
    values = rng.normal([0.0, 0.8], size=(12, 2))
    expected = scipy.stats.ttest_rel(values[:, 0], values[:, 1]).pvalue
    assert equal_means_p(values) == pytest.approx(expected)


def test_the_unit_of_a_cell_matters_not_but_the_number_of_seeds_does(rng):
    values = rng.normal(size=(8, 3))
    assert equal_means_p(1e6 * values) == pytest.approx(equal_means_p(values))
    assert np.isnan(equal_means_p(values[:3]))  # two differences need four seeds


def test_an_effect_in_one_cell_only_is_found_at_the_row_over_all_cells(rng):
    rows = [
        (rate, scheme, seed, 5.0 * (rate == 0.1 and scheme == "one"))
        for rate in (0.01, 0.1)
        for scheme in ("zeros", "one", "other")
        for seed in range(15)
    ]
    runs = pd.DataFrame(rows, columns=["learning_rate", "scheme", "seed", "final_accuracy"])
    runs["final_accuracy"] += rng.normal(size=len(runs))
    differences = arm_differences(
        read_runs(runs),
        "final_accuracy",
        family="accuracy",
        reference="zeros",
        schemes=("zeros", "one", "other"),
        set_failed_apart=False,
    )
    found = pd.Series(homogeneity_p(differences), index=differences.labels["cell"])
    assert found.drop("all").isna().all()
    one, other = found["all"]
    assert one < 1e-3 < other
