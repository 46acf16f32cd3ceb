"""All claims over all finished studies: as Markdown and as a page, from their folders."""

from dataclasses import replace

import pytest
from cells import Cells
from evidence import THREAD, one_claim, verdict_evidence

from biasinit.reporting.claims.ledger import whole_ledger
from biasinit.reporting.claims.overview import ledger_markdown, main, read_studies
from biasinit.reporting.claims.page import render_claims
from biasinit.reporting.page.templates import read_template
from repository import REPOSITORY

EVIL = '<script>alert("x")</script>'


def overview(claims, studies):
    template = read_template(REPOSITORY / "report", "claims.html.j2")
    return render_claims(whole_ledger(claims, studies), tuple(studies), template)


def test_names_from_a_study_are_escaped_in_the_ledger(
    study_tables, make_page, study, tables, figures
):
    asked = one_claim(verdict_evidence(scheme=EVIL), claim=EVIL, source=f"`{EVIL}`", name=EVIL)
    practice = THREAD.practices[4][0].model_copy(update={"who": EVIL, "does": EVIL})
    verdicts = study_tables["verdicts"]
    evil = verdicts.replace({"scheme": {"one": EVIL}, "reference": {"zeros": EVIL}})
    for claims in (asked, replace(asked, practices={1: (practice,)})):
        for page in (
            overview(claims, {"s": {"verdicts": evil}}),
            make_page(study, tables, figures=figures, claims=claims),
        ):
            assert EVIL not in page
            assert "&lt;script&gt;" in page
            assert page.count("<script>") == 1


def test_the_overview_shows_all_claims_and_links_to_the_reports(study_tables):
    page = overview(THREAD, {"digits": study_tables})
    for claim in THREAD.claims:
        assert page.count(f'id="claim-{claim.number}"') == 1
    parser = Cells()
    parser.feed(page)
    outside = {href.partition("#")[0] for href in parser.links} - {""}
    assert outside == {"digits/report.html"}
    assert "<code>make study</code>" not in page
    assert "<code>make study STUDY=studies/vgg16.yaml</code>" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_markdown_and_page_say_the_same(study_tables):
    claims = one_claim(verdict_evidence())
    text = ledger_markdown(whole_ledger(claims, {"s": study_tables}))
    page = overview(claims, {"s": study_tables}).replace("\N{NO-BREAK SPACE}", " ")
    for part in (
        "▽ worse",
        "−1.23 points, 95 % interval −2.00 to −0.50",
        "fragile: the second",
        "p over all claims",
        ".004",
        "support a claim (1; by Benjamini",
    ):
        assert part in text
        assert part in page


def test_markdown_begins_with_all_claims_at_a_glance(study_tables):
    asked = (verdict_evidence(), verdict_evidence(outcome="speed", refutes=("better",)))
    text = ledger_markdown(whole_ledger(one_claim(*asked, claim="a | b"), {"s": study_tables}))
    outcome = "refuted in 1, open in 1 of 2 comparisons; about 53 seeds would decide"
    assert f"| claim | outcome |\n|---|---|\n| 1. a \\| b | {outcome} |\n" in text


def test_a_study_that_was_not_run_is_said_so():
    text = ledger_markdown(whole_ledger(THREAD, {}))
    assert "Not measured yet: study `digits` has not been run (`make study`)." in text
    assert "0 of 25 sources do what it says" in text
    for claim in THREAD.claims:
        assert f"## {claim.number}. " in text


def test_claims_of_a_users_own_name_their_file_and_no_other(study_tables):
    claims = one_claim(verdict_evidence(), verdict_evidence(study="not_run"))
    text = ledger_markdown(whole_ledger(claims, {"s": study_tables}))
    assert text.startswith("# The claims\n\nMade from `mine.yaml` and the studies that were run.\n")
    assert "Not measured yet: study `not_run` has not been run." in text
    page = overview(claims, {"s": study_tables})
    assert page.count("<code>mine.yaml</code>") == 2
    for other in ("claims.yaml", "prevalence.yaml", "make ", "thread"):
        assert other not in text + page


@pytest.fixture
def results(study_tables, tmp_path):
    """A folder of results with one finished study and one that is not."""
    folder = tmp_path / "results" / "s"
    (folder / "analysis").mkdir(parents=True)
    study_tables["runs"].to_parquet(folder / "runs.parquet")
    for name in ("verdicts", "layer_means", "level_contrasts"):
        study_tables[name].to_parquet(folder / "analysis" / f"{name}.parquet")
    (tmp_path / "results" / "unfinished").mkdir()
    return tmp_path / "results"


def test_the_ledger_reads_finished_studies_from_their_folders(results, study_tables):
    found = read_studies(results)
    assert list(found) == ["s"]
    assert set(found["s"]) == {"runs", "verdicts", "layer_means", "level_contrasts"}
    assert found["s"]["verdicts"].equals(study_tables["verdicts"])


def test_the_command_prints_the_ledger_of_any_file_and_writes_its_page(results, tmp_path, capsys):
    claims = tmp_path / "mine.yaml"
    claims.write_text(
        "- {number: 1, claim: c, said_by: a, source: b, estimand: e., refuted_if: r., evidence: "
        "[{kind: verdict, study: s, outcome: accuracy, normalization: none, scheme: one}]}"
    )
    page = tmp_path / "claims.html"
    files = {
        "--claims": claims,
        "--template": REPOSITORY / "report",
        "--results": results,
        "--html": page,
    }
    assert main([str(part) for pair in files.items() for part in pair]) == 0
    said = capsys.readouterr().out
    assert "Made from `mine.yaml`" in said
    assert "Study `s`" in said
    assert "▽ worse" in page.read_text(encoding="utf-8")
