"""``make report``: the report of a study as PDF, printed by a headless Chromium.

The page itself stays the report: the PDF is what its print style gives, with every table that is
not very long unfolded. Where no Chromium is installed, one line says so and nothing fails.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from biasinit.errors import BiasinitError, ReportError
from biasinit.study.reading import parse_any_study, read_study_file

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 300  # to print the page of a large study on a busy machine
FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    # the page asks for nothing, and a browser that asks for itself gets no answer
    "--host-resolver-rules=MAP * ~NOTFOUND",
    # Chromium's sandbox refuses to run as root, as in a container; the page is our own file
    "--no-sandbox",
)


def browser() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def print_page(page: Path, pdf: Path, *, chromium: str) -> None:
    """Print a page to a PDF, which appears only when it is complete.

    Args:
        page: the HTML file.
        pdf: file to write.
        chromium: path of the browser.

    Raises:
        ReportError: the browser fails or takes too long.

    """
    with tempfile.TemporaryDirectory(dir=pdf.parent) as folder:
        draft = Path(folder) / "page.pdf"
        command = [chromium, *FLAGS, f"--user-data-dir={Path(folder) / 'profile'}"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={draft}", page.resolve().as_uri()]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ReportError(
                f"{chromium} did not print {page} within {SECONDS} seconds. Try again when the "
                "machine is less busy, or print the page from a browser."
            ) from None
        if done.returncode or not draft.exists():
            raise ReportError(
                f"{chromium} could not print {page}: {done.stderr.strip()[-500:]} "
                "Print the page from a browser."
            )
        draft.replace(pdf)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report of a study beside it, and say where page, PDF and answer are."""
    parser = argparse.ArgumentParser(prog="biasinit.execution.page_as_pdf", description=__doc__)
    parser.add_argument("--study", default="config.yaml", help="study file")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    options = parser.parse_args(arguments)
    try:
        keys = dict(read_study_file(Path(options.study)))
        if "quick=true" in options.snakemake:
            keys["quick"] = True  # a quick try has a folder of its own
        page = options.results / parse_any_study(keys).study / "report.html"
        if not page.exists():
            raise ReportError(f"{page} does not exist. Run the study first: make study.")
        chromium = browser()
        if chromium is not None:
            print_page(page, page.with_suffix(".pdf"), chromium=chromium)
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"Page: {page}\nAnswer as Markdown: {page.with_name('answer.md')}\n")
    if chromium is None:
        sys.stdout.write(
            "No PDF: no Chromium is installed (on Debian: apt-get install chromium).\n"
        )
    else:
        sys.stdout.write(f"PDF: {page.with_suffix('.pdf')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
