"""``make report`` prints the report of a study as PDF, with a headless Chromium.

The page itself stays the report: the PDF is what its print style gives, with every table that is
not very long unfolded. Where no Chromium is installed, one line says so and nothing fails.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from biasinit.errors import ReportError

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


def pdf_in_words(page: Path) -> str:
    """Print a page beside itself, and return where the PDF is, or what is missing.

    Raises:
        ReportError: the browser fails or takes too long.

    """
    chromium = browser()
    if chromium is None:
        return "No PDF: no Chromium is installed (on Debian: apt-get install chromium)."
    pdf = page.with_suffix(".pdf")
    print_page(page, pdf, chromium=chromium)
    return f"As PDF: {pdf}"
