"""The page in a real browser, from disk and without a network."""

import pytest
from atlases import plausible
from browsing import SIDEWAYS, ask, violations

from biasinit.reporting.atlas.page import render_atlas
from biasinit.reporting.claims.ledger import whole_ledger
from biasinit.reporting.claims.page import render_claims
from biasinit.reporting.page.templates import read_template
from biasinit.study.claims import read_claims_file
from repository import REPOSITORY

pytestmark = pytest.mark.browser


def test_opens_from_disk_without_errors_and_without_requests(open_page, page):
    probe = "say(performance.getEntriesByType('resource').map((entry) => entry.name));"
    requests, log = ask(open_page, page, probe)
    assert [name for name in requests if not name.startswith("data:")] == []
    assert "CONSOLE" not in log


def test_a_failing_script_would_be_seen(open_page, page):
    _, log = ask(open_page, page, "console.error('broken on purpose');")
    assert "broken on purpose" in log


def test_the_answer_is_on_the_first_screen(open_page, page):
    probe = """say(["#answer .matrix.accuracy", "#figure-effects svg"].map(
      (name) => document.querySelector(name).getBoundingClientRect().bottom));"""
    bottoms, _ = ask(open_page, page, probe)
    assert bottoms == sorted(bottoms)
    assert bottoms[-1] <= 900


@pytest.mark.parametrize("width", [380, 1024, 1600])
def test_nothing_makes_the_page_scroll_sideways(open_page, page, width):
    (content, window), _ = ask(open_page, page, SIDEWAYS.format(width=width), width=1700)
    assert window <= width
    assert content <= window


def test_a_click_sorts_a_table_and_another_turns_it_round(open_page, page):
    probe = """
      const table = document.querySelector("#table-accuracy_means table");
      const column = [...table.tHead.rows[0].cells].findIndex((c) => c.innerText.includes("mean"));
      const heading = table.tHead.rows[0].cells[column];
      const values = () => [...table.tBodies[0].rows].map(
        (row) => Number(row.cells[column].dataset.sort));
      heading.firstElementChild.click();
      const up = values(), state = heading.getAttribute("aria-sort");
      heading.firstElementChild.click();
      say([up, values(), state, heading.getAttribute("aria-sort")]);"""
    (up, down, first, second), _ = ask(open_page, page, probe)
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert (first, second) == ("ascending", "descending")


def test_the_theme_button_turns_the_page_and_its_figures_dark(open_page, page):
    probe = """
      const ink = document.querySelector("#figure-effects svg text");
      const look = () => [
        getComputedStyle(document.body).backgroundColor, getComputedStyle(ink).fill];
      const before = look();
      document.getElementById("theme").click();
      say([before, look(), document.documentElement.dataset.theme]);"""
    (before, after, theme), _ = ask(open_page, page, probe)
    assert theme == "dark"
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_every_table_and_figure_gives_its_data(open_page, page):
    probe = """
      const first = (href) => atob(href.split(",")[1]).split("\\n")[0];
      say([...document.querySelectorAll("a[download]")].map((link) =>
        [link.download, link.href.startsWith("data:") ? first(link.href) : "file"]));"""
    links, _ = ask(open_page, page, probe)
    assert len(links) > 20
    assert all(first for _, first in links)


def test_a_link_into_a_folded_table_opens_it(open_page, page):
    probe = """
      location.hash = "table-accuracy_contrasts";
      const table = document.getElementById("table-accuracy_contrasts");
      setTimeout(() => say(table.closest("details").open), 50);"""
    opened, _ = open_page(page, probe=probe, arguments=("--virtual-time-budget=2000", "--dump-dom"))
    assert opened is True


def test_keyboard_reaches_every_control(open_page, page):
    probe = """say([...document.querySelectorAll("a[href], button, summary")].filter(
      (element) => element.tabIndex < 0).map((element) => element.outerHTML));"""
    unreachable, _ = ask(open_page, page, probe)
    assert unreachable == []


def test_prints_to_a_document(open_page, page, tmp_path):
    target = tmp_path / "report.pdf"
    open_page(page, arguments=("--no-pdf-header-footer", f"--print-to-pdf={target}"))
    assert target.read_bytes().startswith(b"%PDF")
    assert target.stat().st_size > 50_000


def test_the_first_screen_names_every_scheme_and_the_margin_as_text(open_page, page, study):
    probe = """
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const words = [];
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest("script, style, svg, .unseen, .skip")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (box.height && box.bottom <= 900) words.push(node.data);
      }
      say(words.join(" "));"""
    text, _ = ask(open_page, page, probe)
    for scheme in study.schemes:
        assert scheme in text
    assert "±0.5" in text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module", params=["claims", "answer"])
def overview(request):
    """The pages over all studies."""
    template = read_template(REPOSITORY / "report", f"{request.param}.html.j2")
    if request.param == "answer":
        return render_atlas(plausible(), template)
    claims = read_claims_file(REPOSITORY / "claims.yaml", REPOSITORY / "prevalence.yaml")
    return render_claims(whole_ledger(claims, {}), (), template)


def test_an_overview_opens_from_disk_without_errors_and_without_requests(open_page, overview):
    probe = "say(performance.getEntriesByType('resource').map((entry) => entry.name));"
    requests, log = ask(open_page, overview, probe)
    assert [name for name in requests if not name.startswith("data:")] == []
    assert "CONSOLE" not in log


def test_the_theme_button_turns_the_overview_dark(open_page, overview):
    probe = """
      const look = () => getComputedStyle(document.body).backgroundColor;
      const before = look();
      document.getElementById("theme").click();
      say([before, look()]);"""
    (before, after), _ = ask(open_page, overview, probe)
    assert before != after


@pytest.mark.parametrize("width", [380, 1024])
def test_nothing_makes_the_overview_scroll_sideways(open_page, overview, width):
    (content, window), _ = ask(open_page, overview, SIDEWAYS.format(width=width), width=1700)
    assert window <= width
    assert content <= window


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_overview(open_page, overview, theme):
    assert violations(open_page, overview, theme) == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_page(open_page, page, theme):
    assert violations(open_page, page, theme) == []
