"""Error rates of the analysis on simulated studies; a bar fails only outside Clopper-Pearson.

Five schemes with one five times noisier, two normalisations, 20 seeds. The way from table to
verdict is simulated by bench/statistics/verdict_simulation.py.
"""

import numpy as np
import pandas as pd
import pytest
from whole_study import analysed

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.seed_tests import family_table, one_sample
from generated_study import SCHEMES, generated_runs

DEVIATIONS = np.array([0.4, 0.4, 0.8, 2.0, 0.4])  # points, the reference first
TABLES = 250


def _differences(rng, *, failing):
    """Per-seed differences from the reference, both normalisations, and whether a run failed."""
    columns, any_failed = [], False
    for shrink in (1.0, 0.5):
        runs = rng.normal(size=(20, 5)) * DEVIATIONS * shrink + rng.normal(0, 0.3, (20, 1))
        failed = rng.uniform(size=(20, 5)) < failing
        columns.append(np.where(failed[:, 1:] | failed[:, :1], np.nan, runs[:, 1:] - runs[:, :1]))
        any_failed |= bool(failed.any())
    return np.concatenate(columns, axis=1), any_failed


def _family(differences, any_failed, key):
    plan = FlipPlan(alpha=0.05, resamples=1_000, analysis_seed=key)
    return family_table(differences, plan, any_failed=any_failed, name="simulation")


@pytest.mark.parametrize("failing", [0.0, 0.01])
def test_family_wise_error_and_coverage_hold_with_unequal_arms(failing):
    rng = np.random.default_rng(1)
    rejected = covered = 0
    for key in range(TABLES):
        table = _family(*_differences(rng, failing=failing), key)
        rejected += bool((table["p_adjusted"] <= 0.05).any())
        covered += int(((table["lower"] <= 0) & (table["upper"] >= 0)).sum())
    assert clopper_pearson(rejected, TABLES)[0] <= 0.06
    low, high = clopper_pearson(covered, 8 * TABLES)
    assert low <= 0.965
    assert high >= 0.935


def test_an_effect_of_one_and_a_half_deviations_is_found_with_twenty_seeds():
    rng = np.random.default_rng(2)
    found = 0
    for key in range(200):
        differences, _ = _differences(rng, failing=0.0)
        differences[:, 0] += 1.5 * 0.4
        found += _family(differences, False, key)["p_adjusted"][0] <= 0.05
    assert clopper_pearson(found, 200)[1] >= 0.9
    assert found / 200 > 0.85


def test_equivalence_is_claimed_at_the_margin_as_rarely_as_it_should():
    """2,000 contrasts of 20 seeds whose truth is the margin."""
    values = np.random.default_rng(3).normal(0.5, 0.4, (20, 2_000))
    tests = one_sample(values)
    columns = (tests[name].to_numpy() for name in ("estimate", "standard_error", "df"))
    claimed = int((two_one_sided_p(*columns, -0.5, 0.5) < 0.05).sum())
    low, high = clopper_pearson(claimed, 2_000)
    assert low <= 0.05 <= high


def _verdicts(runs, key):
    found = analysed(
        runs,
        schemes=SCHEMES,
        margins={"digits": 0.5},
        epochs=None,
        resamples=1_000,
        analysis_seed=key,
    )
    return found["verdicts"]


def _null_study(rng, template):
    """The generated study with accuracies that no scheme changes, one scheme five times noisier."""
    spread = template["scheme"].map({"xavier": 2.0}).fillna(0.4).to_numpy()
    blocks = rng.normal(0, 0.3, (2, 20))
    place = (template["normalization"] == "none").astype(int)
    block = blocks[place, template["seed"]]
    return template.assign(final_accuracy=98 + block + spread * rng.normal(size=len(template)))


def test_verdict_table_of_one_null_study_claims_nothing_wrong():
    template = generated_runs(schemes=SCHEMES, rates=(0.02,), failing=False)
    treated = template[template["normalization"] != "batchnorm"].reset_index(drop=True)
    verdicts = _verdicts(_null_study(np.random.default_rng(6), treated), 1)
    assert isinstance(verdicts, pd.DataFrame)
    claims = verdicts[verdicts["outcome"].isin(["accuracy", "interaction"])]
    assert set(claims["verdict"]) <= {"equivalent", "inconclusive"}
