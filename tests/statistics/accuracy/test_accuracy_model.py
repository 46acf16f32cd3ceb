"""The mixed model of accuracy: what its runs share, and standard errors that allow for it."""

import numpy as np
import pandas as pd
import pytest
from r_results import DF, EFFECT, ERROR, P, expected, r_table

from biasinit.statistics.accuracy.accuracy_model import (
    AccuracyModel,
    contrast_rows,
    fit_accuracy,
    model_table,
    random_terms,
)
from biasinit.statistics.mixed.fitting import fit_mixed

SCHEMES = ("zeros", "small", "one", "kaiming")


def _runs(rng, *, seeds=20, cells=5, seed=1.0, block=0.0, scheme=0.0, levels=("none",)):
    """Runs whose residual SD is 1, with the SDs of what runs of a seed share."""
    shape = (len(levels), cells, seeds, len(SCHEMES))
    index = np.indices(shape).reshape(4, -1)
    accuracy = (
        97
        + seed * rng.normal(size=(1, 1, seeds, 1))
        + block * rng.normal(size=(1, cells, seeds, 1))
        + scheme * rng.normal(size=(1, 1, seeds, len(SCHEMES)))
        + rng.normal(size=shape)
    )
    return pd.DataFrame(
        {
            "normalization": np.array(levels)[index[0]],
            "cell": [f"learning_rate {place}" for place in index[1]],
            "seed": index[2],
            "scheme": np.array(SCHEMES)[index[3]],
            "final_accuracy": accuracy.ravel(),
        }
    )


def _tests(fit, cell="all", *, crossed=False):
    rows = [contrast_rows(fit, name, "zeros", cell, crossed=crossed)[0] for name in SCHEMES[1:]]
    return fit.tests(np.array(rows))


def test_every_term_has_its_margins_and_none_is_the_residual():
    runs = _runs(np.random.default_rng(1), seeds=3, levels=("none", "batchnorm_shift"))
    alone = runs[runs["normalization"] == "none"]
    assert random_terms(alone, joint=False) == ["seed", "seed:cell", "seed:scheme"]
    assert random_terms(runs, joint=True) == [
        *("seed", "seed:cell", "seed:scheme"),
        *("seed:normalization", "seed:cell:normalization", "seed:scheme:normalization"),
    ]


def test_in_one_cell_the_seed_is_the_block():
    runs = _runs(np.random.default_rng(1), cells=1, levels=("none", "batchnorm_shift"))
    assert random_terms(runs[runs["normalization"] == "none"], joint=False) == ["seed"]
    assert random_terms(runs, joint=True) == ["seed", "seed:scheme", "seed:normalization"]


def test_seeds_that_no_two_cells_share_are_blocks_alone():
    runs = _runs(np.random.default_rng(1))
    runs["seed"] = runs["seed"].astype(str) + runs["cell"]
    assert random_terms(runs, joint=False) == ["seed"]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [0.0, 0.5])
def test_cells_that_share_seeds_do_not_inflate_standard_errors(scheme):
    """The error of a mean over cells is known here; without (1|seed) it came out 1.5 to 2 times.

    ``bench/statistics/shared_seeds.py`` has 2,000 tables of each case, against empirical SDs.
    """
    tests = [
        _tests(fit_accuracy(_runs(np.random.default_rng(key), scheme=scheme), joint=False).fit)
        for key in range(40)
    ]
    errors = np.array([test["standard_error"] for test in tests])
    truth = np.sqrt(2 * (scheme**2 + 1 / 5) / 20)
    assert np.sqrt((errors**2).mean()) == pytest.approx(truth, rel=0.1)


def test_a_balanced_contrast_over_cells_has_the_error_of_the_anova():
    """With one residual SD: 2 MS(seed x scheme) / (seeds x cells), on (S - 1)(K - 1) df."""
    rng = np.random.default_rng(5)
    runs = _runs(rng, seeds=12, cells=3, block=0.7, scheme=0.8)
    terms = random_terms(runs, joint=False)
    fit = fit_mixed(runs, "final_accuracy ~ scheme * cell", terms)
    assert fit.singular == []
    cube = runs["final_accuracy"].to_numpy().reshape(3, 12, 4)
    cube = cube - cube.mean(axis=1, keepdims=True)
    seed = cube.mean(axis=(0, 2))
    by_scheme, by_cell = cube.mean(axis=0), cube.mean(axis=2)
    of_scheme = by_scheme - seed[:, None]
    of_cell = by_cell - seed
    rest = cube - by_scheme - by_cell[:, :, None] + seed[:, None]
    squares = {
        "seed": 12 * (seed**2).sum() / 11,
        "seed:cell": 4 * (of_cell**2).sum() / 22,
        "seed:scheme": 3 * (of_scheme**2).sum() / 33,
        "residual": (rest**2).sum() / 66,
    }
    components = {
        "seed": (
            squares["seed"] - squares["seed:cell"] - squares["seed:scheme"] + squares["residual"]
        )
        / 12,
        "seed:cell": (squares["seed:cell"] - squares["residual"]) / 4,
        "seed:scheme": (squares["seed:scheme"] - squares["residual"]) / 3,
        "residual": squares["residual"],
    }
    assert fit.variance_components.to_dict() == pytest.approx(components, rel=1e-3)
    tests = _tests(fit)
    error = np.sqrt(2 * squares["seed:scheme"] / (12 * 3))
    assert tests["standard_error"].to_numpy() == pytest.approx(error, rel=1e-4)
    assert tests["df"].to_numpy() == pytest.approx(33, rel=1e-3)


