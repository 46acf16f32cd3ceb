import math
import re
from typing import get_args

import pandas as pd
import pytest

from biasinit.errors import ConfigurationError, RunsTableError
from biasinit.metric import ACCURACY, Metric
from biasinit.runs.brought_columns import BROUGHT
from biasinit.runs.import_notes import notes_frame
from biasinit.runs.imported import Bringing, BroughtTable, complete_runs, read_brought_runs
from biasinit.runs.tables import IMPORT_NOTES
from biasinit.study.reading import parse_any_study
from biasinit.vocabulary import BroughtColumn
from declared_tables import wrong_kinds


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "scheme": ["zeros", "1.0", "zeros", "1.0"],
            "seed": [0, 0, 1, 1],
            "final_accuracy": [98.0, 97.0, 98.5, 10.0],
            "epochs_to_threshold": [3.0, 4.0, 3.5, None],
            "reached": [True, True, True, False],
            "failure_kind": ["none", "none", "none", "never learned"],
        }
    )


SETTINGS = {"study": "mine", "schemes": ("zeros", "1.0"), "reference": "zeros", "epochs": 12.0}


def imported(table, **options):
    brought = table if isinstance(table, BroughtTable) else BroughtTable(frame=table)
    return complete_runs(brought, Bringing(**SETTINGS | options))


def complete(table, **options):
    return imported(table, **options).runs


def notes(table, **options):
    return [str(note) for note in imported(table, **options).notes]


def read(table, tmp_path, **options):
    """Return a table as it comes back from a CSV file."""
    path = tmp_path / "runs.csv"
    table.to_csv(path, index=False)
    return read_brought_runs(path, **options)


def test_a_brought_table_becomes_a_table_of_runs(table):
    runs = complete(table.sample(frac=1, random_state=1))
    assert runs["scheme"].tolist() == ["1.0", "1.0", "zeros", "zeros"]
    assert runs["failed"].tolist() == [False, True, False, False]
    assert runs["restricted_epochs"].tolist() == [4.0, 12.0, 3.0, 3.5]
    assert (runs["study"] == "mine").all()


def test_the_least_table_is_enough(table):
    runs = complete(table[["scheme", "seed", "final_accuracy"]], epochs=None)
    assert set(runs.columns) == {"study", "scheme", "seed", "final_accuracy"}


def test_schemes_that_the_study_does_not_name_are_left_out(table):
    extra = table.assign(scheme="other")
    both = pd.concat([table, extra], ignore_index=True)
    assert set(complete(both)["scheme"]) == {"zeros", "1.0"}


