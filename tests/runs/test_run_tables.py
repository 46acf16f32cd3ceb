import pandas as pd
import pytest

from biasinit.quantities import ASYMMETRY, PROBED_QUANTITIES, TWIN_BIAS_DISTANCE
from biasinit.runs.brought_columns import renamed
from biasinit.runs.imported import Bringing, BroughtTable, complete_runs
from biasinit.runs.tables import CURVES, LAYERS, RUNS, TRAINED_TABLES
from biasinit.vocabulary import RUN_KEY
from declared_tables import DECLARED, wrong_kinds


@pytest.mark.parametrize("table", DECLARED.values(), ids=DECLARED)
def test_a_table_says_what_each_of_its_columns_means_once(table):
    assert len(set(table.column_names)) == len(table.columns)
    assert all(column.meaning.strip() for column in table.columns)
    assert table.note.endswith(".")


def test_no_two_tables_share_a_name():
    assert len(DECLARED) == len({table.path for table in DECLARED.values()})
    assert len({table.name for table in TRAINED_TABLES}) == len(TRAINED_TABLES)


def test_what_is_probed_has_columns_in_the_order_of_the_words():
    names = LAYERS.column_names
    assert names[-len(PROBED_QUANTITIES) - 1 :] == (*PROBED_QUANTITIES, TWIN_BIAS_DISTANCE)
    assert set(RUN_KEY) < set(names)


def test_only_studies_of_pairs_have_columns_of_pairs():
    optional = {
        column.name for table in (CURVES, LAYERS) for column in table.columns if column.optional
    }
    assert optional == {ASYMMETRY, TWIN_BIAS_DISTANCE}


def test_brought_runs_are_a_table_of_runs_with_the_columns_that_they_have():
    brought = pd.DataFrame(
        {
            "scheme": ["zeros", "1.0"],
            "seed": ["0", "1"],
            "final_accuracy": [90.0, 91.5],
            "epochs_to_threshold": [2.0, None],
            "reached": ["true", "false"],
            "their_own": [1, 2],
        }
    )
    table, _, _ = renamed(brought, {})
    bringing = Bringing(study="mine", schemes=("zeros", "1.0"), reference="zeros", epochs=5)
    runs = complete_runs(BroughtTable(frame=table), bringing).runs
    assert RUNS.checked(runs) is runs
    assert wrong_kinds(runs, RUNS) == []
    assert "their_own" not in runs
    assert "shard" not in runs
