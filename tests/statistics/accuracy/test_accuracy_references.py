"""Per-seed contrasts of accuracy against R 4.2.2 on nn_runs.csv, as the analysis judges them."""

import pytest

from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.inference.multiplicity import holm


@pytest.fixture(scope="module")
def contrasts(synthetic_study):
    schemes = ("zero", "c0.01", "c1.0", "xavier", "kaiming")
    found = analyse_accuracy(
        synthetic_study,
        reference="zero",
        schemes=schemes,
        margins={"synthetic": 0.25},
        collapse_points=15.0,
        alpha=0.05,
        resamples=20_000,
        analysis_seed=0,
    )
    keys = ["family", "normalization", "cell", "scheme"]
    return found.contrasts.set_index(keys).sort_index()


def test_a_contrast_over_cells_is_the_one_sample_t_of_seeds(contrasts):
    family = contrasts.loc["accuracy"].query("cell == 'all'")
    assert len(family) == 8
    place = ("none", "all", "kaiming")
    row = family.loc[place]
    assert row["estimate"] == pytest.approx(0.134700, rel=1e-5)
    assert row["standard_error"] == pytest.approx(0.055759, rel=1e-3)
    assert row["t"] == pytest.approx(2.41577, rel=1e-4)
    assert row["p"] == pytest.approx(0.025939, rel=0.02)
    assert row["p_adjusted"] == pytest.approx(0.177, abs=0.006)
    by_holm = dict(zip(family.index, holm(family["p"].to_numpy()), strict=True))
    assert by_holm[place] == pytest.approx(0.18158, rel=0.02)


def test_the_contrast_of_contrasts_is_taken_within_seeds(contrasts):
    row = contrasts.loc["interaction", "batchnorm_shift - none", "all", "c1.0"]
    assert row["estimate"] == pytest.approx(1.553933, rel=1e-5)
    assert row["standard_error"] == pytest.approx(0.097116, rel=1e-3)


def test_a_single_cell_agrees_with_the_paired_t_test_of_r(contrasts):
    """t.test(paired = TRUE) and TOST at 0.25 in cifar_cnn without batch normalisation."""
    row = contrasts.loc["accuracy", "none", "architecture cifar_cnn", "kaiming"]
    assert row["t"] == pytest.approx(2.97856, rel=1e-4)
    assert row["df"] == 19
    assert row["p"] == pytest.approx(0.0077193, rel=0.02)
    assert row["p_equivalence"] == pytest.approx(0.6148, rel=0.02)
