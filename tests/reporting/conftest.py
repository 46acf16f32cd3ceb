from pathlib import Path

import pytest
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
