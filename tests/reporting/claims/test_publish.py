"""What is published of the ledger: tables from which it can be made, and checked, again."""

import numpy as np
import pandas as pd
import pytest
from evidence import THREAD

import photographs
from biasinit.reporting.claims.ledger import whole_ledger
from biasinit.reporting.claims.overview import LEDGER_TABLES, ledger_markdown, read_studies
from biasinit.reporting.claims.publish import publish
from biasinit.statistics.inference.study_runs import cell_labels
from biasinit.verdicts import Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE, WITHOUT_AND_WITH
from repository import MEASURED, REPOSITORY, compared_studies, published_studies

ASKED = {evidence.study for claim in THREAD.claims for evidence in claim.evidence}
STUDIES = published_studies()


def test_the_ledger_in_the_docs_is_made_of_the_published_tables():
    text = ledger_markdown(whole_ledger(THREAD, read_studies(MEASURED)))
    assert (REPOSITORY / "docs" / "claims.md").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_is_published_with_its_runs_and_verdicts(study):
    assert (MEASURED / study / LEDGER_TABLES["runs"]).exists()
    assert (MEASURED / study / LEDGER_TABLES["verdicts"]).exists()


def test_every_study_that_a_claim_asks_for_is_published():
    assert set(STUDIES) >= ASKED


@pytest.mark.parametrize("study", compared_studies())
def test_published_verdicts_of_accuracy_follow_from_the_published_runs(study):
    """In each condition the mean of differences within seeds, where no run of either arm failed.

    Over several, where every seed has all of them, the mean of these.
    """
    runs = pd.read_parquet(MEASURED / study / LEDGER_TABLES["runs"])
    runs = runs.assign(cell=cell_labels(runs))
    verdicts = pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
    arms = runs.set_index(["normalization", "scheme", "cell", "seed"]).sort_index()
    rows = verdicts[verdicts["outcome"] == "accuracy"]
    compared = 0
    for row in rows[rows["cell"] != OWN_BEST_RATE].itertuples():
        arm, reference = (
            arms.loc[(row.normalization, name)] for name in (row.scheme, row.reference)
        )
        trained = ~(arm["failed"] | reference["failed"])
        difference = (arm["final_accuracy"] - reference["final_accuracy"])[trained]
        if row.cell != ALL_CELLS:
            difference = difference[difference.index.get_level_values("cell") == row.cell]
        elif row.conditions > 1 and not trained.all():
            continue
        compared += 1
        by_seed = difference.groupby("seed").mean()
        if len(by_seed) > 1:
            assert row.estimate == pytest.approx(by_seed.mean(), abs=1e-9)
        elif not len(by_seed):
            assert np.isnan(row.estimate)
        assert row.seeds == len(by_seed)
        if np.isfinite(row.lower) and row.verdict != "identical":
            assert row.lower < row.estimate < row.upper
    assert compared


@pytest.mark.parametrize("study", STUDIES)
def test_no_published_verdict_contradicts_the_interval_beside_it(study):
    verdicts = pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
    assert set(verdicts["verdict"]) <= set(map(str, Verdict))
    for row in verdicts[verdicts["margin_upper"].notna()].itertuples():
        inside = row.margin_lower < row.lower and row.upper < row.margin_upper
        outside = row.lower > row.margin_upper or row.upper < row.margin_lower
        verdict = Verdict(row.verdict)
        if verdict is not Verdict.IDENTICAL:
            assert inside == verdict.within_margin, row
        assert outside == verdict.beyond_margin, row


def published_verdict(study, outcome, normalization, scheme, cell="all"):
    verdicts = pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
    key = ["outcome", "normalization", "scheme", "cell"]
    return verdicts.set_index(key).loc[(outcome, normalization, scheme, cell)]


