"""The functions behind the workflow's rules, on a generated study and on hostile tables."""

import io

import numpy as np
import pandas as pd
import pytest
from whole_study import COLLAPSE_POINTS, analysed, row_of

from biasinit.errors import RunsTableError
from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.inference.study_runs import read_runs
from biasinit.statistics.layers.layer_summary import summarise_layers
from biasinit.statistics.trust.calibration import calibrate
from biasinit.statistics.trust.controls import check_controls
from biasinit.statistics.trust.outcome_variants import with_threshold
from biasinit.statistics.trust.sensitivity import sensitivity
from generated_study import (
    SCHEMES,
    generated_correct,
    generated_curves,
    generated_layers,
    generated_runs,
)

OPTIONS = {"alpha": 0.05, "resamples": 2_000, "analysis_seed": 0}
ORDER = {"reference": "zeros", "schemes": SCHEMES}
MARGINS = {"digits": 0.5}


def _whole(runs, *, schemes=SCHEMES, rich=False):
    """All tables of one study, as the workflow makes them."""
    curves = generated_curves(runs) if rich else None
    made = analysed(runs, schemes=schemes, margins=MARGINS, curves=curves)
    correct = generated_correct(runs) if rich else None
    order = {"reference": "zeros", "schemes": schemes}
    controls = check_controls(runs, correct, replicate="zeros", margins=MARGINS, **order, **OPTIONS)
    return made | {
        "identity": controls.identity,
        "replicate": controls.replicate,
        "pairing": controls.pairing,
    }


@pytest.fixture(scope="module")
def tables(runs):
    return _whole(runs, rich=True)


def test_the_planted_loss_is_found_among_the_pairs_that_trained(tables):
    contrasts = tables["accuracy_contrasts"]
    arm = {"family": "accuracy", "normalization": "none", "scheme": "one"}
    row = row_of(contrasts, **arm, cell="all")
    assert row["basis"] == "seeds where both trained"
    assert row["p_adjusted"] < 0.05
    assert row["estimate"] == pytest.approx(-0.6, abs=0.3)
    failing = row_of(contrasts, **arm, cell="learning_rate 0.02")
    other = row_of(contrasts, **arm, cell="learning_rate 0.005")
    assert (failing["seeds"], other["seeds"], row["seeds"]) == (17, 20, 17)
    assert (failing["basis"], other["basis"]) == ("seeds where both trained", "all seeds")


def test_the_identity_check_enters_no_family_and_no_mean(tables):
    for name in ("accuracy_means", "accuracy_contrasts", "speed_contrasts", "verdicts"):
        assert "batchnorm" not in set(tables[name]["normalization"])
    assert set(tables["identity"]["scheme"]) == set(SCHEMES) - {"zeros"}
    assert set(tables["identity"]["largest_accuracy_difference"]) == {0}
    assert set(tables["identity"]["share_identical_predictions"]) == {1}


def test_the_repeated_arm_stands_only_in_its_own_table(tables):
    assert set(tables["replicate"]["scheme"]) == {"zeros_again"}
    for name, table in tables.items():
        if name != "replicate" and "scheme" in table:
            assert "zeros_again" not in set(table["scheme"]), name


def test_verdicts_cover_every_outcome_normalisation_scheme_and_cell(tables):
    verdicts = tables["verdicts"]
    cells = {"all", "learning_rate 0.005", "learning_rate 0.02"}
    assert verdicts.groupby(["outcome", "normalization", "scheme"])["cell"].agg(set).eq(cells).all()
    counts = (verdicts.groupby("outcome").size() / len(cells)).to_dict()
    arms = {"accuracy": 6, "interaction": 3, "speed": 6}
    assert counts == arms | {"failure": 6, "collapse": 6, "not reached": 6}
    failing = row_of(verdicts, outcome="accuracy", normalization="none", scheme="one", cell="all")
    assert failing["verdict"] == "worse"
    assert (failing["failed"], failing["conditions"]) == (3, 2)
    assert "failed in 3 of 40 runs" in failing["headline"]


def test_the_primary_model_is_compared_with_statsmodels(tables):
    model = tables["accuracy_model"]
    engines = model[(model["quantity"] == "engine") & (model["level"] == "statsmodels MixedLM")]
    notes = engines["note"]
    assert len(notes) == 2
    assert notes.str.contains("same optimum").all()


def test_every_table_can_be_written_as_parquet(tables):
    for table in tables.values():
        table.to_parquet(io.BytesIO())


def test_curves_end_where_the_runs_ended(tables):
    curves = tables["curve_means"]
    last = row_of(curves, normalization="none", cell="learning_rate 0.02", scheme="one", epoch=15.0)
    assert last["share_reached"] == pytest.approx(17 / 20)
    assert last["runs"] == 20
    assert last["lower"] < last["validation_accuracy"] < last["upper"]


