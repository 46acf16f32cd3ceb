"""The notebook in docs/ runs, and shows what it was published with."""

import json

import pytest

from notebook import NOTEBOOK, outputs_of
from repository import REPOSITORY


@pytest.mark.slow
def test_the_notebook_shows_what_its_cells_show(tmp_path, monkeypatch):
    (tmp_path / "docs").symlink_to(REPOSITORY / "docs")
    monkeypatch.chdir(tmp_path)
    published = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = [cell for cell in published["cells"] if cell["cell_type"] == "code"]
    for cell, found in zip(cells, outputs_of(published), strict=True):
        kept = [
            {key: value for key, value in output.items() if key != "execution_count"}
            for output in cell["outputs"]
        ]
        assert found == kept, "".join(cell["source"])