def test_the_readme_says_what_is_published_of_the_default_study():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    fast, middle, slow = (f"learning_rate {rate}" for rate in (0.02, 0.005, 0.0025))

    def found(outcome, cell, normalization="none", scheme="1.0"):
        return published_verdict("digits", outcome, normalization, scheme, cell)

    for outcome in ("accuracy", "speed"):
        assert found(outcome, "all").depends_on == "learning_rate"
        assert found(outcome, slow).verdict == "inconclusive"
    worse, slower, less = (
        found("accuracy", fast),
        found("speed", fast),
        found("accuracy", middle),
    )
    assert {worse.verdict, slower.verdict} == {"worse beyond the margin"}
    assert less.verdict == "worse"
    assert (
        f"at 0.02 it is worse than zeros by {-worse.estimate:.1f} points (95 % interval "
        f"{-worse.upper:.1f} to {-worse.lower:.1f}), more than the margin, and takes "
        f"{slower.estimate:.1f} times as long to reach 95 % where both get there; at 0.005 it is "
        f"worse by {-less.estimate:.1f} points ({-less.upper:.1f} to {-less.lower:.1f}), and at "
        "0.0025 inconclusive."
    ) in text
    best = found("accuracy", OWN_BEST_RATE)
    assert best.verdict == "worse beyond the margin"
    assert (
        f"that was tried), 1.0 is worse by {-best.estimate:.1f} points ({-best.upper:.1f} to "
        f"{-best.lower:.1f}), more than the margin."
    ) in text
    others = [("none", "0.01"), ("none", "xavier")]
    others += [("batchnorm_shift", scheme) for scheme in ("0.01", "1.0", "xavier")]
    for normalization, scheme in others:
        assert found("accuracy", "all", normalization, scheme).verdict == "equivalent"
        is_open = (normalization, scheme) in {("none", "xavier"), ("batchnorm_shift", "1.0")}
        expected = "inconclusive" if is_open else "equivalent"
        assert found("speed", "all", normalization, scheme).verdict == expected


README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BEYOND = "worse beyond the margin"
PHOTOGRAPHS = (REPOSITORY / "docs" / "photographs.md").read_text(encoding="utf-8")


def test_the_page_on_photographs_has_the_tables_of_what_is_published():
    for table in photographs.tables():
        assert table in PHOTOGRAPHS
    runs = sum(len(photographs.runs_of(study)) for study in photographs.PHOTOGRAPHS)
    assert f"{runs:,} runs at three learning rates" in README


def test_the_readme_sets_a_published_recipe_beside_the_level_of_the_study():
    (reached,) = photographs.runs_of("calibration_cifar10")["final_accuracy"]
    _, level = photographs.levels_of_zeros("cifar10_resnet")
    assert reached >= 80
    assert (
        f"reaches {reached:.1f} % with batch normalisation, where zeros has {level:.1f} %" in README
    )


def test_pages_say_what_the_learning_rate_of_biases_does_on_photographs():
    study = photographs.BIAS_RATES
    levels = pd.read_parquet(MEASURED / study / LEDGER_TABLES["level_contrasts"])
    assert set(levels["verdict"]) == {"equivalent"}
    keys = set(zip(levels["normalization"], levels["level"], strict=True))
    both = {(x, y) for x in WITHOUT_AND_WITH for y in ("rate-2", "decayed")}
    assert keys == both | {("batchnorm_shift", "rate-64")}
    runs = photographs.runs_of(study)
    assert f"({len(runs)} runs, {runs['failed'].sum()} of which failed)" in PHOTOGRAPHS
    assert f"{len(runs)} runs more)" in README
    by_rate = runs[runs["normalization"] == "none"].groupby(["scheme", "optimizer"])
    means = by_rate["final_accuracy"].mean()["zeros"]
    weights, eight, most = (f"{means[f'rate-{x}']:.1f} %" for x in (1, 8, 64))
    assert (
        f"zeros has {weights} at the rate of the weights, {eight} at 8 times that and {most} at 64"
    ) in PHOTOGRAPHS
    failed = by_rate["failed"].sum()["1.0"]
    assert f"fails in {failed.min()} to {failed.max()} of 10 runs at every rate" in PHOTOGRAPHS
    found = photographs.verdicts_on_accuracy(study)
    normalized = found[found["normalization"] == "batchnorm_shift"]
    assert set(normalized["verdict"]) == {"equivalent"}
    (rate,) = runs["learning_rate"].unique()
    validation = photographs.runs_of("cifar10_plain").groupby(
        ["normalization", "scheme", "learning_rate"]
    )["validation_accuracy"]
    best = {level: validation.mean()[level]["1.0"].idxmax() for level in WITHOUT_AND_WITH}
    assert best["none"] == 0.0025 < rate < best["batchnorm_shift"]
    assert f"learning rates, {rate}. Biases" in PHOTOGRAPHS
    assert "At that learning rate, 0.0025 being the best for 1.0 in" in PHOTOGRAPHS