CASES = {
    "a missing column": (
        lambda table: table.drop(columns="seed"),
        {},
        "it has no column 'seed'. It has scheme, final_accuracy, epochs_to_threshold, reached, "
        "failure_kind. Where yours has another name, say 'columns: {seed: …}' in the study.",
    ),
    "an absent scheme": (
        lambda table: table,
        {"schemes": ("zeros", "0.01")},
        "'scheme' never is '0.01'. It has 'zeros', '1.0'. Name schemes of the table in 'schemes'.",
    ),
    "accuracy as a share of more than one hundred percent": (
        lambda table: table.assign(final_accuracy=[98.0, 970.0, 98.5, 10.0]),
        {},
        "'final_accuracy' must be between 0 and 100 percent in every row, got 970.0 (row 2).",
    ),
    "accuracy that is missing": (
        lambda table: table.assign(final_accuracy=[98.0, None, 98.5, 10.0]),
        {},
        "'final_accuracy' must be given in every row, and is empty in row 2. A run that diverged "
        "is given with what guessing reaches, which is 100 divided by the number of classes, and "
        "with 'failed' true.",
    ),
    "a run twice": (
        lambda table: pd.concat([table, table.iloc[:1]], ignore_index=True),
        {},
        "1 run stand there more than once (row 5), by 'scheme', 'seed'. Remove them, or add the "
        "factor",
    ),
    "a seed that is missing": (
        lambda table: table.assign(seed=[0, None, 1, 1]),
        {},
        "'seed' must be given in every row, and is empty in row 2.",
    ),
    "half of a group": (
        lambda table: table.drop(columns="reached"),
        {},
        "'epochs_to_threshold' needs the column 'reached' too.",
    ),
    "speed without a length of training": (
        lambda table: table,
        {"epochs": None},
        "'epochs_to_threshold' needs the length of training: add 'epochs: …'.",
    ),
    "reached at no time": (
        lambda table: table.assign(epochs_to_threshold=[3.0, None, 3.5, None]),
        {},
        "'epochs_to_threshold' must be a number of epochs above 0, and at most the 'epochs' of the "
        "study (12), where 'reached' is true, got nan (row 2).",
    ),
    "epochs counted from 0": (
        lambda table: table.assign(epochs_to_threshold=[3.0, 0.0, 3.5, None]),
        {},
        "must be a number of epochs above 0, and at most the 'epochs' of the study (12), "
        "where 'reached' is true, got 0.0 (row 2).",
    ),
    "reached after the end of training": (
        lambda table: table.assign(epochs_to_threshold=[3.0, 13.0, 3.5, None]),
        {},
        "at most the 'epochs' of the study (12), where 'reached' is true, got 13.0 (row 2).",
    ),
    "reached at an infinite time": (
        lambda table: table.assign(epochs_to_threshold=[math.inf] * 4),
        {},
        "where 'reached' is true, got inf (row 1), inf (row 2), inf (row 3).",
    ),
    "an early time that is text": (
        lambda table: table.assign(epochs_to_early_threshold=["1", "soon", None, None]),
        {},
        "'epochs_to_early_threshold' must be numbers of epochs above 0, or empty, got 'soon' "
        "(row 2).",
    ),
    "a seed that is text": (
        lambda table: table.assign(seed=["a", "b", 1, 1]),
        {},
        "'seed' must be whole numbers from 0 on, got 'a' (row 1), 'b' (row 2).",
    ),
    "a seed below 0": (
        lambda table: table.assign(seed=[-1, 0, 1, 1]),
        {},
        "'seed' must be whole numbers from 0 on, got -1 (row 1).",
    ),
    "a seed with a fraction": (
        lambda table: table.assign(seed=[0.5, 0, 1, 1]),
        {},
        "'seed' must be whole numbers from 0 on, got 0.5 (row 1).",
    ),
    "an endless seed": (
        lambda table: table.assign(seed=[math.inf, 0, 1, 1]),
        {},
        "'seed' must be whole numbers from 0 on, got inf (row 1).",
    ),
    "a truth in other words": (
        lambda table: table.assign(reached=["yes", "no", "yes", "no"]),
        {},
        "'reached' must be true or false, got 'yes' (row 1), 'no' (row 2), 'yes' (row 3), "
        "'no' (row 4).",
    ),
    "a failure in other words": (
        lambda table: table.assign(failed=[False, False, "maybe", False]),
        {},
        "'failed' must be true or false, got 'maybe' (row 3).",
    ),
    "an unknown kind of failure": (
        lambda table: table.assign(failure_kind="exploded"),
        {},
        "'failure_kind' must be one of 'none', 'diverged', 'never learned', got 'exploded' (row 1)",
    ),
    "a kind of failure that is missing": (
        lambda table: table.assign(failure_kind=["none", None, "none", "none"]),
        {},
        "'failure_kind' must be given in every row, and is empty in row 2. Write 'none' for a run "
        "that did not fail.",
    ),
    "an unknown normalisation": (
        lambda table: table.assign(normalization="layernorm"),
        {},
        "'normalization' must be one of 'none', 'batchnorm_shift', 'norm_shift', 'batchnorm', got "
        "'layernorm'",
    ),
    "a learning rate that is text": (
        lambda table: table.assign(learning_rate="fast"),
        {},
        "'learning_rate' must be numbers above 0, got 'fast' (row 1)",
    ),
    "a list where a name must be": (
        lambda table: table.assign(optimizer=[["sgd"], "sgd", "sgd", "sgd"]),
        {},
        "'optimizer' must be printable names of at most 100 characters, got ['sgd'] (row 1).",
    ),
    "a name that cannot be printed": (
        lambda table: table.assign(dataset="digits\x07\u202e"),
        {},
        "'dataset' must be printable names of at most 100 characters, got 'digits\\x07\\u202e'",
    ),
    "a name as long as a page": (
        lambda table: table.assign(architecture="x" * 10_000),
        {},
        "'architecture' must be printable names of at most 100 characters, got 'xxx",
    ),
    "a flag that is empty": (
        lambda table: table.assign(reached=[True, True, True, None]),
        {},
        "'reached' must be given in every row, and is empty in row 4. Write true or false in every "
        "row.",
    ),
    "a failure that is empty": (
        lambda table: table.drop(columns="failure_kind").assign(failed=[False, pd.NA, "NA", True]),
        {},
        "'failed' must be given in every row, and is empty in rows 2, 3. Write true or false in "
        "every row.",
    ),
    "a failure that contradicts its kind": (
        lambda table: table.assign(failed=[False, True, False, False]),
        {},
        "'failed' and 'failure_kind' contradict each other in rows 2, 4: the first says true and "
        "'none'. Correct one of them, or leave 'failed' out.",
    ),
    "a time within training that was not reached": (
        lambda table: table.assign(epochs_to_threshold=[3.0, 4.0, 3.5, 5.0]),
        {},
        "'reached' is false, and 'epochs_to_threshold' is within the 'epochs' of the study (12), "
        "got 5.0 (row 4). Leave the time empty, or say that it was reached.",
    ),
    "an early time after the time": (
        lambda table: table.assign(epochs_to_early_threshold=[3.0, 5.0, None, 2.0]),
        {},
        "'epochs_to_early_threshold' must not be later than 'epochs_to_threshold' where that was "
        "reached, got 5.0 (row 2), nan (row 3).",
    ),
    "an early time after the end of training": (
        lambda table: table.assign(epochs_to_early_threshold=[3.0, 4.0, 3.0, 13.0]),
        {},
        "'epochs_to_early_threshold' must be at most the 'epochs' of the study (12), got 13.0 "
        "(row 4).",
    ),
    "accuracies that are shares": (
        lambda table: table.assign(final_accuracy=[0.98, 0.97, 0.985, 0.1]),
        {},
        "'final_accuracy' is at most 1 for 3 runs that did not fail (rows 1, 2, 3), which looks "
        "like shares of 1. Give percent in every row; or say 'unit: share' in the study where all "
        "are shares, or 'unit: percent' where these are percent.",
    ),
    "one scheme in shares": (
        lambda table: table.assign(final_accuracy=[98.0, 0.97, 98.5, 10.0]),
        {},
        "'final_accuracy' is at most 1 for 1 run that did not fail (row 2)",
    ),
    "a validation in shares": (
        lambda table: table.assign(validation_accuracy=[0.98, 0.97, 0.985, 0.1]),
        {},
        "'validation_accuracy' is at most 1 for 3 runs that did not fail (rows 1, 2, 3)",
    ),
    "percent in a study of shares": (
        lambda table: table,
        {"unit": "share"},
        "'final_accuracy' must be between 0 and 1 in every row, as the study says 'unit: share', "
        "got 98.0 (row 1), 97.0 (row 2), 98.5 (row 3), 10.0 (row 4).",
    ),
    "accuracy with a percent sign": (
        lambda table: table.assign(final_accuracy=["98 %", "97", "98.5", "10"]),
        {},
        "'final_accuracy' must be numbers, got '98 %' (row 1). Leave the sign % out.",
    ),
    "a scheme in another case": (
        lambda table: pd.concat([table, table.assign(scheme="Zeros")], ignore_index=True),
        {},
        "'scheme' is 'Zeros' in 4 rows (rows 5, 6, 7, 8), and the study names 'zeros'. Write it in "
        "one way, or name both in 'schemes'.",
    ),
    "a scheme that is the same number": (
        lambda table: pd.concat([table, table.assign(scheme="1")], ignore_index=True),
        {},
        "'scheme' is '1' in 4 rows (rows 5, 6, 7, 8), and the study names '1.0'.",
    ),
    "a scheme that is no name": (
        lambda table: table.assign(scheme=["zeros", ["1.0"], "zeros", "1.0"]),
        {},
        "'scheme' must be printable names of at most 100 characters, got ['1.0'] (row 2).",
    ),
    "a level in two cases": (
        lambda table: table.assign(dataset=["MNIST", "mnist", "mnist", "mnist"]),
        {"margins": ["mnist", "MNIST"]},
        "'dataset' is 'MNIST' (1 row) and 'mnist' (3 rows). Write one level in one way.",
    ),
    "a margin for a data set of another name": (
        lambda table: table.assign(dataset="CIFAR-10"),
        {"margins": ["cifar10"]},
        "'analysis.margins' is for the data set 'cifar10', which is not in the table. Did you mean "
        "'CIFAR-10'?",
    ),
    "a margin for a data set that is not there": (
        lambda table: table.assign(dataset="mnist"),
        {"margins": ["mnist", "letters"]},
        "'analysis.margins' is for the data set 'letters', which is not in the table. It has "
        "'mnist'.",
    ),
    "a data set without a margin": (
        lambda table: table.assign(dataset=["mnist", "mnist", "svhn", "svhn"]),
        {"margins": ["mnist"]},
        "'analysis.margins' says nothing of the data set 'svhn' (2 rows). Add a line 'svhn: …'.",
    ),
    "margins for data sets that the table does not tell apart": (
        lambda table: table,
        {"margins": ["mnist", "svhn"]},
        "'analysis.margins' are for 'mnist', 'svhn', and the table has no column 'dataset'. Give "
        "one margin, or the column.",
    ),
    "the identity check alone": (
        lambda table: table.assign(normalization="batchnorm"),
        {},
        "'normalization' is 'batchnorm' in every row, which are biases before batch normalisation: "
        "an identity check, in no comparison. Write 'batchnorm_shift' where the scheme starts the "
        "shift of batch normalisation.",
    ),
    "a learning rate in two forms": (
        lambda table: pd.concat(
            [table.assign(learning_rate="1e-3"), table.assign(learning_rate="0.001")],
            ignore_index=True,
        ),
        {},
        "4 runs stand there more than once (rows 5, 6, 7, 8), by 'learning_rate', 'scheme', "
        "'seed'.",
    ),
    "a learning rate of nothing": (
        lambda table: table.assign(learning_rate=0),
        {},
        "'learning_rate' must be numbers above 0, got 0 (row 1)",
    ),
    "a loss that is text": (
        lambda table: table.assign(final_loss=["0.1", "low", "inf", None]),
        {},
        "'final_loss' must be numbers, or empty, got 'low' (row 2).",
    ),
    "a number with a separator": (
        lambda table: table.assign(seed=["1_0", "1,000", "٣", "0x1"]),
        {},
        "'seed' must be whole numbers from 0 on, got '1_0' (row 1), '1,000' (row 2), '٣' (row 3), "
        "'0x1' (row 4). Write decimal points, and no commas.",
    ),
    "a learning rate in two precisions": (
        lambda table: table.assign(learning_rate=[0.1, 0.1, 0.10000000149011612, 0.1]),
        {},
        "'learning_rate' is 0.1 (3 rows) and 0.10000000149011612 (1 row), which are the same to "
        "six digits. Write one number.",
    ),
    "a threshold for a data set of another name": (
        lambda table: table.assign(dataset="CIFAR-10"),
        {"margins": ["CIFAR-10"], "thresholds": ["cifar10"]},
        "'analysis.thresholds' is for the data set 'cifar10', which is not in the table. Did you "
        "mean 'CIFAR-10'?",
    ),
    "no row": (lambda table: table.head(0), {}, "it is empty: there are names of columns, and no"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_impossible_table_is_refused_with_row_and_mend(case, table):
    change, options, message = CASES[case]
    with pytest.raises(RunsTableError, match=re.escape(message)):
        complete(change(table), **options)


def test_all_problems_of_a_table_are_told_at_once(table):
    bad = table.assign(final_accuracy=200.0).drop(columns="reached")
    with pytest.raises(RunsTableError) as caught:
        complete(bad, schemes=("zeros", "new"))
    assert len(str(caught.value).splitlines()) == 4
    assert "new" in str(caught.value)


def test_a_message_stays_short_whatever_the_table_holds(table):
    with pytest.raises(RunsTableError) as caught:
        complete(table.assign(optimizer="x" * 10**6, seed=-1))
    assert len(str(caught.value)) < 2_000


def test_one_wrong_seed_of_a_file_is_told_alone(table, tmp_path):
    message = r"'seed' must be whole numbers from 0 on, got 'x' \(row 2\)\."
    with pytest.raises(RunsTableError, match=message):
        complete(read(table.assign(seed=[0, "x", 1, 1]), tmp_path))


def test_numbers_that_are_text_are_numbers(table):
    runs = complete(table.assign(seed=["0", "0", "1", "1"], learning_rate="1e-2"))
    assert runs["seed"].tolist() == [0, 1, 0, 1]
    assert set(runs["learning_rate"]) == {0.01}


def test_true_and_false_may_be_words_and_numbers(table):
    for words in (["true", "FALSE", "True", "0"], [1, 0, 1.0, False]):
        runs = complete(table.drop(columns="failure_kind").assign(failed=words))
        assert sorted(runs["failed"].tolist()) == [False, False, True, True]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_name_that_looks_like_a_number_stays_text(suffix, table, tmp_path):
    path = tmp_path / f"runs.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path, index=False)
    assert read_brought_runs(path).frame["scheme"].tolist() == ["zeros", "1.0", "zeros", "1.0"]


@pytest.mark.parametrize("content", [None, b"PAR1 and then nothing"])
def test_a_file_that_is_no_table_is_named(content, tmp_path):
    path = tmp_path / "runs.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunsTableError, match=r"runs\.parquet cannot be read"):
        read_brought_runs(path)


def test_keys_of_an_imported_study_are_checked_too():
    mapping = {
        "study": "mine",
        "runs_table": "runs.csv",
        "schemes": ["zeros", "1.0"],
        "reference": "zero",
        "sceme": 1,
        "analysis": {"margins": {"digits": 0.5}},
    }
    with pytest.raises(ConfigurationError, match="sceme: is not a key of a study"):
        parse_any_study(mapping)
    mapping.pop("sceme")
    with pytest.raises(ConfigurationError, match="reference: names the scheme 'zero'"):
        parse_any_study(mapping)


IMPORTED = {
    "study": "mine",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "1.0"],
    "analysis": {"margins": {"digits": 0.5}},
}
LOSS = {"name": "validation loss", "better": "lower", "unit": "nats"}
IN_NATS = {"margins": {"digits": 0.005}, "collapse_points": 0.5}
WRONG = {
    "looks at runs that exist": (
        {"analysis": IMPORTED["analysis"] | {"looks": [{"seeds": 20, "alpha": 0.01}]}},
        "analysis.looks: has no meaning for runs that exist already. Leave it out; such verdicts "
        "are exploratory in any case.",
    ),
    "a scheme twice": (
        {"schemes": ["zeros", "zeros"]},
        "schemes: zeros stands there more than once. Name each level once.",
    ),
    "no schemes": ({"schemes": []}, "schemes: must have at least 1 entry, got []."),
    "a table without a name": ({"runs_table": ""}, "runs_table: must not be empty, got ''."),
    "a name with a slash": (
        {"study": "../mine"},
        "study: is not a name that can be part of a path, got '../mine'.",
    ),
    "no length of training": ({"epochs": 0}, "epochs: must be greater than 0, got 0."),
    "a table with braces in its name": (
        {"runs_table": "ru{n}s.csv"},
        "runs_table: must have no braces, which Snakemake takes for wildcards, got 'ru{n}s.csv'. "
        "Rename it, or the folder that it lies in.",
    ),
    "a column that nobody knows": (
        {"columns": {"sceme": "method"}},
        "columns.sceme: must be 'scheme', 'seed', 'final_accuracy', 'dataset',",
    ),
    "a column without a name": (
        {"columns": {"scheme": ""}},
        "columns.scheme: must not be empty, got ''.",
    ),
    "a column that is two": (
        {"columns": {"scheme": "a", "dataset": "a"}},
        "columns: says of 'a' more than once what it is. Name each column of the table once.",
    ),
    "an unknown unit": (
        {"unit": "points"},
        "unit: must be 'percent' or 'share', got 'points'.",
    ),
    "a margin that would be a share": (
        {"unit": "share", "analysis": {"margins": {"digits": 0.005}}},
        "analysis.margins.digits: is in points of percent whatever the unit of the table, got "
        "0.005. Write 0.5 if 0.005 is a share; for less than 0.1 points give the table in percent.",
    ),
    "a unit of accuracy beside another metric": (
        {"unit": "share", "metric": LOSS, "analysis": IN_NATS},
        "unit: is of accuracy, and 'metric' has a unit of its own. Leave one of the two out.",
    ),
    "a metric without a word on collapses": (
        {"metric": LOSS},
        "analysis.collapse_points: is missing, which is 15 points of accuracy where nothing is "
        "said, and 'metric' is in nats. Add it: a run collapsed that ends more than so many nats "
        "above the median of the reference.",
    ),
    "a metric without a direction": (
        {"metric": {"name": "validation loss", "unit": "nats"}, "analysis": IN_NATS},
        "metric.better: is missing.",
    ),
    "a direction that is none": (
        {"metric": LOSS | {"better": "less"}, "analysis": IN_NATS},
        "metric.better: must be 'higher' or 'lower', got 'less'.",
    ),
    "a key that no metric has": (
        {"metric": LOSS | {"units": "nats"}, "analysis": IN_NATS},
        "metric.units: is not a key of a study. Did you mean 'unit'?",
    ),
    "a metric that no sentence can name": (
        {"metric": LOSS | {"name": "loss "}, "analysis": IN_NATS},
        "metric.name: must be printable, of at most 40 characters, without braces and without "
        "blanks around it, got 'loss '. It stands in every sentence and figure.",
    ),
    "a unit that no axis has room for": (
        {"metric": LOSS | {"unit": "nats for each of the tokens"}, "analysis": IN_NATS},
        "metric.unit: must be printable, of at most 20 characters, without braces and without "
        "blanks around it, got 'nats for each of the tokens'.",
    ),
    "a margin that no accuracy has": (
        {"analysis": {"margins": {"digits": 120}}},
        "analysis.margins.digits: must be less than 100, got 120. It is in percent; where the runs "
        "have another metric, say so in 'metric'.",
    ),
    "a margin that no accuracy has, where 'metric' says accuracy": (
        {
            "metric": {"name": "test accuracy", "better": "higher", "unit": "points"},
            "analysis": {"margins": {"digits": 120}, "collapse_points": 15},
        },
        "analysis.margins.digits: must be less than 100, got 120.",
    ),
    "a threshold that no accuracy has": (
        {"analysis": {"margins": {"digits": 1}, "thresholds": {"digits": -1}}},
        "analysis.thresholds.digits: must be greater than 0, got -1.",
    ),
    "a scheme that no page can show": (
        {"schemes": ["zeros", "a\u202eb", "blank "]},
        "schemes: must be printable names of at most 100 characters without blanks around them, "
        "got 'a\\u202eb'.",
    ),
    "nothing to compare": (
        {"schemes": ["zeros"]},
        "schemes: has the reference, 'zeros', alone. Name those that it is to be compared with.",
    ),
    "the A/A arm among the schemes": (
        {"schemes": ["zeros", "1.0", "zeros_again"], "replicate": "zeros"},
        "schemes: has the A/A arm, 'zeros_again', which 'replicate' adds. Leave it out, or set "
        "replicate: null to compare it as a scheme.",
    ),
    "a replicate that is no scheme": (
        {"replicate": "ones"},
        "replicate: names the scheme 'ones', which the study does not have. Use one of zeros, 1.0.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_key_of_an_imported_study_is_named(case):
    change, message = WRONG[case]
    parse_any_study(IMPORTED)
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        parse_any_study(IMPORTED | change)


def test_the_names_that_a_study_may_give_are_those_of_the_columns():
    assert set(get_args(BroughtColumn)) == set(BROUGHT)


def test_a_table_that_is_right_has_nothing_to_be_said_of_it(table):
    assert notes(table) == []


def test_blanks_around_names_are_no_part_of_them_and_said(table):
    blank = table.assign(scheme=["zeros", "1.0 ", "zeros", "\t1.0"], dataset="mnist ")
    assert complete(blank, margins=["mnist"])["scheme"].tolist() == ["1.0", "1.0", "zeros", "zeros"]
    assert notes(blank, margins=["mnist"]) == [
        "trimmed: 2 values of 'scheme'. Blanks around values, such as '1.0 ', '\\t1.0'.",
        "trimmed: 4 values of 'dataset'. Blanks around values, such as 'mnist '.",
    ]


def test_schemes_that_are_left_out_are_counted_and_named(table):
    extra = pd.concat([table, table.assign(scheme="other"), table.assign(scheme="more").head(2)])
    assert notes(extra.reset_index(drop=True)) == [
        "left out: 6 rows of 'scheme'. Of schemes that the study does not name: other (4 rows), "
        "more (2 rows)."
    ]


def test_runs_without_a_partner_are_counted(table):
    assert notes(table.head(3)) == [
        "without a partner: 1 row. 1.0 against zeros: 1 pair of runs of one seed and condition; 0 "
        "of 1 run of 1.0 and 1 of 2 runs of zeros have no partner, and are not in this comparison."
    ]


def test_the_identity_check_is_said_to_be_in_no_comparison(table):
    both = pd.concat([table.assign(normalization=level) for level in ("none", "batchnorm")])
    (said,) = notes(both.reset_index(drop=True))
    assert said.startswith("identity check: 4 rows of 'normalization'.")
    assert said.endswith("write 'batchnorm_shift'.")


def test_text_stays_text_in_every_factor(table, tmp_path):
    for name in ("dataset", "architecture", "weight_init", "input_scaling", "optimizer"):
        twice = pd.concat([table.assign(**{name: level}) for level in ("018", "18")])
        runs = complete(read(twice, tmp_path), margins=["018", "18"] if name == "dataset" else [])
        assert runs[name].tolist() == ["018"] * 4 + ["18"] * 4


def test_shares_are_percent_where_the_study_says_so(table):
    shares = table.assign(
        final_accuracy=[0.57, 0.97, 0.985, 0.1], validation_accuracy=[0.58, None, "0.9", 0.1]
    )
    runs = complete(shares, unit="share")
    assert runs["final_accuracy"].tolist() == [97.0, 10.0, 57.0, 98.5]
    assert runs["validation_accuracy"].tolist()[2:] == [58.0, 90.0]
    assert notes(shares, unit="share")[-2:] == [
        "read as: 4 values of 'final_accuracy'. Shares, as the study says, read as percent.",
        "read as: 3 values of 'validation_accuracy'. Shares, as the study says, read as percent.",
    ]


def test_shares_give_the_runs_that_percent_gives(table):
    """Of the digits that result files have, so that verdicts cannot differ either."""
    percent = table.assign(final_accuracy=[96.878, 93.704, 97.346, 10.0])
    shares = percent.assign(final_accuracy=[0.96878, 0.93704, 0.97346, 0.1])
    pd.testing.assert_frame_equal(
        complete(shares, unit="share"), complete(percent), check_exact=True
    )


def test_values_of_another_metric_are_any_finite_numbers(table):
    metric = Metric.of(**LOSS).to_mapping()
    losses = table.assign(final_accuracy=[0.31, -0.2, 1e-4, 2000.0], validation_accuracy=0.3)
    runs = complete(losses, metric=metric)
    assert sorted(runs["final_accuracy"]) == [-0.2, 1e-4, 0.31, 2000.0]
    assert notes(losses, metric=metric) == []
    for value, said in (
        (math.inf, "'final_accuracy' must be finite numbers, got inf (row 2)."),
        (
            math.nan,
            "'final_accuracy' must be given in every row, and is empty in row 2. A run that "
            "diverged is given with the validation loss of a network that has learnt nothing, and "
            "with 'failed' true.",
        ),
    ):
        with pytest.raises(RunsTableError, match=re.escape(said)):
            complete(table.assign(final_accuracy=[0.3, value, 0.2, 0.1]), metric=metric)


def test_a_study_of_another_metric_has_margins_of_any_size():
    keys = IMPORTED | {"metric": LOSS | {"unit": "reward", "better": "higher"}}
    study = parse_any_study(keys | {"analysis": {"margins": {"any": 250}, "collapse_points": 1000}})
    assert study.measured.unit == "reward"
    assert parse_any_study(IMPORTED).measured is ACCURACY


def test_small_percent_is_percent_where_the_study_says_so(table):
    small = table.assign(final_accuracy=[0.98, 0.97, 0.985, 0.1])
    runs = complete(small, unit="percent")
    assert sorted(runs["final_accuracy"]) == [0.1, 0.97, 0.98, 0.985]


def test_a_failed_run_of_many_classes_is_at_chance_and_said(table):
    assert notes(table.assign(final_accuracy=[98.0, 97.0, 98.5, 0.1])) == [
        "read as: 1 value of 'final_accuracy'. Failed runs of at most 1, read as percent: row 4."
    ]


def test_the_time_of_a_run_that_did_not_reach_is_all_of_training_and_said(table):
    late = table.assign(epochs_to_threshold=[3.0, 4.0, 3.5, 12.0])
    assert complete(late)["restricted_epochs"].tolist() == [4.0, 12.0, 3.0, 3.5]
    assert complete(late)["epochs_to_threshold"].isna().sum() == 1
    (said,) = notes(late)
    assert said.startswith("read as: 1 value of 'epochs_to_threshold'. Times of runs that did not")


def test_words_for_nothing_are_nothing_in_numbers_and_said(table, tmp_path):
    words = table.assign(final_loss=["0.1", "NA", "", "nan"])
    assert complete(read(words, tmp_path))["final_loss"].isna().sum() == 3
    assert notes(read(words, tmp_path)) == [
        "read as: 2 values of 'final_loss'. Words for nothing, such as 'NA'."
    ]


def test_text_among_numbers_is_said_where_a_file_has_types(table):
    assert notes(table.assign(learning_rate="1e-3")) == [
        "read as: 4 values of 'learning_rate'. Text that is read as what it says, such as '1e-3'."
    ]


def test_large_seeds_keep_all_their_digits(table):
    seeds = ["9007199254740993", "9007199254740993", "9007199254740992", "9007199254740992"]
    assert set(complete(table.assign(seed=seeds))["seed"]) == {2**53, 2**53 + 1}
    with pytest.raises(RunsTableError, match=r"got '9007199254740993\.0' \(row 1\)"):
        complete(table.assign(seed=["9007199254740993.0", "0", "1", "1"]))


def test_columns_go_by_the_names_that_the_study_gives(table, tmp_path):
    theirs = {"scheme": "method", "seed": "run_seed", "final_accuracy": "test_acc"}
    renamed = table.rename(columns=theirs)
    brought = read(renamed, tmp_path, columns=theirs)
    assert complete(brought).equals(complete(table))
    assert notes(brought) == [
        "read as: 3 columns. 'method' is 'scheme', 'run_seed' is 'seed', 'test_acc' is "
        "'final_accuracy'."
    ]


def test_a_column_of_our_name_may_stand_for_another(table, tmp_path):
    both = table.assign(validation_accuracy=[90.0, 91.0, 92.0, 93.0])
    brought = read(both, tmp_path, columns={"final_accuracy": "validation_accuracy"})
    assert complete(brought)["final_accuracy"].tolist() == [91.0, 93.0, 90.0, 92.0]
    assert "validation_accuracy" not in brought.frame
    assert "Nothing uses 'final_accuracy'." in str(brought.notes[0])


def test_columns_that_nothing_uses_are_named(table, tmp_path):
    brought = read(table.assign(note="fine", host="a"), tmp_path)
    assert notes(brought) == ["left out: 2 columns. Nothing uses 'note', 'host'."]


UNKNOWN = {"Failed": "failed", "fail": "failed", "weight_hash": "weights_hash"}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_column_that_is_named_almost_right_is_refused(name, table, tmp_path):
    brought = read(table.drop(columns="failure_kind").assign(**{name: "a"}), tmp_path)
    message = (
        f"the column {name!r} is not known. Say 'columns: {{{UNKNOWN[name]}: {name}}}' in the "
        f"study if it is {UNKNOWN[name]!r}, or give it a name that is less like it."
    )
    with pytest.raises(RunsTableError, match=re.escape(message)):
        complete(brought)


def test_a_column_that_the_study_names_and_the_table_has_not_is_refused(table, tmp_path):
    brought = read(table, tmp_path, columns={"dataset": "data"})
    message = "'columns' says that 'dataset' is 'data', and it has no such column. It has scheme,"
    with pytest.raises(RunsTableError, match=re.escape(message)):
        complete(brought)


def test_notes_become_the_table_that_is_declared(table):
    found = imported(table.assign(learning_rate="1e-3", dataset=" a "), margins=["a"])
    frame = IMPORT_NOTES.checked(notes_frame(found.notes))
    assert frame["done"].tolist() == ["read as", "trimmed"]
    assert wrong_kinds(frame, IMPORT_NOTES) == []
    assert wrong_kinds(notes_frame([]), IMPORT_NOTES) == []
