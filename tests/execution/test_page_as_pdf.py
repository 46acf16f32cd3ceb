"""The report as PDF: printed by a browser where there is one, and said so where there is none."""

import stat

import pytest

from biasinit.errors import ReportError
from biasinit.execution import page_as_pdf
from biasinit.execution.page_as_pdf import browser, main, print_page
from repository import REPOSITORY

STUDY = ["--study", str(REPOSITORY / "config.yaml")]


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


def run(page, *more):
    return main([*STUDY, "--results", str(page.parents[1]), *more])


def test_without_a_browser_the_page_and_the_answer_are_named(page, monkeypatch, capsys):
    monkeypatch.setattr(page_as_pdf, "browser", lambda: None)
    assert run(page) == 0
    said = capsys.readouterr().out
    assert str(page) in said
    assert str(page.with_name("answer.md")) in said
    assert "no Chromium is installed" in said


def test_a_report_that_was_not_written_is_named(page, capsys):
    page.unlink()
    assert run(page) == 1
    assert "report.html does not exist. Run the study first" in capsys.readouterr().err


def test_a_quick_try_has_its_own_report(page, capsys):
    assert run(page, "--", "--config", "quick=true") == 1
    assert "digits-quick" in capsys.readouterr().err


def test_a_browser_that_fails_leaves_the_earlier_pdf(page, tmp_path):
    earlier = page.with_suffix(".pdf")
    earlier.write_bytes(b"earlier")
    with pytest.raises(ReportError, match=r"could not print .*: no room"):
        print_page(page, earlier, chromium=false_browser(tmp_path, "echo no room >&2; exit 3"))
    assert earlier.read_bytes() == b"earlier"
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.pdf"]


@pytest.mark.browser
def test_a_real_browser_prints_the_page(page, capsys):
    if browser() is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    assert run(page) == 0
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert "PDF: " in capsys.readouterr().out
