"""Mixed models against R 4.2.2: lme4 1.1-31, lmerTest 3.1-3, emmeans 1.8.4, nlme 3.1-162.

The R calls stand at each test; tolerances are stated at the top.
"""

import numpy as np
import pytest
from linear_questions import coefficients, mean_differences

from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.mixed.fitting import fit_mixed

LOG_LIKELIHOOD = 2e-4  # of -2 log-likelihood, absolute
EFFECT, ERROR, VARIANCE, DF, P = 1e-5, 1e-3, 1e-3, 0.01, 0.02  # relative


def test_sleepstudy_agrees_with_lmer(reference):
    """lmer(Reaction ~ Days + (1|Subject), sleepstudy)."""
    fit = fit_mixed(reference("sleepstudy"), "Reaction ~ Days", ["Subject"])
    tests = coefficients(fit)
    assert tests["standard_error"].to_numpy() == pytest.approx([9.746716, 0.804221], rel=ERROR)
    assert tests["df"].to_numpy() == pytest.approx([22.81, 161], rel=DF)
    assert fit.variance_components.to_numpy() == pytest.approx([1378.1785, 960.4566], rel=VARIANCE)
    assert -2 * fit.log_likelihood == pytest.approx(1786.4651, abs=LOG_LIKELIHOOD)


def test_dyestuff_agrees_with_lmer_by_reml(reference):
    """lmer(Yield ~ 1 + (1|Batch), Dyestuff)."""
    fit = fit_mixed(reference("Dyestuff"), "Yield ~ 1", ["Batch"])
    assert fit.params["Intercept"] == pytest.approx(1527.5, rel=EFFECT)
    mean = coefficients(fit).loc["Intercept"]
    assert mean["standard_error"] == pytest.approx(19.383412, rel=ERROR)
    assert mean["df"] == pytest.approx(5, rel=DF)
    assert fit.variance_components.to_numpy() == pytest.approx([1764.05, 2451.25], rel=VARIANCE)
    assert -2 * fit.log_likelihood == pytest.approx(319.65428, abs=LOG_LIKELIHOOD)


def test_crossed_penicillin_agrees_with_lmer(reference):
    """lmer(diameter ~ 1 + (1|plate) + (1|sample), Penicillin)."""
    fit = fit_mixed(reference("Penicillin"), "diameter ~ 1", ["plate", "sample"])
    assert fit.params["Intercept"] == pytest.approx(22.972222, rel=EFFECT)
    mean = coefficients(fit).loc["Intercept"]
    assert mean["standard_error"] == pytest.approx(0.808595, rel=ERROR)
    assert mean["df"] == pytest.approx(5.4866, rel=DF)
    expected = [0.716905, 3.731132, 0.302415]
    assert fit.variance_components.to_numpy() == pytest.approx(expected, rel=VARIANCE)
    assert -2 * fit.log_likelihood == pytest.approx(330.86059, abs=LOG_LIKELIHOOD)


@pytest.fixture(scope="module")
def machines(reference):
    """lmer(score ~ Machine + (1|Worker) + (1|Worker:Machine), Machines)."""
    return fit_mixed(reference("Machines"), "score ~ Machine", ["Worker", "Worker:Machine"])


def test_nested_machines_agree_with_lmer(machines):
    assert machines.params.to_numpy() == pytest.approx([52.355556, 7.966667, 13.916667], rel=EFFECT)
    expected = [2.485830, 2.176976, 2.176976]
    tests = coefficients(machines)
    assert tests["standard_error"].to_numpy() == pytest.approx(expected, rel=ERROR)
    assert tests["df"].to_numpy() == pytest.approx([8.5217, 10, 10], rel=DF)
    assert tests["p"].to_numpy()[1:] == pytest.approx([0.0043926, 7.9065e-5], rel=P)
    expected = [22.85844, 13.90946, 0.924630]
    assert machines.variance_components.to_numpy() == pytest.approx(expected, rel=VARIANCE)
    assert -2 * machines.log_likelihood == pytest.approx(215.68757, abs=LOG_LIKELIHOOD)


