import pandas as pd

from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.lines import MAXIMUM_CELLS, cells_shown


def test_many_cells_give_way_to_their_mean():
    cells = [f"cell{number}" for number in range(MAXIMUM_CELLS + 1)]
    assert cells_shown(pd.DataFrame({"cell": ["all", *cells]})) == ["all"]
    assert cells_shown(pd.DataFrame({"cell": cells})) == cells[:MAXIMUM_CELLS]


def test_long_names_are_cut_with_an_ellipsis():
    assert short("x" * 64) == "x" * 25 + "…"
    assert short("zeros") == "zeros"
