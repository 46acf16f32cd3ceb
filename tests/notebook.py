"""Runs docs/your_own_runs.ipynb, cell by cell, and writes what its cells show.

    PYTHONPATH=workflow/scripts python tests/notebook.py

Without Jupyter, which nothing else here needs: a cell is Python, and shows its last expression.
"""

import ast
import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from repository import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "your_own_runs.ipynb"


def outputs_of(notebook: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the outputs of each cell of code, run in the working directory."""
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield _outputs("".join(cell["source"]), names)


def _outputs(source: str, names: dict[str, object]) -> list[dict[str, Any]]:
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), NOTEBOOK.name, "exec"), names)
        value = None if last is None else eval(ast.unparse(last.value), names)
    found = []
    if printed.getvalue():
        lines = printed.getvalue().splitlines(keepends=True)
        found.append({"name": "stdout", "output_type": "stream", "text": lines})
    if value is not None:
        # not both: the text of a frame has the width of whatever it is printed on
        shown = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
        kind = "text/html" if hasattr(value, "_repr_html_") else "text/plain"
        data = {kind: shown.splitlines(keepends=True)}
        found.append({"data": data, "metadata": {}, "output_type": "execute_result"})
    return found


def main() -> None:
    """Write the outputs into the notebook; its results go to a folder that is not kept."""
    import tempfile

    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("docs").symlink_to(REPOSITORY / "docs")
        outputs = list(outputs_of(notebook))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, found) in enumerate(zip(cells, outputs, strict=True), start=1):
        for output in found:
            if output["output_type"] == "execute_result":
                output["execution_count"] = number
        cell["execution_count"], cell["outputs"] = number, found
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
