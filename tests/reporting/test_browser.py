"""The page in a real browser, from disk and without a network."""

import json
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    return found


@pytest.fixture
def open_page(browser, tmp_path):
    """Return a function that opens a page, runs a probe in it, and returns what it says."""

    def run(page, *, probe="", width=1024, arguments=()):
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
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        said = re.search(r'id="probe">(.*?)</script>', done.stdout, flags=re.DOTALL)
        return (json.loads(said.group(1)) if said else None), done.stderr

    return run


def ask(open_page, page, probe, **options):
    return open_page(
        page, probe=probe, arguments=("--virtual-time-budget=3000", "--dump-dom"), **options
    )


def test_opens_from_disk_without_errors_and_without_requests(open_page, page):
    probe = "say(performance.getEntriesByType('resource').map((entry) => entry.name));"
    requests, log = ask(open_page, page, probe)
    assert [name for name in requests if not name.startswith("data:")] == []
    assert "CONSOLE" not in log


def test_a_failing_script_would_be_seen(open_page, page):
    _, log = ask(open_page, page, "console.error('broken on purpose');")
    assert "broken on purpose" in log


def test_the_answer_is_on_the_first_screen(open_page, page):
    probe = """say(["#answer .answers", "#answer .matrix", "#figure-effects svg"].map(
      (name) => document.querySelector(name).getBoundingClientRect().bottom));"""
    bottoms, _ = ask(open_page, page, probe)
    assert bottoms == sorted(bottoms)
    assert bottoms[-1] <= 900


@pytest.mark.parametrize("width", [380, 1024, 1600])
def test_nothing_makes_the_page_scroll_sideways(open_page, page, width):
    # A window is never narrower than 500 pixels; a frame is.
    probe = f"""
      const frame = document.createElement("iframe");
      frame.style.width = "{width}px"; frame.style.height = "900px";
      frame.addEventListener("load", () => {{
        const root = frame.contentDocument.documentElement;
        say([root.scrollWidth, frame.contentWindow.innerWidth]);
      }});
      frame.srcdoc = document.documentElement.outerHTML.replace(/<script>[^]*?<.script>/g, "");
      document.body.prepend(frame);"""
    (content, window), _ = ask(open_page, page, probe, width=1700)
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
