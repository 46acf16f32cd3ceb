"""Intervals for new seeds and new images: how wide they are, and whose they are."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.study_runs import read_runs
from biasinit.statistics.paired.seed_tests import one_sample
from biasinit.statistics.trust.new_test_set import new_test_set_family

SEEDS, IMAGES = 20, 300
NO_OTHERS = pd.DataFrame(
    columns=["normalization", "scheme", "cell", "simultaneous_lower", "simultaneous_upper"]
)
PLAN = {
    "reference": "zeros",
    "schemes": ("zeros", "one", "two"),
    "test_images": {"made": IMAGES, "other": IMAGES},
    "contrasts": NO_OTHERS,
    "draws": 2_000,
    "alpha": 0.05,
    "analysis_seed": 1,
}


def _tables(right, **factors):
    """Runs and the bits of their predictions, from {scheme: (seeds, images)}."""
    rows = [
        {"normalization": "none", "scheme": scheme, "seed": seed, "correct": np.packbits(bits)}
        for scheme, table in right.items()
        for seed, bits in enumerate(table)
    ]
    frame = pd.DataFrame(rows).assign(dataset="made").assign(**factors)
    return frame.assign(correct=[bits.tobytes() for bits in frame["correct"]])


def _found(correct, *, failed=None, **changes):
    runs = read_runs(correct.drop(columns="correct"))
    if failed is not None:
        runs["failed"] = failed(runs)
    table = new_test_set_family(correct, runs, **(PLAN | changes))
    return table.set_index(["normalization", "scheme", "cell"])


def _of_gaps(gaps):
    """Tables in which 'one' minus 'zeros' is ``gaps``, (seeds, images)."""
    return _tables({"zeros": gaps < 0.5, "one": gaps > -0.5})


def _interval(gaps, **changes):
    table = _found(_of_gaps(gaps), **changes)
    assert table.index.tolist() == [("none", "one", "all")]
    return tuple(table.iloc[0])


def _deviation(interval, df):
    return (interval[1] - interval[0]) / (2 * scipy.stats.t.isf(0.025, df))


def test_where_images_matter_more_than_seeds_it_is_wider_than_for_this_test_set():
    """A third of the images is right under one scheme only, whatever the seed."""
    image = np.where(np.arange(IMAGES) < IMAGES // 3, 1.0, 0.0)
    gaps = np.tile(image, (SEEDS, 1))
    gaps[np.arange(SEEDS), np.arange(SEEDS)] = 0.0  # an image that each seed gets right twice
    lower, upper = _interval(gaps)
    accuracy = 100 * gaps.mean(axis=1)
    assert lower < accuracy.mean() < upper
    assert accuracy.std() < 1e-9  # so the interval for this test set is a point
    assert _deviation((lower, upper), IMAGES - 1) == pytest.approx(
        100 * gaps.mean(axis=0).std() / np.sqrt(IMAGES), rel=0.05
    )


def test_where_seeds_alone_matter_it_is_that_of_the_seeds():
    """Each seed gains or loses on all images alike."""
    seed = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], SEEDS)
    gaps = np.tile(seed[:, None], (1, IMAGES))
    test = one_sample(100 * seed[:, None]).iloc[0]
    assert _deviation(_interval(gaps), SEEDS - 1) == pytest.approx(test["standard_error"], rel=0.08)


def test_the_variance_is_that_of_the_mean_squares(rng):
    """Seeds + images - rest, against the two-way analysis of variance written out."""
    gaps = rng.choice([-1.0, 0.0, 1.0], size=(SEEDS, IMAGES), p=[0.1, 0.6, 0.3])
    gaps[:, :30] = 1.0
    rows, columns = gaps.mean(axis=1), gaps.mean(axis=0)
    rest = gaps - rows[:, None] - columns + gaps.mean()
    mean_square = (rest**2).sum() / (SEEDS - 1) / (IMAGES - 1)
    seeds, images = rows.var(ddof=1) / SEEDS, columns.var(ddof=1) / IMAGES
    variance = seeds + max(images - mean_square / SEEDS / IMAGES, 0)
    lower, upper = _interval(gaps, draws=20_000)
    assert (lower + upper) / 2 == pytest.approx(100 * gaps.mean())
    assert (upper - lower) / 2 == pytest.approx(100 * 1.98 * np.sqrt(variance), rel=0.02)


def _two_cells(rng, **second):
    """Two cells, and tables of two schemes in them."""
    bits = [
        {name: rng.uniform(size=(SEEDS, IMAGES)) < 0.9 for name in ("zeros", "one")}
        for _ in range(2)
    ]
    tables = [
        _tables(bits[0], learning_rate=0.01),
        _tables(bits[1], learning_rate=0.1).assign(**second),
    ]
    return pd.concat(tables, ignore_index=True), bits


def test_cells_have_rows_and_all_is_their_mean(rng):
    correct, bits = _two_cells(rng)
    table = _found(correct)
    middles = table.mean(axis=1)
    gaps = [100 * (cell["one"].mean() - cell["zeros"].mean()) for cell in bits]
    assert middles["none", "one", "learning_rate 0.01"] == pytest.approx(gaps[0])
    assert middles["none", "one", "learning_rate 0.1"] == pytest.approx(gaps[1])
    assert middles["none", "one", "all"] == pytest.approx(np.mean(gaps))


def test_a_failed_run_takes_its_seed_from_its_own_cell_alone(rng):
    correct, bits = _two_cells(rng)

    def failed(runs):
        hit = (runs["seed"] == 4) & (runs["scheme"] == "one") & (runs["learning_rate"] == 0.1)
        return hit.to_numpy()

    middles = _found(correct, failed=failed).mean(axis=1)
    kept = np.arange(SEEDS) != 4
    first = 100 * (bits[0]["one"].mean() - bits[0]["zeros"].mean())
    second = 100 * (bits[1]["one"][kept].mean() - bits[1]["zeros"][kept].mean())
    assert middles["none", "one", "learning_rate 0.01"] == pytest.approx(first)
    assert middles["none", "one", "learning_rate 0.1"] == pytest.approx(second)
    assert middles["none", "one", "all"] == pytest.approx((first + second) / 2)


def test_where_each_seed_is_tested_on_its_own_images_there_is_no_row(rng):
    correct, _ = _two_cells(rng, dataset="other")
    anew = correct.assign(
        test_hash=[
            "x" if d == "made" else str(s)
            for d, s in zip(correct["dataset"], correct["seed"], strict=True)
        ]
    )
    cells = {cell for _, _, cell in _found(anew).index}
    assert cells == {"dataset made, learning_rate 0.01"}
    unknown = _found(correct, test_images={"made": IMAGES})
    assert {cell for _, _, cell in unknown.index} == cells
    assert {cell for _, _, cell in _found(correct).index} > {*cells, "all"}


def test_the_difference_between_normalisations_is_with_minus_without(rng):
    bits = [
        {name: rng.uniform(size=(SEEDS, IMAGES)) < 0.9 for name in ("zeros", "one")}
        for _ in range(2)
    ]
    correct = pd.concat(
        [_tables(bits[0]), _tables(bits[1]).assign(normalization="batchnorm_shift")],
        ignore_index=True,
    )
    off, on = (100 * (one["one"].mean() - one["zeros"].mean()) for one in bits)
    middles = _found(correct).mean(axis=1)
    assert middles["batchnorm_shift - none", "one", "all"] == pytest.approx(on - off)


def test_no_interval_is_narrower_than_the_one_for_this_test_set(rng):
    gaps = rng.choice([-1.0, 0.0, 1.0], size=(SEEDS, IMAGES))
    inside = _interval(gaps)
    row = {"normalization": "none", "scheme": "one", "cell": "all"}
    for lower, upper in ((-50.0, inside[1] - 1), (inside[0] + 1, 60.0), (-np.inf, np.inf)):
        others = pd.DataFrame([row | {"simultaneous_lower": lower, "simultaneous_upper": upper}])
        found = _interval(gaps, contrasts=others)
        assert found == pytest.approx((min(lower, inside[0]), max(upper, inside[1])))


def test_a_family_of_more_contrasts_has_wider_intervals(rng):
    right = {name: rng.uniform(size=(SEEDS, IMAGES)) < 0.9 for name in ("zeros", "one", "two")}
    two = _found(_tables(right), draws=4_000)
    one = _found(_tables(right), draws=4_000, schemes=("zeros", "one"))
    width = (two["upper"] - two["lower"]).loc["none", "one", "all"]
    alone = (one["upper"] - one["lower"]).loc["none", "one", "all"]
    assert 1.05 * alone < width < 1.25 * alone


MANY = 1_000  # with 300 images ten decide an effect of 4 points, and a family covers .93


def _probit_bits(rng, means, *, image, seed, both):
    """Bits of every scheme: probit, with normal effects of image, seed, and scheme by each."""
    shared = rng.normal(size=MANY)
    found = {}
    for scheme, mean in means.items():
        effect = (
            mean
            + shared
            + image * rng.normal(size=MANY)
            + seed * rng.normal(size=(SEEDS, 1))
            + both * rng.normal(size=(SEEDS, MANY))
        )
        found[scheme] = effect > 0
    scale = np.sqrt(1 + image**2 + seed**2 + both**2)
    truth = {name: 100 * scipy.stats.norm.cdf(mean / scale) for name, mean in means.items()}
    return found, truth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("image", "seed", "both"), [(0.3, 0.1, 0.5), (0.0, 0.1, 0.5), (0.6, 0.05, 0.3)]
)
@pytest.mark.parametrize("effect", [0.0, 0.4])
def test_a_family_covers_the_accuracies_on_all_images(image, seed, both, effect):
    """New seeds and new images: the truth is the probability over both, in closed form."""
    rng, tables, covered = np.random.default_rng(5), 300, 0
    means = {"zeros": 2.0, "one": 2.0 + effect, "two": 2.0 - effect}
    for _ in range(tables):
        right, truth = _probit_bits(rng, means, image=image, seed=seed, both=both)
        found = _found(_tables(right), draws=400, test_images={"made": MANY})
        gaps = np.array([truth[scheme] - truth["zeros"] for _, scheme, _ in found.index])
        covered += bool(((found["lower"] <= gaps) & (gaps <= found["upper"])).all())
    _, upper = clopper_pearson(covered, tables)
    assert upper > 0.95
