"""Laws that a linear mixed model obeys whatever the data."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_questions import coefficients, mean_differences

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.mixed import engine_comparison
from biasinit.statistics.mixed.engine_comparison import EngineOutcome, compare_with_statsmodels
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.mixed.residual_checks import residual_checks, residual_quantiles


def _balanced(rng, *, seeds=8, schemes=3, cells=1, noise=1.0, block=0.8):
    frame = pd.MultiIndex.from_product(
        [range(seeds), [f"s{k}" for k in range(schemes)], [f"c{k}" for k in range(cells)]],
        names=["seed", "scheme", "cell"],
    ).to_frame(index=False)
    effect = rng.normal(0, block, (seeds, cells))
    cell = frame["cell"].str[1:].astype(int)
    frame["y"] = 98 + effect[frame["seed"], cell] + rng.normal(0, noise, len(frame))
    return frame


def test_two_schemes_in_one_cell_give_the_paired_t_test():
    frame = _balanced(np.random.default_rng(1), schemes=2)
    fit = fit_mixed(frame, "y ~ scheme", ["seed"])
    assert fit.singular == []
    wide = frame.pivot(index="seed", columns="scheme", values="y")
    expected = scipy.stats.ttest_rel(wide["s1"], wide["s0"])
    contrast = coefficients(fit).loc["scheme[T.s1]"]
    assert contrast["t"] == pytest.approx(expected.statistic, rel=1e-5)
    assert contrast["df"] == pytest.approx(7, rel=1e-3)
    assert contrast["p"] == pytest.approx(expected.pvalue, rel=1e-3)


@pytest.mark.parametrize("schemes", [3, 5])
def test_scheme_contrasts_in_one_cell_have_the_df_of_the_anova(schemes):
    frame = _balanced(np.random.default_rng(schemes), schemes=schemes)
    fit = fit_mixed(frame, "y ~ scheme", ["seed"])
    assert fit.singular == []
    contrasts = mean_differences(fit, "scheme")
    assert contrasts["df"].to_numpy() == pytest.approx(7 * (schemes - 1), rel=1e-3)


def test_balanced_components_are_the_mean_squares_of_the_anova():
    frame = _balanced(np.random.default_rng(2), schemes=4)
    wide = frame.pivot(index="seed", columns="scheme", values="y").to_numpy()
    rest = wide - wide.mean(axis=0) - wide.mean(axis=1, keepdims=True) + wide.mean()
    within = (rest**2).sum() / (7 * 3)
    between = 4 * wide.mean(axis=1).var(ddof=1)
    fit = fit_mixed(frame, "y ~ scheme", ["seed"])
    assert fit.variance_components["residual"] == pytest.approx(within, rel=1e-5)
    assert fit.variance_components["seed"] == pytest.approx((between - within) / 4, rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(
    shift=st.floats(-1e4, 1e4),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 50),
)
def test_changing_the_unit_of_the_outcome_changes_only_the_unit(shift, scale, seed):
    frame = _balanced(np.random.default_rng(seed), cells=2)
    terms = ["seed:cell", "seed:scheme"]
    moved = frame.assign(y=shift * scale + scale * frame["y"])
    first, second = (
        mean_differences(fit_mixed(table, "y ~ scheme*cell", terms), "scheme")
        for table in (frame, moved)
    )
    assert second["estimate"].to_numpy() == pytest.approx(
        scale * first["estimate"].to_numpy(), rel=1e-4
    )
    assert second["t"].to_numpy() == pytest.approx(first["t"].to_numpy(), rel=1e-4, abs=1e-6)
    assert second["df"].to_numpy() == pytest.approx(first["df"].to_numpy(), rel=1e-2)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_neither_row_order_nor_index_nor_labels_change_a_contrast(seed):
    rng = np.random.default_rng(seed)
    frame = _balanced(rng, cells=2).sample(frac=0.9, random_state=seed)
    terms = ["seed:cell", "seed:scheme"]
    fit = fit_mixed(frame, "y ~ scheme*cell", terms, residual_by=["scheme"])
    shuffled = frame.sample(frac=1, random_state=seed + 1)
    shuffled.index = np.zeros(len(shuffled))
    renamed = shuffled.assign(scheme=shuffled["scheme"].map({"s0": "ζ", "s1": "b:c", "s2": "0"}))
    other = fit_mixed(renamed, "y ~ scheme*cell", terms, residual_by=["scheme"])
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-5)
    first = mean_differences(fit, "scheme", reference="s0").set_index("contrast")
    second = mean_differences(other, "scheme", reference="ζ").set_index("contrast")
    for old, new in (("s1 - s0", "b:c - ζ"), ("s2 - s0", "0 - ζ")):
        assert second.loc[new, "estimate"] == pytest.approx(first.loc[old, "estimate"], abs=1e-6)
        assert second.loc[new, "df"] == pytest.approx(first.loc[old, "df"], rel=1e-2)


def test_a_zero_component_is_found_and_named():
    """The case in which statsmodels reports convergence 38 log-likelihood units too low."""
    rng = np.random.default_rng(6)
    frame = _balanced(rng, seeds=20, schemes=5, cells=3)
    fit = fit_mixed(frame, "y ~ scheme*cell", ["seed:cell", "seed:scheme"])
    without = fit_mixed(frame, "y ~ scheme*cell", ["seed:cell"])
    assert fit.singular == ["seed:scheme"]
    assert fit.variance_components["seed:scheme"] == 0
    assert fit.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-6)


def test_an_effect_that_no_run_informs_is_not_estimable_and_the_others_are():
    frame = _balanced(np.random.default_rng(7), cells=2)
    frame = frame[~((frame["scheme"] == "s2") & (frame["cell"] == "c1"))]
    fit = fit_mixed(frame, "y ~ scheme*cell", ["seed:cell"])
    contrasts = mean_differences(fit, "scheme", reference="s0").set_index("contrast")
    assert np.isnan(contrasts.loc["s2 - s0", "estimate"])
    assert np.isfinite(contrasts.loc["s1 - s0", "estimate"])
    by_cell = mean_differences(fit, "scheme", reference="s0", by=["cell"])
    by_cell = by_cell.set_index(["contrast", "cell"])
    assert np.isfinite(by_cell.loc[("s2 - s0", "c0"), "estimate"])
    assert np.isnan(by_cell.loc[("s2 - s0", "c1"), "estimate"])


def test_simulated_outcomes_have_the_moments_of_the_model():
    frame = _balanced(np.random.default_rng(8), seeds=30, schemes=3)
    fit = fit_mixed(frame, "y ~ scheme", ["seed"], residual_by=["scheme"])
    rng = np.random.default_rng(9)
    truth = fit.params.copy()
    truth["scheme[T.s1]"] = 2.0
    drawn = np.array([fit.simulate(rng, truth) for _ in range(400)])
    first, second = (frame["scheme"] == name for name in ("s0", "s1"))
    gap = (drawn[:, second] - drawn[:, first]).mean()
    assert gap == pytest.approx(2.0, abs=0.05)
    variance = fit.variance_components["seed"] + fit.residual_sd["s1"] ** 2
    assert drawn[:, second].var(axis=0).mean() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(y=98.0), "does not vary"),
        (lambda f: f[f["seed"] == 0], "single level"),
        (lambda f: f[f["scheme"] == "s0"], "cannot be told from the residual"),
        (lambda f: f.assign(y=np.nan), "No row has a value"),
        (
            lambda f: f.assign(y=f["y"].mask(f["scheme"] == "s1", 98.0)),
            "does not vary in scheme s1",
        ),
    ],
    ids=["constant", "one seed", "one run per seed", "all missing", "one silent scheme"],
)
def test_what_cannot_be_fitted_is_said_and_not_guessed(change, message):
    frame = change(_balanced(np.random.default_rng(10)))
    formula = "y ~ scheme" if frame["scheme"].nunique() > 1 else "y ~ 1"
    with pytest.raises(NotEstimableError, match=message):
        fit_mixed(frame, formula, ["seed"], residual_by=["scheme"])


def test_a_missing_column_is_named():
    frame = _balanced(np.random.default_rng(11))
    with pytest.raises(RunsTableError, match="no column 'optimizer'"):
        fit_mixed(frame, "y ~ scheme*optimizer", ["seed"])


def _compared(frame, terms, formula="y ~ scheme*cell"):
    fit = fit_mixed(frame, formula, terms)
    rows = np.eye(len(fit.params))
    return fit.tests(rows), compare_with_statsmodels(frame, fit, rows)


@pytest.mark.parametrize(
    "terms",
    [["seed"], ["seed:cell"], ["seed", "seed:cell", "seed:scheme"], ["seed:cell", "seed:scheme"]],
)
def test_statsmodels_says_the_same_of_every_structure(terms):
    """Unbalanced, and an arm without runs in a cell; its errors are 0.1 % off then (R agrees)."""
    frame = _balanced(np.random.default_rng(12), seeds=12, schemes=4, cells=3)
    frame = frame[~((frame["scheme"] == "s3") & (frame["cell"] == "c1"))].iloc[7:]
    own, comparison = _compared(frame.set_index("y", drop=False), terms)
    assert comparison.statsmodels == pytest.approx(comparison.own, abs=1e-3)
    assert comparison.outcome == EngineOutcome.AGREED
    assert comparison.largest_effect_difference < 1e-5
    theirs = comparison.contrasts
    assert (theirs["estimate"].isna() == own["estimate"].isna()).all()
    known = own["estimate"].notna()
    assert known.sum() == len(own) - 1
    assert theirs["estimate"][known].to_numpy() == pytest.approx(
        own["estimate"][known].to_numpy(), abs=1e-5
    )
    errors = own["standard_error"][known].to_numpy()
    assert theirs["standard_error"][known].to_numpy() == pytest.approx(errors, rel=5e-3)
    z = scipy.stats.norm.sf(np.abs(theirs["estimate"] / theirs["standard_error"]))
    assert theirs["p"][known].to_numpy() == pytest.approx(2 * z[known])


def test_a_failure_of_statsmodels_is_said_and_leaves_no_contrast(monkeypatch):
    def refuse(*_, **__):
        raise np.linalg.LinAlgError("Singular matrix")

    frame = _balanced(np.random.default_rng(12), cells=2)
    monkeypatch.setattr(engine_comparison.MixedLM, "fit", refuse)
    _, comparison = _compared(frame, ["seed"])
    assert comparison.words == (
        "statsmodels MixedLM failed, so it has no contrasts. (Singular matrix)"
    )
    assert np.isfinite(comparison.own)
    assert comparison.contrasts.isna().all(axis=None)


def test_statsmodels_is_asked_again_without_the_terms_at_zero(monkeypatch):
    fit = engine_comparison.MixedLM.fit

    def refuse_three(model, **options):
        if model.k_vc == 2:
            raise np.linalg.LinAlgError("Singular matrix")
        return fit(model, **options)

    frame = _balanced(np.random.default_rng(6), seeds=20, schemes=5, cells=3)
    monkeypatch.setattr(engine_comparison.MixedLM, "fit", refuse_three)
    own, comparison = _compared(frame, ["seed", "seed:cell", "seed:scheme"])
    assert comparison.outcome == EngineOutcome.AGREED
    assert comparison.detail == "(Without seed, seed:scheme: it raised, Singular matrix.)"
    assert comparison.contrasts["standard_error"].to_numpy() == pytest.approx(
        own["standard_error"].to_numpy(), rel=1e-4
    )


def test_a_fit_of_statsmodels_that_did_not_converge_has_no_contrasts(monkeypatch):
    fit = engine_comparison.MixedLM.fit

    def unfinished(*arguments, **options):
        found = fit(*arguments, **options)
        found.converged = False
        return found

    frame = _balanced(np.random.default_rng(12), cells=2)
    monkeypatch.setattr(engine_comparison.MixedLM, "fit", unfinished)
    _, comparison = _compared(frame, ["seed"])
    assert comparison.outcome == EngineOutcome.NOT_CONVERGED
    assert comparison.contrasts.isna().all(axis=None)


def test_a_fit_of_statsmodels_that_ended_nowhere_has_no_likelihood_and_warns_nobody(monkeypatch):
    fit = engine_comparison.MixedLM.fit

    def nowhere(*arguments, **options):
        found = fit(*arguments, **options)
        found.converged = False
        found.model.loglike = lambda *_, **__: np.linalg.slogdet(np.array([[np.nan]]))[1]
        return found

    frame = _balanced(np.random.default_rng(12), cells=2)
    monkeypatch.setattr(engine_comparison.MixedLM, "fit", nowhere)
    _, comparison = _compared(frame, ["seed"])
    assert comparison.outcome == EngineOutcome.NOT_CONVERGED
    assert np.isnan(comparison.statsmodels)


def test_a_false_optimum_of_statsmodels_is_told_beside_its_contrasts(monkeypatch):
    """Stopped after a step here, as it stops early by itself elsewhere."""
    fit = engine_comparison.MixedLM.fit

    def stopped(model, **_):
        found = fit(model, method="lbfgs", maxiter=1)
        found.converged = True
        return found

    frame = _balanced(np.random.default_rng(12), cells=2, block=3)
    monkeypatch.setattr(engine_comparison.MixedLM, "fit", stopped)
    _, comparison = _compared(frame, ["seed:cell"])
    assert comparison.outcome == EngineOutcome.FALSE_OPTIMUM
    assert comparison.contrasts.notna().all(axis=None)


def _checks(frame, key=0):
    fit = fit_mixed(frame, "y ~ scheme*cell", ["seed:cell"], residual_by=["scheme"])
    rng = np.random.default_rng(key)
    return residual_checks(fit, draws=400, rng=rng).set_index("check")["p"]


def test_residual_checks_pass_what_the_model_drew():
    """At most a tenth of 60 p-values below .05, whose expectation is 3."""
    p = [_checks(_balanced(np.random.default_rng(100 + key), cells=2), key) for key in range(15)]
    assert (np.array(p) < 0.05).mean() <= 0.1


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lambda y, rng: np.where(rng.uniform(size=len(y)) < 0.03, y - 8, y), "skewness"),
        (lambda y, rng: y + 3 * rng.standard_t(1.5, size=len(y)), "excess kurtosis"),
        (lambda y, rng: np.where(np.arange(len(y)) == 7, y + 30, y), "largest residual"),
    ],
)
def test_residual_checks_find_what_the_model_cannot_draw(spoil, check):
    frame = _balanced(np.random.default_rng(14), seeds=20, cells=2)
    spoilt = frame.assign(y=spoil(frame["y"].to_numpy(), np.random.default_rng(15)))
    assert _checks(spoilt)[check] < 0.05


def _quantiles(frame, key=0, **options):
    fit = fit_mixed(frame, "y ~ scheme*cell", ["seed:cell"], residual_by=["scheme"])
    rng = np.random.default_rng(key)
    return residual_quantiles(fit, draws=199, rng=rng, **options)


def test_ordered_residuals_stay_in_the_band_of_what_the_model_drew():
    """95 % of places are inside, each by itself; neighbours go together, hence many tables."""
    inside = []
    for key in range(30):
        found = _quantiles(_balanced(np.random.default_rng(200 + key), cells=2), key)
        inside.append(
            ((found["lower"] <= found["observed"]) & (found["observed"] <= found["upper"])).mean()
        )
    error = np.std(inside) / np.sqrt(len(inside))
    assert np.mean(inside) == pytest.approx(0.95, abs=3 * error + 0.01)


def test_an_outlier_leaves_the_band_at_its_own_end():
    frame = _balanced(np.random.default_rng(14), seeds=20, cells=2)
    spoilt = frame.assign(y=np.where(np.arange(len(frame)) == 7, frame["y"] + 30, frame["y"]))
    found = _quantiles(spoilt)
    assert found["observed"].iloc[-1] > found["upper"].iloc[-1]


def test_at_most_the_wanted_places_are_kept_and_both_extremes_are_among_them():
    frame = _balanced(np.random.default_rng(14), seeds=40, cells=2)
    few, all_of_them = _quantiles(frame, positions=11), _quantiles(frame, positions=10_000)
    assert len(few) == 11
    assert len(all_of_them) == len(frame)
    for column in ("normal", "observed"):
        assert few[column].iloc[0] == all_of_them[column].iloc[0]
        assert few[column].iloc[-1] == all_of_them[column].iloc[-1]
    assert all_of_them["observed"].is_monotonic_increasing