def test_layer_means_average_seeds(runs):
    layers = generated_layers(runs)
    found = summarise_layers(layers, schemes=SCHEMES)
    row = row_of(
        found, normalization="none", scheme="one", when="end", layer="fc1", quantity="bias_norm"
    )
    part = layers[
        (layers["normalization"] == "none")
        & (layers["scheme"] == "one")
        & (layers["when"] == "end")
        & (layers["layer"] == "fc1")
    ]
    assert row["estimate"] == pytest.approx(part["bias_norm"].mean())
    assert row["runs"] == 40


def test_layers_come_in_the_order_of_their_numbers(runs):
    layers = generated_layers(runs)
    names = {name: f"conv{11 - place}" for place, name in enumerate(sorted(set(layers["layer"])))}
    numbered = layers.assign(layer=layers["layer"].map(names))
    found = list(summarise_layers(numbered)["layer"].drop_duplicates())
    assert found == sorted(names.values(), key=lambda name: int(name.removeprefix("conv")))
    assert found != sorted(found)  # as text, conv10 comes before conv9


@pytest.mark.slow
def test_row_order_and_index_change_no_verdict(runs, tables):
    shuffled = runs.sample(frac=1, random_state=1)
    shuffled.index = pd.Index(np.zeros(len(shuffled)))
    found = _whole(shuffled)["verdicts"]
    columns = ["outcome", "scheme", "verdict", "headline", "estimate", "p_adjusted"]
    pd.testing.assert_frame_equal(found[columns], tables["verdicts"][columns], rtol=1e-6)


@pytest.mark.slow
def test_renaming_schemes_changes_names_only(runs, tables):
    names = {"zeros": "zeros", "small": "ünë:[T.x] ~", "one": "0.01", "xavier": "x y"}
    renamed = runs.assign(scheme=runs["scheme"].map(lambda name: names.get(name, name)))
    found = _whole(renamed, schemes=tuple(names.values()))["verdicts"]
    assert found["verdict"].tolist() == tables["verdicts"]["verdict"].tolist()


def test_a_trillion_times_larger_accuracies_change_no_p_value(runs, tables):
    scaled = runs.assign(final_accuracy=runs["final_accuracy"] * 1e12)
    found = analyse_accuracy(
        scaled, margins=MARGINS, collapse_points=1e12 * COLLAPSE_POINTS, **ORDER, **OPTIONS
    ).contrasts
    for column in ("p", "p_adjusted", "mixed_p"):
        expected = tables["accuracy_contrasts"][column].to_numpy()
        assert found[column].to_numpy() == pytest.approx(expected, rel=1e-2, abs=1e-6)


def _mask(runs, **outcome):
    chosen = runs["scheme"] == "one"
    columns = {name: runs[name].mask(chosen, value) for name, value in outcome.items()}
    return runs.assign(**columns)


NEVER = {"reached": False, "epochs_to_threshold": np.nan}
HOSTILE = {
    "one seed": lambda r: r[r["seed"] == 0],
    "two seeds": lambda r: r[r["seed"] < 2],
    "one scheme": lambda r: r[r["scheme"] == "zeros"],
    "without the reference": lambda r: r[r["scheme"] != "zeros"],
    "one cell": lambda r: r[r["learning_rate"] == 0.02],
    "one normalisation": lambda r: r[r["normalization"] == "none"],
    "identity check only": lambda r: r[r["normalization"] == "batchnorm"],
    "constant outcome": lambda r: r.assign(final_accuracy=98.0),
    "one arm constant": lambda r: _mask(r, final_accuracy=98.0),
    "all failed": lambda r: r.assign(failed=True, final_accuracy=10.0, **NEVER),
    "one arm always fails": lambda r: _mask(r, failed=True, final_accuracy=10.0, **NEVER),
    "all censored": lambda r: r.assign(**NEVER),
    "separation": lambda r: _mask(r, **NEVER),
    "missing cell": lambda r: r[~((r["scheme"] == "one") & (r["learning_rate"] == 0.02))],
    "missing arm": lambda r: r[~((r["scheme"] == "one") & (r["normalization"] == "none"))],
    "missing accuracies": lambda r: r.assign(
        final_accuracy=r["final_accuracy"].mask(r["seed"] == 3)
    ),
    "no accuracy at all": lambda r: r.assign(final_accuracy=np.nan),
    "lost runs": lambda r: r.sample(frac=0.7, random_state=1),
    "empty": lambda r: r.iloc[:0],
    "bare columns": lambda r: r[(r["learning_rate"] == 0.02) & (r["normalization"] == "none")][
        ["scheme", "seed", "final_accuracy", "epochs_to_threshold", "reached"]
    ],
}


