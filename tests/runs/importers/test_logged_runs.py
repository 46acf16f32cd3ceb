"""What becomes of the runs of any tool: which points count, and which runs."""

import math
import re

import pytest

from biasinit.errors import RunsTableError
from biasinit.runs.imported import Bringing, complete_runs
from biasinit.runs.importers.contract import Asked, LoggedRun, Logs, Point
from biasinit.runs.importers.logged import table_of_logs
from biasinit.runs.importers.points import series_of
from biasinit.runs.importers.run_names import reader_of

COLUMNS = {
    "scheme": "init",
    "seed": "seed",
    "final_accuracy": "test_acc",
    "validation_accuracy": "val_acc",
}
ASKED = {
    "columns": COLUMNS,
    "schemes": ["zeros", "1.0"],
    "has_curves": True,
    "steps_per_epoch": 1,
    "epochs": 4,
}
CURVE = [50.0, 91.0, 92.0, 93.0]


def points(*values, first=1):
    return [Point(step, value) for step, value in enumerate(values, start=first)]


def run(name, scheme, seed, *, curve=CURVE, final=95.0, first=1, **options):
    metrics = {"val_acc": points(*curve, first=first)}
    if final is not None:
        metrics["test_acc"] = [Point(4, final)]
    return LoggedRun(
        name=name,
        path=options.pop("path", name),
        said={"init": scheme, "seed": seed, **options.pop("said", {})},
        metrics={**metrics, **options.pop("metrics", {})},
        **options,
    )


def four(**options):
    return [
        run("a", "zeros", "0", **options),
        run("b", "zeros", "1"),
        run("c", "1.0", "0"),
        run("d", "1.0", "1"),
    ]


def imported(runs, tmp_path, *, metrics=("test_acc", "val_acc"), logs=None, **options):
    asked = Asked(**{**ASKED, **options})
    logs = Logs(of="log", runs=runs, metrics=frozenset(metrics), **(logs or {}))
    bringing = Bringing(
        study="mine",
        schemes=asked.schemes,
        reference="zeros",
        epochs=asked.epochs,
        thresholds={"any": 90.0},
    )
    return complete_runs(table_of_logs(logs, asked, tmp_path), bringing)


def said(found):
    return [str(note) for note in found.notes]


def test_a_final_value_is_that_of_the_last_step_and_never_the_best(tmp_path):
    best_in_between = {"metrics": {"test_acc": [Point(2, 99.0), Point(4, 94.0)]}}
    found = imported(four(**best_in_between), tmp_path)
    row = found.runs.set_index(["scheme", "seed"]).loc[("zeros", 0)]
    assert row["final_accuracy"] == 94.0
    note = "read as: 4 values of 'final_accuracy'. 'test_acc' at the last step of a run, never the"
    assert any(line.startswith(note) for line in said(found))


def test_speed_is_the_first_of_two_points_at_the_threshold(tmp_path):
    late = {"curve": [91.0, 50.0, 91.0, 92.0]}
    found = imported(four(**late), tmp_path).runs.set_index(["scheme", "seed"])
    assert found.loc[("zeros", 0), "epochs_to_threshold"] == 3.0
    assert found.loc[("1.0", 0), "epochs_to_threshold"] == 2.0
    assert found["reached"].all()
    assert found.loc[("1.0", 0), "validation_accuracy"] == 93.0
    # trapezoids of 50, 91, 92, 93 over three epochs
    assert found.loc[("1.0", 0), "curve_area"] == pytest.approx((70.5 + 91.5 + 92.5) / 3)


def test_a_final_value_from_before_the_end_is_named(tmp_path):
    found = imported(four(metrics={"test_acc": [Point(2, 94.0)]}), tmp_path)
    assert (
        "read as: 1 value of 'final_accuracy'. 'test_acc' was last logged before the end of "
        "'val_acc': 'a (at 2 of 4)'."
    ) in said(found)


def test_a_restart_takes_the_place_of_what_it_writes_again():
    written = [*points(1, 2, 3, 4), *points(30, 40, 50, first=3)]
    found = series_of(written)
    assert [point.value for point in found.points] == [1, 2, 30, 40, 50]
    assert found.replaced == 2


def test_a_restart_at_other_steps_leaves_no_points_of_the_run_that_was_given_up():
    found = series_of([Point(10, 1.0), Point(20, 2.0), Point(30, 3.0), Point(15, 9.0)])
    assert [tuple(point) for point in found.points] == [(10, 1.0), (15, 9.0)]
    assert found.replaced == 2


