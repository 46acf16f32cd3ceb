"""What tests ask a page that is open in a real browser."""

import importlib.util
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0",
)  # fmt: skip


def ask(open_page, page, probe, **options):
    return open_page(
        page, probe=probe, arguments=("--virtual-time-budget=3000", "--dump-dom"), **options
    )


# A window is never narrower than 500 pixels; a frame is.
SIDEWAYS = """
      const frame = document.createElement("iframe");
      frame.style.width = "{width}px"; frame.style.height = "900px";
      frame.addEventListener("load", () => {{
        const root = frame.contentDocument.documentElement;
        say([root.scrollWidth, frame.contentWindow.innerWidth]);
      }});
      frame.srcdoc = document.documentElement.outerHTML.replace(/<script>[^]*?<.script>/g, "");
      document.body.prepend(frame);"""


def violations(open_page, page, theme):
    """Return what axe-core finds that is serious or critical, with every part unfolded."""
    package = importlib.util.find_spec("axe_core_python")
    if package is None:
        pytest.skip("axe-core is not installed; it is in requirements-dev.txt")
    axe = (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    probe = """
      document.documentElement.dataset.theme = "%s";
      for (const part of document.querySelectorAll("details")) part.open = true;
      axe.run(document, {resultTypes: ["violations"]}).then((found) => say(found.violations
        .filter((item) => ["serious", "critical"].includes(item.impact))
        .map((item) => [item.id, item.nodes[0].html])));"""
    with_axe = page.replace("</head>", f"<script>{axe}</script></head>")
    found, _ = open_page(
        with_axe,
        probe=probe % theme,
        arguments=("--virtual-time-budget=600000", "--dump-dom"),
        seconds=900,
    )
    return found
