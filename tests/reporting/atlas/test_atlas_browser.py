"""The atlas in a real browser, from disk and without a network."""

import pytest
from atlases import plausible
from browsing import SIDEWAYS, ask, violations

from biasinit.reporting.atlas.page import render_atlas
from biasinit.reporting.page.templates import read_template
from repository import REPOSITORY

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def atlas():
    template = read_template(REPOSITORY / "report", "answer.html.j2")
    return render_atlas(plausible(), template)


def test_it_opens_without_errors_and_without_requests(open_page, atlas):
    probe = "say(performance.getEntriesByType('resource').map((entry) => entry.name));"
    requests, log = ask(open_page, atlas, probe)
    assert [name for name in requests if not name.startswith("data:")] == []
    assert "CONSOLE" not in log


@pytest.mark.parametrize("width", [380, 1024])
def test_nothing_makes_it_scroll_sideways(open_page, atlas, width):
    (content, window), _ = ask(open_page, atlas, SIDEWAYS.format(width=width), width=1700)
    assert window <= width
    assert content <= window


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_it(open_page, atlas, theme):
    assert violations(open_page, atlas, theme) == []