def test_points_that_a_restart_replaced_are_counted_and_named(tmp_path):
    twice = [*points(50.0, 60.0, 70.0), *points(91.0, 92.0, 93.0, first=2)]
    found = imported(four(metrics={"val_acc": twice}), tmp_path)
    assert found.runs.loc[found.runs["seed"] == 0, "epochs_to_threshold"].tolist() == [2.0, 2.0]
    assert (
        "left out: 2 points of 'validation_accuracy'. A later one at the same step or an earlier "
        "one took their place, as after a restart, in 1 run: 'a'."
    ) in said(found)


def test_epochs_that_are_counted_from_0_are_one_more_when_they_end(tmp_path):
    from_0 = [
        run(name, scheme, seed, first=0)
        for name, scheme, seed in [("a", "zeros", 0), ("b", "1.0", 0)]
    ]
    times = imported(from_0, tmp_path, steps_from=0).runs["epochs_to_threshold"]
    assert times.tolist() == [2.0, 2.0]
    told = imported(from_0, tmp_path, steps_from=1, epochs=3).runs["epochs_to_threshold"]
    assert told.tolist() == [1.0, 1.0]


def test_an_unfinished_run_that_was_run_again_is_left_out_and_named(tmp_path):
    again = run("first try", "zeros", "0", status="KILLED", final=None)
    found = imported([*four(), again], tmp_path)
    assert len(found.runs) == 4
    assert (
        "left out: 1 run. They did not finish, and the same run did later or before: 'first try "
        "(KILLED)'."
    ) in said(found)


@pytest.mark.parametrize(
    ("unfinished", "runs", "failed"),
    [("left out", 3, None), ("kept", 4, None), ("failed", 4, [False, False, True, False])],
)
def test_the_study_says_what_becomes_of_runs_that_did_not_finish(
    unfinished, runs, failed, tmp_path
):
    found = imported(four(status="FAILED"), tmp_path, unfinished=unfinished)
    assert len(found.runs) == runs
    assert ("failed" in found.runs) == (failed is not None)
    if failed:
        assert found.runs["failed"].tolist() == failed
    assert any("'a (FAILED)'" in line for line in said(found))


def test_runs_that_end_early_are_kept_where_that_is_how_they_were_trained(tmp_path):
    found = imported(four(curve=CURVE[:3]), tmp_path, unfinished="kept")
    assert len(found.runs) == 4
    assert any("'a (ends at 3, others at 4)'" in line for line in said(found))


def test_a_parent_without_results_is_left_out_and_named(tmp_path):
    parent = LoggedRun(name="sweep", path="sweep", said={"init": "zeros"}, children=4)
    found = imported([*four(), parent], tmp_path)
    assert len(found.runs) == 4
    assert any("4 runs are nested in them: 'sweep'." in line for line in said(found))


def test_other_schemes_may_be_as_they_are(tmp_path):
    other = run("odd", "other", "0", status="FAILED", curve=[1.0])
    found = imported([*four(), other], tmp_path)
    assert len(found.runs) == 4
    assert any("Of schemes that the study does not name: other (1 row)." in n for n in said(found))


def test_points_that_are_no_number_are_below_every_threshold_and_named(tmp_path):
    found = imported(four(curve=[91.0, math.nan, 91.0, 92.0]), tmp_path)
    row = found.runs.set_index(["scheme", "seed"]).loc[("zeros", 0)]
    assert row["epochs_to_threshold"] == 3.0
    assert math.isnan(row["curve_area"])
    assert any("Not a number, so below every threshold" in line for line in said(found))


def test_missing_points_are_named(tmp_path):
    gap = {"metrics": {"val_acc": [Point(1, 50.0), Point(2, 91.0), Point(4, 93.0)]}}
    lines = said(imported(four(**gap), tmp_path))
    assert any("They lack 1 point that most others have" in line for line in lines)


def test_names_that_nothing_uses_are_named(tmp_path):
    found = imported(four(said={"width": 3}), tmp_path, metrics=("test_acc", "val_acc", "loss"))
    assert "left out: 2 columns. Nothing uses 'loss', 'width'." in said(found)


def test_names_of_runs_say_what_they_are_and_others_are_named(tmp_path):
    runs = [
        run(f"{scheme}/s{seed}", None, None) for scheme in ("zeros", "1.0") for seed in range(2)
    ]
    columns = {name: theirs for name, theirs in COLUMNS.items() if name not in ("scheme", "seed")}
    found = imported(
        [*runs, run("tmp", None, None)], tmp_path, run_name="{scheme}/s{seed}", columns=columns
    )
    assert found.runs["seed"].tolist() == [0, 1, 0, 1]
    assert ("left out: 1 run. Not named like 'run_name' says ('{scheme}/s{seed}'): 'tmp'.") in said(
        found
    )


