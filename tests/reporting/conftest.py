import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browsing import FLAGS, NAMES
from synthetic import PLAN, PROVENANCE, make_study, make_tables

from biasinit.reporting.figure import figures_of
from biasinit.reporting.page.page import ReportInputs, render_page
from biasinit.reporting.page.templates import read_template
from biasinit.study.claims import ClaimsFile

REPORT = Path(__file__).parents[2] / "report"


@pytest.fixture(scope="session")
def study():
    return make_study()


@pytest.fixture(scope="session")
def tables(study):
    return make_tables(study)


@pytest.fixture(scope="session")
def figures(tables, study):
    return figures_of(tables, study)


@pytest.fixture(scope="session")
def template():
    return read_template(REPORT, "page.html.j2")


@pytest.fixture(scope="session")
def make_page(template):
    """Return a function from a study and its tables to the page."""

    nothing = ClaimsFile(name="claims.yaml", claims=(), practices={})

    def make(study, tables, *, figures=None, plan=PLAN, deviations=(), claims=nothing, **more):
        return render_page(
            ReportInputs(
                study=study,
                tables=tables,
                plan=plan,
                deviations=deviations,
                provenance=PROVENANCE,
                figures=figures_of(tables, study) if figures is None else figures,
                template=template,
                claims=claims,
                **more,
            )
        )

    return make


@pytest.fixture(scope="session")
def page(make_page, study, tables, figures):
    return make_page(study, tables, figures=figures)


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    return found


@pytest.fixture
def open_page(browser, tmp_path):
    """Return a function that opens a page, runs a probe in it, and returns what it says."""

    def run(page, *, probe="", width=1024, arguments=(), seconds=60):
        file = tmp_path / "report.html"
        script = f"""<script>
        addEventListener("load", () => {{
          const say = (value) => {{
            const out = document.createElement("script");
            out.type = "application/json"; out.id = "probe";
            out.textContent = JSON.stringify(value); document.body.append(out);
          }};
          {probe}
        }});
        </script></body>"""
        file.write_text(page.replace("</body>", script), encoding="utf-8")
        command = [browser, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]
        command += [f"--window-size={width},900", *arguments, file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
        said = re.search(r'id="probe">(.*?)</script>', done.stdout, flags=re.DOTALL)
        return (json.loads(said.group(1)) if said else None), done.stderr

    return run