@pytest.fixture(scope="module")
def few():
    """Eight seeds; 'one' fails at seed 3 without batch normalisation."""
    return generated_runs(seeds=8)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tables_give_verdicts_without_wrong_numbers(few, name):
    found = _whole(HOSTILE[name](few).reset_index(drop=True))
    verdicts = found["verdicts"]
    without = ["not estimable", "depends", "fails", "reference fails"]
    decided = ~verdicts["verdict"].isin(without)
    assert verdicts.loc[decided, "estimate"].notna().all()
    assert verdicts.loc[~decided, ["lower", "upper"]].isna().all(axis=None)
    assert not verdicts["headline"].str.contains("nan").any()
    for table in found.values():
        table.to_parquet(io.BytesIO())


def test_an_arm_that_always_fails_is_said_to_fail(few):
    found = _whole(HOSTILE["one arm always fails"](few))["verdicts"]
    verdicts = found[found["scheme"] == "one"].groupby("outcome")["verdict"].agg(set)
    assert verdicts["accuracy"] == verdicts["speed"] == {"fails"}
    assert verdicts["failure"] == verdicts["not reached"] == {"worse"}
    assert verdicts["interaction"] == {"fails"}


def test_two_seeds_decide_nothing(few):
    """But that no seed differs can be said of two; not that a mean over cells is the same."""
    found = _whole(HOSTILE["two seeds"](few))["verdicts"]
    same = found["estimate"].isin([0.0, 1.0]) & ~found["outcome"].isin(["failure", "collapse"])
    sizes = found["outcome"].isin(["accuracy", "interaction", "speed"])
    assert set(found.loc[sizes & ~same, "verdict"]) <= {"inconclusive", "not estimable"}
    assert set(found.loc[~sizes, "verdict"]) == {"none seen"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: pd.concat([r, r.head(3)]), "3 runs stand in the table more than once"),
        (lambda r: r.drop(columns=["seed"]), "no column 'seed'"),
        (lambda r: r.assign(scheme=r["scheme"].mask(r["seed"] == 1)), "lacks values in scheme"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused_with_the_mend(runs, change, message):
    with pytest.raises(RunsTableError, match=message):
        analyse_accuracy(
            change(runs), margins=MARGINS, collapse_points=COLLAPSE_POINTS, **ORDER, **OPTIONS
        )


@pytest.mark.slow
def test_specifications_mark_the_registered_one(runs):
    found = sensitivity(
        runs, generated_curves(runs), thresholds={"digits": 95.0}, epochs=15, **ORDER, **OPTIONS
    )
    sizes = found.groupby("outcome").size().to_dict()
    # seeds: 3 measures, 3 scales, 2 ways with failures, 3 analyses, 2 weights; 8 mixed models
    # and for speed 3 thresholds, 3 ways to read a time, 3 analyses, 2 weights
    assert sizes == {"accuracy": 6 * (3 * 3 * 2 * 3 * 2 + 8), "speed": 6 * 3 * 3 * 3 * 2}
    assert not found.duplicated(list(found.columns[:10])).any()
    assert found.groupby("outcome")["registered"].sum().to_dict() == {"accuracy": 6, "speed": 6}
    chosen = found[(found["scheme"] == "one") & (found["normalization"] == "none")]
    marked = chosen[chosen["registered"]].set_index("outcome")["decision"]
    assert marked.to_dict() == {"accuracy": "lower", "speed": "higher"}
    moved = chosen[(chosen["outcome"] == "speed") & (chosen["weights"] == "equal")]
    moved = moved[moved["scale"] == "epochs"]
    moved = moved[moved["analysis"] == "per-seed t"].set_index("threshold_offset")["estimate"]
    assert moved[-2.0] < moved[0.0] < moved[2.0]


def test_registered_specification_is_the_contrast_that_is_judged(runs, tables):
    found = sensitivity(runs, None, epochs=15, **ORDER, **OPTIONS)
    found = found[found["registered"]]
    found = found.set_index(["outcome", "normalization", "scheme"]).sort_index()
    for outcome in ("accuracy", "speed"):
        judged = tables[f"{outcome}_contrasts"]
        judged = judged[(judged["family"] == outcome) & (judged["cell"] == "all")]
        rows = judged.set_index(["normalization", "scheme"])
        for column in ("estimate", "lower", "p_adjusted"):
            expected = rows[column]
            own = found.loc[outcome, column].reindex(expected.index)
            assert own.to_numpy() == pytest.approx(expected.to_numpy())


@pytest.mark.slow
def test_median_of_the_last_epochs_ignores_one_bad_epoch(few):
    curves = generated_curves(few)
    last = curves["test_accuracy"].notna() & (curves["epoch"] == curves["epoch"].max())
    curves.loc[last, "test_accuracy"] -= 20
    found = sensitivity(few, curves, **ORDER, **OPTIONS)
    plain = sensitivity(few, generated_curves(few), **ORDER, **OPTIONS)
    same = found["measure"].isin(["last epoch", "median of the last epochs"])
    columns = ["estimate", "lower", "upper"]
    assert np.allclose(found.loc[same, columns], plain.loc[same, columns], equal_nan=True)


def test_calibration_on_a_generated_study_stays_in_its_bands():
    runs = generated_runs(rates=(0.02,), seeds=12, failing=False)
    found = calibrate(
        runs,
        margins=MARGINS,
        tables=150,
        effect=1.0,
        alpha=0.05,
        resamples=500,
        analysis_seed=0,
        **ORDER,
    ).set_index("quantity")
    judged = found["within_band"].dropna()
    assert set(judged.index) == {
        "type I error, accuracy",
        "type I error, interaction",
        "coverage of 95 % intervals",
        "equivalence error at the margin",
    }
    assert judged.all()
    assert found.loc["power at 1 points", "rate"] > 0.9
    for family in ("accuracy", "interaction", "speed"):
        assert found.loc[f"any rejection, {family}", "rate"] < 0.12


@pytest.mark.parametrize(
    ("name", "contrasts"), [("one scheme", 6), ("one seed", 6), ("all failed", 6), ("empty", 0)]
)
def test_specifications_that_cannot_be_estimated_stay_on_the_table_and_decide_nothing(
    few, name, contrasts
):
    table = HOSTILE[name](few).reset_index(drop=True)
    found = sensitivity(table, **ORDER, **OPTIONS)
    assert len(found[found["registered"]]) == contrasts
    assert set(found["decision"]) <= {"none"}
    assert found[["lower", "upper", "p", "p_adjusted"]].isna().all(axis=None)


def _calibrated(table):
    options = {"tables": 10, "effect": 1.0, "alpha": 0.05, "resamples": 500, "analysis_seed": 0}
    return calibrate(table.reset_index(drop=True), margins=MARGINS, **options, **ORDER)


@pytest.mark.parametrize("name", ["one scheme", "without the reference", "two seeds", "empty"])
def test_what_cannot_be_compared_has_no_error_rates(few, name):
    assert _calibrated(HOSTILE[name](few)).empty


def test_runs_that_all_failed_are_relabelled_but_no_model_draws_others(few):
    found = _calibrated(HOSTILE["all failed"](few)).set_index("quantity")
    assert set(found["experiment"]) == {"relabelled runs"}
    assert found["within_band"].isna().all()
    assert found.loc["any rejection, accuracy", "rate"] == 0


def test_new_test_set_intervals_stand_beside_those_for_this_test_set(runs, tables):
    images = {"correct": generated_correct(runs), "test_images": {"digits": 597}}
    found = analysed(runs, schemes=SCHEMES, margins=MARGINS, **images)["verdicts"]
    assert found["verdict"].equals(tables["verdicts"]["verdict"])
    assert tables["verdicts"]["new_test_set_lower"].isna().all()
    known = found["outcome"].isin(["accuracy", "interaction"])
    assert found.loc[~known, "new_test_set_lower"].isna().all()
    families = found[known]
    assert (families["new_test_set_lower"] <= families["estimate"]).all()
    assert (families["new_test_set_upper"] >= families["estimate"]).all()
    same = families[families["verdict"] == "equivalent"]
    agree = (same["new_test_set_lower"] > -0.5) & (same["new_test_set_upper"] < 0.5)
    assert len(same)
    assert (same["headline"].str.contains("and on new images") == agree).all()


def test_single_cells_have_hazard_ratios_of_their_own(tables):
    contrasts = tables["speed_contrasts"]
    single = contrasts[contrasts["cell"] != "all"]
    assert len(single) == 2 * 2 * 3
    assert single["hazard_ratio"].notna().all()
    whole = contrasts[contrasts["cell"] == "all"].set_index(["normalization", "scheme"])
    between = single.groupby(["normalization", "scheme"])["hazard_ratio"].agg(["min", "max"])
    ratio = whole["hazard_ratio"].reindex(between.index)
    assert (between["min"] <= ratio).all()
    assert (ratio <= between["max"]).all()


def test_a_threshold_is_reached_at_the_first_of_two_consecutive_points(runs):
    table = read_runs(runs.head(1).assign(failed=False))
    accuracy = [80.0, 96.0, 94.0, 95.0, 96.0, 90.0, 99.0]
    curves = table.loc[[0] * 7, ["normalization", "scheme", "seed", "dataset"]].assign(
        epoch=np.arange(7.0), validation_accuracy=accuracy
    )

    def epochs(offset):
        found = with_threshold(
            table, curves, thresholds={"digits": 95.0}, offset=offset, epochs=15.0
        )
        return found.item()

    assert epochs(0.0) == 3.0
    assert epochs(-2.0) == 1.0
    assert np.isnan(epochs(2.0))