def test_a_pattern_takes_everything_between_its_braces_literally():
    read = reader_of("{_}/a.b+{scheme}_s{seed}")
    assert read("x/a.b+0.1_s12") == {"scheme": "0.1", "seed": "12"}
    assert read("x/aXb+0.1_s12") is None
    assert read("x/y/a.b+0.1_s12") is None
    assert read("x/a.b+0.1_sa") is None


def test_a_name_that_can_be_read_in_two_ways_is_refused(tmp_path):
    columns = {name: theirs for name, theirs in COLUMNS.items() if name not in ("scheme", "seed")}
    with pytest.raises(RunsTableError, match=r"The name 'zeros12' can be read as .* or "):
        imported([run("zeros12", None, None)], tmp_path, run_name="{scheme}{seed}", columns=columns)


CASES = {
    "logs without a run": ([], {}, "cannot be read. The log has no run."),
    "no run of such a name": (
        four(),
        {"run_name": "{scheme}/{seed}", "columns": {"final_accuracy": "test_acc"}},
        "No run is named like 'run_name' says ('{scheme}/{seed}'). There are 'a', 'b', 'c', 'd'.",
    ),
    "a metric that no run logs": (
        four(),
        {"columns": {**COLUMNS, "final_accuracy": "test_accuracy"}},
        "no run logs 'test_accuracy', which is to be 'final_accuracy'. Did you mean 'test_acc'? "
        "Say 'columns: {final_accuracy: …}' in the study.",
    ),
    "a parameter that no run has": (
        four(),
        {"columns": {**COLUMNS, "scheme": "method"}},
        "no run logs 'method', which is to be 'scheme'. They log 'test_acc', 'val_acc', 'init', "
        "'seed'. Say 'columns: {scheme: …}' in the study, or 'run_name' where the names of runs "
        "say it.",
    ),
    "two logged runs of one scheme and seed": (
        [*four(), run("e", "1.0", "1")],
        {},
        "1 run stand there more than once (e), by 'scheme', 'seed'. Remove them, or add the factor",
    ),
    "a run that failed": (
        four(status="FAILED"),
        {},
        "1 run did not finish: 'a (FAILED)'. Say in the study what becomes of them: 'unfinished: "
        "left out', 'kept' (as of early stopping: their last values count) or 'failed'",
    ),
    "a run that ends before others": (
        four(curve=CURVE[:2]),
        {},
        "1 run did not finish: 'a (ends at 2, others at 4)'.",
    ),
    "a run without a final value": (
        four(final=None),
        {},
        "'final_accuracy' must be given in every row, and is empty in a.",
    ),
    "a run without a curve": (
        four(metrics={"val_acc": []}),
        {},
        "1 run have no 'val_acc' ('a'), which is the learning curve.",
    ),
    "a metric that was logged without steps": (
        four(metrics={"val_acc": [Point(1, value) for value in CURVE]}),
        {"unfinished": "kept"},
        "'val_acc' has a single step in 1 run ('a'), and a learning curve has more. Log it with "
        "the step",
    ),
    "a point at step 0": (
        [run("a", "zeros", 0, first=0), run("b", "1.0", 0, first=0)],
        {},
        "'val_acc' has a point at step 0. Say 'steps_from: 0' in the study where it was measured "
        "after the first step (or epoch), and 'steps_from: 1' where before all training.",
    ),
    "curves longer than training": (
        four(),
        {"epochs": 3},
        "'val_acc' goes to epoch 4, and the study says 'epochs: 3'. Correct it there, or what a "
        "step is ('steps_per_epoch', 'steps_from').",
    ),
    "curves that end long before training": (
        four(),
        {"epochs": 40},
        "'val_acc' goes to epoch 4, and the study says 'epochs: 40'.",
    ),
    "a metric of several values for what a run has one of": (
        four(metrics={"rate": points(0.1, 0.01)}),
        {"columns": {**COLUMNS, "learning_rate": "rate"}},
        "'rate', which is to be 'learning_rate', was logged with several values in 1 run ('a'). "
        "Log it once.",
    ),
    "a name that stands in two places": (
        four(said={"params.width": 1, "tags.width": 2}),
        {"columns": {**COLUMNS, "architecture": "width"}},
        "'width', which is to be 'architecture', is logged as 'params.width', 'tags.width'. Name "
        "one of them in 'columns'.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_in_logs(case, tmp_path):
    runs, options, expected = CASES[case]
    prefixes = {"prefixes": ("params.", "tags.")}
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        imported(
            runs,
            tmp_path,
            metrics=("test_acc", "val_acc", "rate")
            if "rate" in options.get("columns", {}).values()
            else ("test_acc", "val_acc"),
            logs=prefixes,
            **options,
        )
