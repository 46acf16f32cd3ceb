import math
import re

import pandas as pd
import pytest

from biasinit.errors import ConfigurationError, RunsTableError
from biasinit.runs.imported import complete_runs, read_brought_runs
from biasinit.study.reading import parse_any_study


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


def complete(table, **options):
    settings = {"study": "mine", "schemes": ("zeros", "1.0"), "epochs": 12.0} | options
    return complete_runs(table, **settings)


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
    assert set(complete(pd.concat([table, extra]))["scheme"]) == {"zeros", "1.0"}


CASES = {
    "a missing column": (
        lambda table: table.drop(columns="seed"),
        {},
        "it has no column 'seed'. It has scheme, final_accuracy",
    ),
    "an absent scheme": (
        lambda table: table,
        {"schemes": ("zeros", "0.01")},
        "'scheme' never is '0.01'. Name schemes of the table in 'schemes'.",
    ),
    "accuracy as a share of more than one hundred percent": (
        lambda table: table.assign(final_accuracy=[98.0, 970.0, 98.5, 10.0]),
        {},
        "'final_accuracy' must be between 0 and 100 percent in every row, got 970.0 (row 2).",
    ),
    "accuracy that is missing": (
        lambda table: table.assign(final_accuracy=[98.0, None, 98.5, 10.0]),
        {},
        "'final_accuracy' must be between 0 and 100 percent in every row, got nan (row 2).",
    ),
    "a run twice": (
        lambda table: pd.concat([table, table.iloc[:1]], ignore_index=True),
        {},
        "1 runs stand there more than once, rows 5. Remove them, or add the factor",
    ),
    "a seed that is missing": (
        lambda table: table.assign(seed=[0, None, 1, 1]),
        {},
        "'seed' must be given in every row.",
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
        "study, where 'reached' is true, got nan (row 2).",
    ),
    "epochs counted from 0": (
        lambda table: table.assign(epochs_to_threshold=[3.0, 0.0, 3.5, None]),
        {},
        "must be a number of epochs above 0, and at most the 'epochs' of the study, where "
        "'reached' is true, got 0.0 (row 2).",
    ),
    "reached after the end of training": (
        lambda table: table.assign(epochs_to_threshold=[3.0, 13.0, 3.5, None]),
        {},
        "at most the 'epochs' of the study, where 'reached' is true, got 13.0 (row 2).",
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
        "'failure_kind' must be one of 'none', 'diverged', 'never learned', got nan (row 2).",
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
        "'learning_rate' must be numbers, got 'fast' (row 1)",
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


def test_a_message_stays_short_whatever_the_table_holds(table):
    with pytest.raises(RunsTableError) as caught:
        complete(table.assign(optimizer="x" * 10**6, seed=-1))
    assert len(str(caught.value)) < 2_000


def test_one_wrong_seed_of_a_file_is_told_alone(table, tmp_path):
    path = tmp_path / "runs.csv"
    table.assign(seed=[0, "x", 1, 1]).to_csv(path, index=False)
    message = r"'seed' must be whole numbers from 0 on, got 'x' \(row 2\)\."
    with pytest.raises(RunsTableError, match=message):
        complete(read_brought_runs(path))


def test_numbers_that_are_text_are_numbers(table):
    runs = complete(table.assign(seed=["0", "0", "1", "1"], learning_rate="1e-2"))
    assert runs["seed"].tolist() == [0, 1, 0, 1]
    assert set(runs["learning_rate"]) == {0.01}


def test_true_and_false_may_be_words_and_numbers(table):
    for words in (["true", "FALSE", "True", "0"], [1, 0, 1.0, None]):
        runs = complete(table.drop(columns="failure_kind").assign(failed=words))
        assert sorted(runs["failed"].tolist()) == [False, False, True, True]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_name_that_looks_like_a_number_stays_text(suffix, table, tmp_path):
    path = tmp_path / f"runs.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path, index=False)
    assert read_brought_runs(path)["scheme"].tolist() == ["zeros", "1.0", "zeros", "1.0"]


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