def _fit_of_r(*, joint):
    names = {"accuracy": "final_accuracy"}
    table = r_table("shared_seeds").rename(columns=names)
    table["normalization"] = table["normalization"].replace({"shift": "batchnorm_shift"})
    table = table if joint else table[table["normalization"] == "none"]
    formula = "final_accuracy ~ scheme * cell" + " * normalization" * joint
    return fit_mixed(table, formula, random_terms(table, joint=joint))


@pytest.mark.parametrize(
    ("case", "kind", "cell"),
    [
        ("shared_seeds", "over_cells", "all"),
        ("shared_seeds", "in_cells", "slow"),
        ("shared_seeds", "in_cells", "fast"),
        ("shared_seeds_joint", "crossed", "all"),
    ],
)
def test_contrasts_agree_with_lmertest_and_emmeans(case, kind, cell):
    """lmer(accuracy ~ scheme * cell [* normalization] + all terms of ``random_terms``)."""
    crossed = kind == "crossed"
    fit = _fit_of_r(joint=crossed)
    for scheme in ("0.01", "1.0", "xavier"):
        name = scheme if crossed else f"{scheme} - zeros" + f" | {cell}" * (kind == "in_cells")
        test = fit.tests(contrast_rows(fit, scheme, "zeros", cell, crossed=crossed)).iloc[0]
        wanted = {
            column: expected(case, f"{kind}.{column}")[name]
            for column in ("estimate", "standard_error", "df", "p_adjusted")
        }
        error = wanted["standard_error"]
        assert test["estimate"] == pytest.approx(wanted["estimate"], abs=EFFECT * error)
        assert test["standard_error"] == pytest.approx(error, rel=ERROR)
        assert test["df"] == pytest.approx(wanted["df"], rel=DF)
        assert test["p"] == pytest.approx(wanted["p_adjusted"], rel=P)


def _table(runs, *, joint=False):
    model = fit_accuracy(runs, joint=joint)
    assert model.fit is not None
    return model_table("none", model, reference="zeros", rng=np.random.default_rng(0))


def test_the_contrasts_of_statsmodels_stand_in_the_table():
    runs = _runs(np.random.default_rng(3), cells=2)
    table = _table(runs)
    rows = table[table["quantity"] == "contrast, statsmodels MixedLM"].set_index(["level", "cell"])
    assert set(rows.index) == {
        (scheme, cell)
        for scheme in SCHEMES[1:]
        for cell in ("all", "learning_rate 0", "learning_rate 1")
    }
    wide = runs.pivot_table(index="scheme", columns="cell", values="final_accuracy")
    gaps = wide.mean(axis=1) - wide.mean(axis=1)["zeros"]
    for scheme in SCHEMES[1:]:
        row = rows.loc[(scheme, "all")]
        assert row["value"] == pytest.approx(gaps[scheme])
        half = 1.959964 * row["standard_error"]
        assert (row["lower"], row["upper"]) == pytest.approx(
            (row["value"] - half, row["value"] + half)
        )
    assert set(rows["note"]) == {"statsmodels MixedLM reached the same optimum."}
    notes = table.loc[table["level"] == "statsmodels MixedLM", "note"]
    assert notes.str.contains("decide nothing").any()


def test_the_joint_model_is_not_compared():
    table = _table(
        _runs(np.random.default_rng(4), cells=1, levels=("none", "batchnorm_shift")), joint=True
    )
    assert not table["quantity"].str.contains("statsmodels|engine").any()


def test_a_model_without_a_fit_says_why():
    model = AccuracyModel(fit=None, runs=pd.DataFrame(), notes=("Fewer than two schemes.",))
    table = model_table("none", model, reference="zeros", rng=np.random.default_rng(0))
    assert list(table["note"]) == ["Fewer than two schemes."]


@pytest.mark.slow
def test_the_correlation_of_a_block_counts_all_that_its_schemes_share():
    runs = _runs(np.random.default_rng(6), seeds=300, cells=2, seed=1.0, block=1.0)
    table = _table(runs).set_index("quantity")
    assert table.loc["correlation", "value"] == pytest.approx(2 / 3, abs=0.04)
