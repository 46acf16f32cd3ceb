"""How long a browser takes to open a page: read from disk, run its script, lay it out.

    PYTHONPATH=workflow/scripts:tests:tests/reporting .venv/bin/python bench/reporting/opening.py

Prints size and median time for a default study, thirty schemes and forty cells, from made-up
tables; a page of a study of one's own is measured by naming its file. Bars: 5 MB and 2 s.
"""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 5
NAMES = ("chromium", "chromium-browser", "google-chrome")
PROBE = """<script>addEventListener("load", () => {
  const height = document.body.offsetHeight;  // forces the layout
  document.body.dataset.milliseconds = performance.now().toFixed(0);
  document.body.dataset.height = height;
});</script></body>"""


def opening_milliseconds(page: str, browser: str) -> float:
    """Return the median time from the start of navigation to a laid-out page."""
    times = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "report.html")
            file.write_text(page.replace("</body>", PROBE), encoding="utf-8")
            done = subprocess.run(
                [
                    *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                    *(f"--user-data-dir={folder}/profile", "--window-size=1024,900"),
                    file.as_uri(),
                ],
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            )
            found = re.search(r'data-milliseconds="(\d+)"', done.stdout)
            if found is None:
                sys.exit("The browser did not run the page's script.")
            times.append(float(found.group(1)))
    return statistics.median(times)


def made_up_pages() -> dict[str, str]:
    """Return pages of made-up studies by name, with the tables that the tests use."""
    from synthetic import PLAN, PROVENANCE, make_study, make_tables

    from biasinit.reporting.figure import figures_of
    from biasinit.reporting.page.page import ReportInputs, render_page
    from biasinit.reporting.page.templates import read_template
    from biasinit.study.claims import read_claims_file

    template = read_template(REPOSITORY / "report", "page.html.j2")
    studies = {
        "default": make_study(),
        "thirty schemes": make_study(
            schemes=("zeros", *(f"truncated_normal_{n:02d}" for n in range(29))), seeds=20
        ),
        "forty cells": make_study(
            learning_rates=tuple(0.001 * (n + 1) for n in range(40)), seeds=20
        ),
    }
    pages = {}
    for name, study in studies.items():
        tables = make_tables(study)
        pages[name] = render_page(
            ReportInputs(
                study=study,
                tables=tables,
                plan=PLAN,
                deviations=(),
                provenance=PROVENANCE,
                figures=figures_of(tables, study),
                template=template,
                claims=read_claims_file(REPOSITORY / "claims.yaml", REPOSITORY / "prevalence.yaml"),
            )
        )
    return pages


def main() -> None:
    """Print one line for each page."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit("No Chromium found; on Debian: apt-get install chromium")
    files = sys.argv[1:]
    pages = {file: Path(file).read_text(encoding="utf-8") for file in files} or made_up_pages()
    for name, page in pages.items():
        size = len(page.encode()) / 1e6
        print(f"{name:30s} {size:5.2f} MB  {opening_milliseconds(page, browser):6.0f} ms")


if __name__ == "__main__":
    main()