def test_the_readme_says_what_longer_training_of_deep_networks_does():
    by_rate = photographs.runs_of("long").groupby(["learning_rate", "scheme"])
    failed, runs = by_rate["failed"].sum(), by_rate.size()
    assert f"{failed[0.02].sum()} of {runs[0.02].sum()} fail at that rate" in README
    assert failed[0.02]["0.1"] == runs[0.02]["0.1"] == 10
    assert (failed[0.00125].drop("none") == 0).all()
    assert f"and {failed[0.00125]['none']} of 10 without biases" in README
    level = by_rate["final_accuracy"].mean()[0.00125]
    others = level[["0.01", "0.1", "1.0"]]
    assert f"zeros, which has {level['zeros']:.0f} % there, is worse than" in README
    assert f"which have {others.min():.0f} to {others.max():.0f} %, is not settled" in README
    for scheme in others.index:
        found = published_verdict("long", "accuracy", "none", scheme, "learning_rate 0.00125")
        assert found.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("study", "normalization", "verdict", "points", "words"),
    [
        ("cifar10_plain", "none", BEYOND, "-10", "plain network ten points of"),
        ("optimizers", "none", BEYOND, "-5", "accuracy, five with AdamW, VGG"),
        ("cifar10_vgg", "none", BEYOND, "-7", "VGG-16 and the residual network"),
        ("cifar10_resnet", "none", BEYOND, "-7", "network seven, and the one"),
        ("fashion", "none", BEYOND, "-3", "one on Fashion-MNIST three."),
        ("cifar10_plain", "batchnorm_shift", "worse", "-1.6", "the plain one loses 1.6 points"),
        ("optimizers", "batchnorm_shift", BEYOND, "-2.2", "1.6 points, 2.2 with"),
        ("fashion", "batchnorm_shift", "worse", "-0.6", "and 0.6 on Fashion-MNIST, the"),
        ("cifar10_resnet", "batchnorm_shift", BEYOND, "-5", "one loses five,"),
        ("cifar10_vgg", "batchnorm_shift", "better beyond the margin", "6", "VGG-16 gains six."),
    ],
)
def test_the_readme_says_what_1_does_on_photographs(study, normalization, verdict, points, words):
    assert words in README
    found = published_verdict(study, "accuracy", normalization, "1.0", OWN_BEST_RATE)
    decimals = len(points.partition(".")[2])
    assert (found.verdict, f"{found.estimate:.{decimals}f}") == (verdict, points)


@pytest.mark.parametrize("level", WITHOUT_AND_WITH)
@pytest.mark.parametrize("study", photographs.PHOTOGRAPHS)
def test_of_the_others_none_is_shown_to_be_better_or_worse(study, level):
    table = photographs.own_best(study)
    here = table[table["normalization"] == level].set_index("scheme")["verdict"]
    others = ["0.01", "0.1", "xavier", "pytorch", *(["none"] if level != "none" else [])]
    if (study, level) == ("fashion", "none"):
        others.remove("0.1")
    assert set(here.loc[others]) <= {"equivalent", "inconclusive"}


def test_a_tenth_is_worse_on_fashion_mnist():
    found = published_verdict("fashion", "accuracy", "none", "0.1", OWN_BEST_RATE)
    assert (found.verdict, f"{found.estimate:.1f}") == ("worse", "-0.4")
    assert "0.1 on Fashion-MNIST, by 0.4." in README


def test_no_biases_cost_one_to_two_points_with_sgd_and_a_negligible_half_with_adamw():
    rows = {
        study: published_verdict(study, "accuracy", "none", "none", OWN_BEST_RATE)
        for study in photographs.PHOTOGRAPHS
    }
    clothes = rows.pop("fashion")
    assert (clothes.verdict, f"{clothes.estimate:.1f}") == ("worse", "-0.3")
    assert rows.pop("cifar10_resnet").verdict == "inconclusive"
    adamw = rows.pop("optimizers")
    assert (adamw.verdict, f"{adamw.estimate:.1f}") == ("different but negligible", "-0.5")
    for row in rows.values():
        assert row.verdict == "worse"
        assert -2 < row.estimate < -1