def test_joint_test_of_machines_agrees_with_lmertest(machines):
    """anova(fit): F(2, 10)."""
    joint = machines.joint_test(np.eye(3)[1:])
    assert pytest.approx(20.5761, rel=1e-4) == joint.F
    assert joint.df_numerator == 2
    assert joint.df_denominator == pytest.approx(10, rel=DF)
    assert joint.p == pytest.approx(2.8555e-4, rel=P)


def test_holm_of_machines_agrees_with_emmeans(machines):
    frame = mean_differences(machines, "Machine")
    assert list(frame["contrast"]) == ["A - B", "A - C", "B - C"]
    assert frame["p_holm"].to_numpy() == pytest.approx([0.0088, 0.0002, 0.0211], abs=5e-5)


def test_leaving_out_the_interaction_term_of_machines_is_visible(reference):
    """lmer(score ~ Machine + (1|Worker)): the wrong structure doubles t, as lmer says too."""
    wrong = fit_mixed(reference("Machines"), "score ~ Machine", ["Worker"])
    contrast = coefficients(wrong).iloc[1]
    assert contrast["standard_error"] == pytest.approx(1.053883, rel=ERROR)
    assert contrast["df"] == pytest.approx(46, rel=DF)
    assert contrast["t"] == pytest.approx(7.559, rel=1e-3)
    assert contrast["p"] == pytest.approx(1.3e-9, rel=0.05)
    assert -2 * wrong.log_likelihood == pytest.approx(286.8782, abs=LOG_LIKELIHOOD)


@pytest.fixture(scope="module")
def stools(reference):
    """lmer(effort ~ Type + (1|Subject), ergoStool)."""
    return fit_mixed(reference("ergoStool"), "effort ~ Type", ["Subject"])


def test_stools_agree_with_lmer(stools):
    expected = [8.555556, 3.888889, 2.222222, 0.666667]
    assert stools.params.to_numpy() == pytest.approx(expected, rel=EFFECT)
    tests = coefficients(stools).head(2)
    assert tests["standard_error"].to_numpy() == pytest.approx([0.576012, 0.518684], rel=ERROR)
    assert tests["df"].to_numpy() == pytest.approx([15.53, 24], rel=DF)
    assert stools.variance_components.to_numpy() == pytest.approx(
        [1.775463, 1.210648], rel=VARIANCE
    )
    assert -2 * stools.log_likelihood == pytest.approx(121.13079, abs=LOG_LIKELIHOOD)
    joint = stools.joint_test(np.eye(4)[1:])
    assert pytest.approx(22.3556, rel=1e-4) == joint.F
    assert joint.df_numerator == 3
    assert joint.df_denominator == pytest.approx(24, rel=DF)
    assert joint.p == pytest.approx(3.935e-7, rel=P)


@pytest.mark.parametrize(
    ("weights", "p"),
    [([0, 0, 0, -1], 0.0001), ([0, 0, -1, 0], 0.0734), ([0, 1, 0, -1], 0.6639)],
    ids=["T1 - T4", "T1 - T3", "T2 - T4"],
)
def test_equivalence_of_stools_agrees_with_emmeans(stools, weights, p):
    """test(pairs(emmeans(fit, "Type")), delta = 3)."""
    row = stools.tests(np.array([weights])).iloc[0]
    found = two_one_sided_p(row["estimate"], row["standard_error"], row["df"], -3, 3)
    assert found == pytest.approx(p, abs=5e-5)


