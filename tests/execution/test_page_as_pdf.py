"""The report as PDF: printed by a browser where there is one, and said so where there is none."""

import stat

import pytest

from biasinit.errors import ReportError
from biasinit.execution import page_as_pdf
from biasinit.execution.page_as_pdf import browser, pdf_in_words, print_page


@pytest.fixture
def page(tmp_path):
    folder = tmp_path / "results" / "digits"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<!DOCTYPE html><title>t</title><p>words</p>")
    return folder / "report.html"


def false_browser(tmp_path, lines):
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n" + lines)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_where_there_is_no_browser_that_is_said_and_nothing_fails(page, monkeypatch):
    monkeypatch.setattr(page_as_pdf, "browser", lambda: None)
    assert "no Chromium is installed" in pdf_in_words(page)


def test_a_browser_that_fails_leaves_the_earlier_pdf(page, tmp_path):
    earlier = page.with_suffix(".pdf")
    earlier.write_bytes(b"earlier")
    with pytest.raises(ReportError, match=r"could not print .*: no room"):
        print_page(page, earlier, chromium=false_browser(tmp_path, "echo no room >&2; exit 3"))
    assert earlier.read_bytes() == b"earlier"
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.pdf"]


@pytest.mark.browser
def test_a_real_browser_prints_the_page(page):
    if browser() is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    assert pdf_in_words(page) == f"As PDF: {page.with_suffix('.pdf')}"
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