def test_the_highest_rate_does_not_train_at_all_with_1_where_zeros_does_but_in_one_study():
    for study, failed in {
        "cifar10_plain": 0.8,
        "cifar10_vgg": 0.1,
        "cifar10_resnet": 0.3,
        "fashion": 2 / 15,
    }.items():
        runs = photographs.runs_of(study)
        without = runs[runs["normalization"] == "none"].groupby(["scheme", "learning_rate"])
        shares = without["failed"].mean()
        assert shares["1.0"].iloc[-1] == 1
        assert shares["zeros"].iloc[-1] == pytest.approx(failed)


def test_the_readme_says_what_is_published_of_deep_networks():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    runs = pd.read_parquet(MEASURED / "depth" / LEDGER_TABLES["runs"])
    deepest = runs[(runs["architecture"] == "plain-32") & (runs["normalization"] == "none")]
    failed = deepest.groupby("scheme")["failed"].agg(["sum", "size"])
    rows = {
        depth: published_verdict(
            "depth", "speed", "batchnorm_shift", "1.0", f"architecture plain-{depth}"
        )
        for depth in (4, 8, 16, 32)
    }
    slower = rows[4]
    assert (
        f"never learn in {failed['sum']['zeros']} of {failed['size']['zeros']} seeds of zeros and "
        f"in {failed['sum']['0.1']} of {failed['size']['0.1']} of 0.1, at a rate of 0.02."
    ) in text
    assert (
        "With batch normalisation, how fast 1.0 learns depends on the depth: with 4 convolutions "
        f"it takes {slower.estimate:.2f} times as long as zeros ({slower.lower:.2f} to "
        f"{slower.upper:.2f}), with 8 it is as fast, and deeper it is not settled."
    ) in text
    verdicts = [rows[depth].verdict for depth in (4, 8, 16, 32)]
    assert verdicts == ["worse", "equivalent", "inconclusive", "inconclusive"]
    assert not slower.fragile


@pytest.fixture
def results(tmp_path):
    """A folder of results with a study of a claim, one without a claim, and one not finished."""
    for study in ("digits", "mine", "depth"):
        folder = tmp_path / "results" / study
        for name, file in LEDGER_TABLES.items():
            if (study, name) == ("depth", "verdicts") or name == "twin_means":
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(f"{study} {name}".encode())
        (folder / "jobs.parquet").touch()
        (folder / "plan.json").write_text("{}")
        (folder / "figures").mkdir()
        (folder / "figures" / "outcomes.svg").touch()
    return tmp_path / "results"


NAMES = ("depth", "digits")


def test_only_finished_studies_of_the_repository_are_published_and_little_of_them(
    results, tmp_path
):
    place = tmp_path / "published"
    assert publish(NAMES, results=results, folder=place) == ("digits",)
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    tables = set(LEDGER_TABLES.values()) - {LEDGER_TABLES["twin_means"]}
    assert found == {f"digits/{file}" for file in (*tables, "plan.json")}
    assert (place / "digits" / "runs.parquet").read_bytes() == b"digits runs"


def test_what_was_predicted_is_published(results, tmp_path):
    (results / "predictions").mkdir()
    (results / "predictions" / "new.json").write_text("{}")
    publish(NAMES, results=results, folder=tmp_path / "published")
    assert (tmp_path / "published" / "predictions" / "new.json").read_text() == "{}"


def test_publishing_again_replaces_a_study_and_leaves_the_others(results, tmp_path):
    place = tmp_path / "published"
    for study in ("digits", "schemes"):
        (place / study / "analysis").mkdir(parents=True)
        (place / study / "runs.parquet").write_bytes(b"old")
    (place / "digits" / LEDGER_TABLES["twin_means"]).write_bytes(b"old")
    publish(NAMES, results=results, folder=place)
    assert (place / "digits" / "runs.parquet").read_bytes() == b"digits runs"
    assert not (place / "digits" / LEDGER_TABLES["twin_means"]).exists()
    assert (place / "schemes" / "runs.parquet").read_bytes() == b"old"