def test_synthetic_runs_agree_with_lmer(reference):
    """lmer(acc ~ scheme*bn + cell + (1|seed) + (1|seed:cell), nn_runs)."""
    data = reference("nn_runs")
    data["scheme"] = data["scheme"].replace({"zero": "a_zero"})  # the base of R's factor
    fit = fit_mixed(data, "acc ~ scheme*bn + cell", ["seed", "seed:cell"])
    assert -2 * fit.log_likelihood == pytest.approx(820.3753, abs=LOG_LIKELIHOOD)
    components = fit.variance_components[["seed:cell", "seed", "residual"]]
    assert components.to_numpy() == pytest.approx([0.109599, 0.038488, 0.175271], rel=VARIANCE)
    names = ["scheme[T.c1.0]", "scheme[T.c1.0]:bn[T.on]", "cell[T.mnist_mlp]"]
    expected = [0.076435, 0.108096, 0.112750]
    tests = coefficients(fit).loc[names]
    assert tests["standard_error"].to_numpy() == pytest.approx(expected, rel=ERROR)
    assert tests["df"].to_numpy() == pytest.approx([531, 531, 38], rel=DF)


def test_full_model_of_synthetic_runs_agrees_with_emmeans(reference):
    """lmer(acc ~ scheme*bn*cell + (1|seed) + (1|seed:cell)), emmeans over cells."""
    fit = fit_mixed(reference("nn_runs"), "acc ~ scheme*bn*cell", ["seed", "seed:cell"])
    assert -2 * fit.log_likelihood == pytest.approx(843.5691, abs=LOG_LIKELIHOOD)
    frame = mean_differences(fit, "scheme", reference="zero", by=["bn"])
    assert len(frame) == 8
    assert frame["standard_error"].to_numpy() == pytest.approx(np.full(8, 0.0766965), rel=ERROR)
    assert frame["df"].to_numpy() == pytest.approx(np.full(8, 513), rel=DF)
    chosen = frame[(frame["contrast"] == "kaiming - zero") & (frame["bn"] == "off")]
    assert chosen["p_holm"].item() == pytest.approx(0.5575, rel=P)
    crossed = mean_differences(fit, "scheme", reference="zero", crossed="bn")
    row = crossed.set_index("contrast").loc["(c1.0 - zero) x (on - off)"]
    assert row["estimate"] == pytest.approx(1.553933, rel=EFFECT)
    assert row["standard_error"] == pytest.approx(0.108465, rel=ERROR)
    assert row["t"] == pytest.approx(14.327, rel=1e-3)
    means = fit.marginal_means(["scheme", "bn"])
    assert means["standard_error"].to_numpy() == pytest.approx(np.full(10, 0.081794), rel=ERROR)
    assert means["df"].to_numpy() == pytest.approx(np.full(10, 51.2), rel=DF)


def test_residual_sd_by_scheme_agrees_with_nlme(reference):
    """lme(acc ~ scheme*bn + cell, random = ~1|block, weights = varIdent(form = ~1|scheme))."""
    data = reference("nn_runs")
    pooled = fit_mixed(data, "acc ~ scheme*bn + cell", ["seed:cell"])
    fit = fit_mixed(data, "acc ~ scheme*bn + cell", ["seed:cell"], residual_by=["scheme"])
    assert pooled.log_likelihood == pytest.approx(-411.58655, abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-323.03373, abs=1e-4)
    ratios = fit.residual_sd / fit.residual_sd["zero"]
    levels = ["c0.01", "c1.0", "xavier", "kaiming"]
    expected = [1.09984, 2.74696, 1.14214, 1.19961]
    assert ratios[levels].to_numpy() == pytest.approx(expected, rel=1e-3)
    assert np.isnan(fit.variance_components["residual"])
    frame = mean_differences(fit, "scheme", reference="zero", by=["bn"])
    errors = frame.set_index(["contrast", "bn"])["standard_error"]
    assert errors["c1.0 - zero", "off"] == pytest.approx(0.099759, rel=ERROR)
    assert errors["kaiming - zero", "off"] == pytest.approx(0.053295, rel=ERROR)
