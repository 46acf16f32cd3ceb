"""Per-seed contrasts, survival and scatter against R 4.2.2 (survival 3.5-3) on nn_runs.csv."""

import pytest

from biasinit.statistics.cox import stratified_cox
from biasinit.statistics.inference.estimates import two_one_sided
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.paired.contrasts import paired_contrasts
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.statistics.speed.restricted_mean import restricted_mean_contrast
from biasinit.statistics.spread import spread_contrasts


@pytest.fixture(scope="module")
def synthetic(reference):
    return reference("nn_runs")


@pytest.fixture(scope="module")
def zero_first(synthetic):
    """The same with 'zero' first in sorted text order, which makes it the base."""
    return synthetic.assign(scheme=synthetic["scheme"].replace({"zero": "a_zero"}))


def test_paired_contrast_is_the_one_sample_t_of_seeds(synthetic):
    frame = paired_contrasts(synthetic, "acc", "scheme", "zero", average_over="cell", by="bn")
    row = frame[(frame["contrast"] == "kaiming - zero") & (frame["bn"] == "off")].iloc[0]
    assert row["estimate"] == pytest.approx(0.134700, rel=1e-5)
    assert row["standard_error"] == pytest.approx(0.055759, rel=1e-3)
    assert row["t"] == pytest.approx(2.41577, rel=1e-4)
    assert row["p"] == pytest.approx(0.025939, rel=0.02)
    assert row["p_adjusted"] == pytest.approx(0.177, abs=0.006)
    assert holm(frame["p"].to_numpy())[row.name] == pytest.approx(0.18158, rel=0.02)


def test_contrast_of_contrasts_is_taken_within_seeds(synthetic):
    frame = paired_contrasts(
        synthetic, "acc", "scheme", "zero", average_over="cell", interaction="bn"
    ).set_index("contrast")
    row = frame.loc["(c1.0 - zero) x (on - off)"]
    assert row["estimate"] == pytest.approx(1.553933, rel=1e-5)
    assert row["standard_error"] == pytest.approx(0.097116, rel=1e-3)


def test_one_cell_agrees_with_the_paired_t_test_of_r(synthetic):
    """t.test(paired = TRUE) and TOST at 0.25 in cifar_cnn without batch normalisation."""
    part = synthetic[(synthetic["cell"] == "cifar_cnn") & (synthetic["bn"] == "off")]
    frame = paired_contrasts(part, "acc", "scheme", "zero").set_index("contrast")
    row = frame.loc["kaiming - zero"]
    assert row["t"] == pytest.approx(2.97856, rel=1e-4)
    assert row["df"] == 19
    assert row["p"] == pytest.approx(0.0077193, rel=0.02)
    tests = two_one_sided(row["estimate"], row["standard_error"], row["df"], 0.25)
    assert tests.p == pytest.approx(0.6148, rel=0.02)


def test_discrete_hazard_agrees_with_the_glm_of_r(zero_first):
    """glm(event ~ cell:t + scheme*bn, family = binomial("cloglog")) on person-periods."""
    fit = discrete_hazard(zero_first, "epoch_to", "reached", "scheme*bn", "cell", "seed")
    assert fit.person_periods == 3272
    assert fit.deviance == pytest.approx(2541.1353, abs=2e-4)
    constant = fit.table.loc["scheme[T.c1.0]"]
    assert constant["estimate"] == pytest.approx(-1.291515, rel=1e-5)
    assert constant["model_standard_error"] == pytest.approx(0.204697, rel=1e-3)
    assert constant["standard_error"] == pytest.approx(0.2837, rel=1e-3)
    assert constant["df"] == 19
    assert fit.table.loc["scheme[T.c1.0]:bn[T.on]", "estimate"] == pytest.approx(1.012680, rel=1e-5)


def test_cox_model_stratified_by_block_agrees_with_survival(zero_first):
    """coxph(Surv(epoch_to, reached) ~ scheme*bn + strata(seed, cell), ties = "efron")."""
    fit = stratified_cox(zero_first, "epoch_to", "reached", "scheme*bn", ["seed", "cell"])
    constant = fit.table.loc["scheme[T.c1.0]"]
    assert constant["estimate"] == pytest.approx(-1.522535, rel=1e-5)
    assert constant["standard_error"] == pytest.approx(0.256350, rel=1e-3)
    assert fit.table.loc["scheme[T.c1.0]:bn[T.on]", "estimate"] == pytest.approx(1.347196, rel=1e-5)


def test_cox_model_stratified_by_cell_agrees_with_survival(zero_first):
    """coxph(... + strata(cell), ties = "efron"), clusters left out one at a time."""
    fit = stratified_cox(zero_first, "epoch_to", "reached", "scheme*bn", "cell", "seed")
    constant = fit.table.loc["scheme[T.c1.0]"]
    assert constant["estimate"] == pytest.approx(-1.271105, rel=1e-5)
    assert constant["standard_error"] == pytest.approx(0.25810, rel=1e-3)


def test_pitman_morgan_agrees_with_r(synthetic):
    """cor.test(x + y, x - y) in cifar_cnn without batch normalisation."""
    part = synthetic[(synthetic["cell"] == "cifar_cnn") & (synthetic["bn"] == "off")]
    frame = spread_contrasts(part, "acc", "scheme", "zero").contrasts.set_index("scheme")
    assert frame.loc["c1.0", "correlation"] == pytest.approx(0.624934, rel=1e-5)
    assert frame.loc["c1.0", "p"] == pytest.approx(0.003218, rel=0.02)


def test_restricted_mean_counts_unreached_runs_with_the_whole_study(synthetic):
    """The same from the definition: means of min(time, T) over seeds."""
    off = synthetic[synthetic["bn"] == "off"]
    found = restricted_mean_contrast(
        off,
        "epoch_to",
        "reached",
        "scheme",
        "c1.0",
        "zero",
        restriction=15,
        average_over=["cell"],
    )
    time = off["epoch_to"].where(off["reached"] == 1, 15)
    means = time.groupby([off["scheme"], off["seed"]]).mean().unstack()
    assert found.mean == pytest.approx(means.loc["c1.0"].mean())
    assert found.difference == pytest.approx((means.loc["c1.0"] - means.loc["zero"]).mean())
    assert found.ratio == pytest.approx(means.loc["c1.0"].mean() / means.loc["zero"].mean())
    assert found.ratio_lower < found.ratio < found.ratio_upper
