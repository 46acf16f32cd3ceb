import pandas as pd
import pytest

from biasinit.errors import TableError
from biasinit.runs.columns import Table, integer, number, text

TABLE = Table(
    name="means",
    folder="analysis",
    note="For tests.",
    columns=(
        text("scheme", "a name"),
        number("estimate", "a mean", unit="percent"),
        integer("shard", "a number", optional=True),
    ),
)


def test_a_table_is_where_its_folder_and_ending_say():
    assert TABLE.path == "analysis/means.parquet"
    assert Table(name="costs", note="", columns=(), ending="csv").path == "costs.csv"


@pytest.mark.parametrize("columns", [["scheme", "estimate", "shard"], ["estimate", "scheme"]])
def test_a_table_as_declared_comes_back_as_it_is(columns):
    frame = pd.DataFrame([[1] * len(columns)], columns=columns)
    assert TABLE.checked(frame) is frame


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        (["scheme"], "'estimate' is missing."),
        (["scheme", "estimate", "df"], "'df' was not declared."),
        ([], "'scheme' is missing, 'estimate' is missing."),
        (["scheme", "mean"], "'estimate' is missing, 'mean' was not declared."),
    ],
)
def test_a_table_with_other_columns_is_refused_in_one_sentence(columns, what):
    with pytest.raises(TableError) as caught:
        TABLE.checked(pd.DataFrame(columns=columns))
    assert str(caught.value) == (
        f"The table 'means' has other columns than it was declared with: {what} Correct what "
        "makes it, or its declaration."
    )
