"""The ledger of claims: complete, bound to real studies, and equal to the tables it reads."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from biasinit.reporting.claims.findings import Bearing, StudyTables, finding
from biasinit.reporting.claims.ledger import DEFAULT_STUDY, study_ledger, whole_ledger
from biasinit.reporting.claims.overview import ledger_markdown, main, read_studies
from biasinit.reporting.claims.page import render_claims
from biasinit.reporting.page.templates import read_template
from biasinit.study.claims import (
    FailureEvidence,
    LayerEvidence,
    LevelEvidence,
    TwinEvidence,
    VerdictEvidence,
    level_questions,
    name_in_claims,
    read_claims,
    read_prevalence,
)
from biasinit.study.reading import load_study
from biasinit.vocabulary import PROBED_QUANTITIES, TREATMENTS
from repository import REPOSITORY

CLAIMS = read_claims(REPOSITORY / "claims.yaml")
PREVALENCE = read_prevalence(REPOSITORY / "prevalence.yaml")
STUDIES = {
    study.study: study
    for study in map(
        load_study, [REPOSITORY / "config.yaml", *sorted((REPOSITORY / "studies").glob("*.yaml"))]
    )
}
EVIDENCE = [(claim.number, evidence) for claim in CLAIMS for evidence in claim.evidence]
LEVELS = {
    "architecture": lambda study: {network.name for network in study.architectures},
    "weight_init": lambda study: set(study.weight_inits),
    "input_scaling": lambda study: set(study.input_scalings),
    "learning_rate": lambda study: set(study.learning_rates),
}
DOCUMENTARY = (4, 14, 17)


def test_all_seventeen_claims_of_the_thread_are_there():
    assert [claim.number for claim in CLAIMS] == list(range(1, 18))


@pytest.mark.parametrize(("number", "evidence"), EVIDENCE, ids=str)
def test_evidence_lies_in_a_study_that_has_it(number, evidence):
    study = STUDIES[evidence.study]
    schemes = {scheme.name for scheme in study.schemes}
    named = evidence.schemes if hasattr(evidence, "schemes") else (evidence.scheme,)
    assert set(named) <= schemes
    if isinstance(evidence, VerdictEvidence):
        assert evidence.scheme != study.reference
    if isinstance(evidence, VerdictEvidence) and evidence.outcome == "interaction":
        assert evidence.normalization == "batchnorm_shift - none"
        assert set(TREATMENTS) <= set(study.normalizations)
    else:
        assert evidence.normalization in study.normalizations
    if isinstance(evidence, LayerEvidence):
        assert evidence.quantity in PROBED_QUANTITIES
        assert evidence.refutes is None or evidence.refutes.scheme in evidence.schemes
    if isinstance(evidence, TwinEvidence):
        assert all(item.layout.compares_pairs for item in study.architectures)
    if isinstance(evidence, FailureEvidence):
        assert evidence.factor in LEVELS
    if isinstance(evidence, LevelEvidence):
        assert {evidence.level, evidence.against} <= LEVELS[evidence.factor](study)
        assert evidence.reference in {"", *schemes}


@pytest.mark.parametrize(("number", "evidence"), EVIDENCE, ids=str)
def test_no_verdict_both_refutes_and_supports_a_claim(number, evidence):
    if isinstance(evidence, VerdictEvidence | LevelEvidence):
        assert set(evidence.refutes).isdisjoint(evidence.supports)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_every_claim_can_be_refuted_by_its_evidence(claim):
    if claim.evidence:
        assert any(getattr(evidence, "refutes", None) for evidence in claim.evidence)


def test_claims_about_what_people_do_have_their_sources():
    assert tuple(PREVALENCE) == DOCUMENTARY
    for practices in PREVALENCE.values():
        assert len({(item.who, item.where) for item in practices}) == len(practices)
        assert any(item.read == "at the source" for item in practices)


def test_the_command_without_a_file_is_that_of_the_default_study():
    assert load_study(REPOSITORY / "config.yaml").study == DEFAULT_STUDY


def test_a_quick_try_is_asked_what_its_study_is_asked():
    assert name_in_claims("positions-quick") == "positions"
    asked = level_questions(CLAIMS, "positions-quick")
    assert asked == level_questions(CLAIMS, "positions") != []
    assert level_questions(CLAIMS, "mine") == []


VERDICT = {
    "outcome": "accuracy",
    "normalization": "none",
    "scheme": "one",
    "reference": "zeros",
    "verdict": "worse",
    "estimate": -1.234,
    "lower": -2.0,
    "upper": -0.5,
    "level": 95.0,
    "margin_lower": -0.5,
    "margin_upper": 0.5,
    "fragile": True,
    "depends_on": "learning_rate",
    "seeds": 20,
    "seeds_needed": float("nan"),
    "failed": 3,
    "reference_failed": 0,
}
OPEN = {"verdict": "inconclusive", "seeds_needed": 53.0, "fragile": False, "depends_on": ""}
LEVEL = {
    "normalization": "none",
    "scheme": "zeros",
    "reference": "",
    "factor": "architecture",
    "level": "untied",
    "against": "shared",
    "seeds": 20,
    "estimate": 0.041,
    "simultaneous_lower": -0.17,
    "simultaneous_upper": 0.25,
    "interval_level": 95.0,
    "margin": 0.5,
    "runs": 20,
    "against_runs": 20,
    "failed": 0,
    "against_failed": 1,
    "verdict": "equivalent",
    "seeds_needed": float("nan"),
}


@pytest.fixture
def study_tables():
    failure = {
        **VERDICT,
        **OPEN,
        "outcome": "failure",
        "failed": 0,
        "estimate": 0.0,
        "lower": -0.17,
        "upper": 0.17,
        "margin_lower": float("nan"),
        "margin_upper": float("nan"),
    }
    speed = {**VERDICT, **OPEN, "outcome": "speed", "estimate": 1.1, "lower": 0.9, "upper": 1.3}
    speed |= {"margin_lower": 0.8, "margin_upper": 1.25, "failed": 0}
    layers = pd.DataFrame(
        [
            {
                "normalization": "none",
                "scheme": scheme,
                "when": "start",
                "layer": layer,
                "quantity": "dead_fraction",
                "estimate": 0.125,
                "lower": lower,
                "upper": 0.15,
                "runs": 40,
            }
            for scheme, lower in (("zeros", 0.0), ("one", 0.1))
            for layer in ("conv1", "conv2")
        ]
    )
    runs = pd.DataFrame(
        [
            {
                "normalization": "none",
                "scheme": scheme,
                "weight_init": weights,
                "seed": seed,
                "failed": seed < 2 and weights == "constant",
                "final_accuracy": 90.0 + seed,
            }
            for scheme in ("zeros", "one")
            for weights in ("constant", "he")
            for seed in range(12)
        ]
    )
    return StudyTables(
        runs=runs,
        verdicts=pd.DataFrame([VERDICT, speed, failure]),
        layer_means=layers,
        level_contrasts=pd.DataFrame([LEVEL]),
        twin_means=pd.DataFrame(
            [
                {
                    "architecture": architecture,
                    "normalization": "none",
                    "scheme": "zeros",
                    "when": "end",
                    "quantity": "asymmetry",
                    "estimate": estimate,
                    "lower": 0.8 * estimate,
                    "upper": 1.2 * estimate,
                    "runs": 20,
                }
                for architecture, estimate in (("shared", 0.0), ("untied", 1.25))
            ]
        ),
    )


def verdict_evidence(**changes):
    given = {"outcome": "accuracy", "normalization": "none", "scheme": "one", "refutes": ("worse",)}
    return VerdictEvidence(kind="verdict", study="s", **(given | changes))


def level_evidence(**changes):
    names = ("normalization", "scheme", "factor", "level", "against")
    given = {name: LEVEL[name] for name in names} | {"supports": ("equivalent",)}
    return LevelEvidence(kind="levels", study="s", **(given | changes))


def layer_evidence(**changes):
    given = {"normalization": "none", "when": "start", "quantity": "dead_fraction"}
    given |= {"schemes": ("zeros", "one")}
    return LayerEvidence(kind="layers", study="s", **(given | changes))


def test_a_verdict_is_shown_with_its_numbers_and_what_it_says_of_the_claim(study_tables):
    found = finding(verdict_evidence(), study_tables)
    assert found.measured == ("−1.23 points, 95 % interval −2.00 to −0.50", "margin ±0.5")
    assert (found.verdict, found.shown) == ("worse", "▼ worse")
    assert found.bearing is Bearing.REFUTES
    assert found.sure == (
        "20 seeds; failed runs: 3 of one and 0 of zeros; depends on the learning rate; "
        "fragile: the second analysis disagrees"
    )
    assert (found.figure, found.table, found.rule) == (
        "effects", "accuracy_contrasts", "rule-accuracy",
    )  # fmt: skip


def test_an_open_verdict_says_how_many_seeds_would_decide(study_tables):
    found = finding(verdict_evidence(outcome="speed"), study_tables)
    assert found.measured == ("1.10 times, 95 % interval 0.90 to 1.30", "margin 0.8 to 1.25")
    assert found.bearing is Bearing.OPEN
    assert found.sure == "20 seeds; about 53 would decide"


def test_arms_without_a_failure_are_said_so_and_may_refute(study_tables):
    found = finding(verdict_evidence(outcome="failure", refutes=("no failures",)), study_tables)
    assert found.verdict == "no failures"
    assert found.bearing is Bearing.REFUTES


def test_a_comparison_of_levels_is_shown_with_the_interval_of_its_family(study_tables):
    found = finding(level_evidence(), study_tables)
    assert found.question == (
        "architecture: untied − shared, final accuracy, biases zeros, without batch normalisation"
    )
    assert found.measured == ("+0.04 points, 95 % interval −0.17 to 0.25", "margin ±0.5")
    assert found.bearing is Bearing.SUPPORTS
    assert found.sure == "20 seeds; failed runs: 0 of untied and 1 of shared"


def test_layers_refute_where_an_interval_lies_above_the_bound(study_tables):
    bound = {"scheme": "one", "above": 0.0}
    assert finding(layer_evidence(refutes=bound), study_tables).bearing is Bearing.REFUTES
    bound["scheme"] = "zeros"
    found = finding(layer_evidence(refutes=bound), study_tables)
    assert found.bearing is Bearing.OPEN
    assert found.grid.rows[1] == ("one", ("0.125\n0.100 to 0.150", "0.125\n0.100 to 0.150"))


def test_twins_are_shown_by_architecture_for_information(study_tables):
    evidence = TwinEvidence(
        kind="twins", study="s", normalization="none", when="end", quantity="asymmetry",
        schemes=("zeros", "absent"),
    )  # fmt: skip
    found = finding(evidence, study_tables)
    assert found.question == "asymmetry by architecture, without batch normalisation, at the end"
    assert found.grid.columns == ("shared", "untied")
    assert found.grid.rows == (("zeros", ("0.000\n0.000 to 0.000", "1.250\n1.000 to 1.500")),)
    assert (found.bearing, found.sure) == (Bearing.NUMBERS, "20 runs in each mean")
    assert (found.figure, found.table, found.rule) == ("twins", "twin_means", "rule-twins")


def test_failures_are_counted_by_level_with_exact_intervals(study_tables):
    evidence = FailureEvidence(
        kind="failures", study="s", normalization="none", factor="weight_init", schemes=("zeros",)
    )
    found = finding(evidence, study_tables)
    # R: binom.test(2, 12)$conf.int is 0.0209, 0.4841; binom.test(0, 12) ends at 0.2646
    assert found.grid.rows == (
        ("constant", ("2 of 12 (2 to 48 %)\n95.5 %",)),
        ("he", ("0 of 12 (0 to 26 %)\n95.5 %",)),
    )


@pytest.mark.parametrize(
    "evidence",
    [
        verdict_evidence(scheme="absent"),
        level_evidence(level="absent"),
        layer_evidence(schemes=("absent",)),
        FailureEvidence(
            kind="failures", study="s", normalization="none", factor="absent", schemes=("zeros",)
        ),
        TwinEvidence(
            kind="twins",
            study="s",
            normalization="none",
            when="start",
            quantity="asymmetry",
            schemes=("zeros",),
        ),
    ],
    ids=lambda evidence: evidence.kind,
)
def test_what_a_changed_study_no_longer_has_is_said_so(study_tables, evidence):
    found = finding(evidence, study_tables)
    assert found.bearing is Bearing.ABSENT
    assert found.measured == ("The study as it was run has no such runs.",)


def test_a_study_from_before_the_comparison_of_levels_is_asked_to_run_again(study_tables):
    old = StudyTables(runs=study_tables.runs, verdicts=study_tables.verdicts)
    found = finding(level_evidence(), old)
    assert found.bearing is Bearing.ABSENT
    assert "nothing is trained again" in found.measured[0]


def claim_file(tmp_path, evidence):
    path = tmp_path / "claims.yaml"
    path.write_text(
        "- {number: 1, claim: c, said_by: a, source: b, estimand: e., refuted_if: r.,\n"
        f"   evidence: [{evidence}]}}"
    )
    return path


def test_the_summary_counts_what_comparisons_say(study_tables, tmp_path):
    row = "{kind: verdict, study: s, outcome: %s, normalization: none, scheme: one, refutes: [%s]}"
    path = claim_file(tmp_path, ", ".join([row % ("accuracy", "worse"), row % ("speed", "better")]))
    entry = whole_ledger(read_claims(path), {}, {"s": study_tables}).entries[0]
    assert entry.summary == "refuted in 1, open in 1 of 2 comparisons"
    assert entry.state == "claim-refutes"
    assert entry.needed == "about 53 seeds would decide"


def test_a_page_holds_its_own_claims_and_names_the_studies_of_the_others(study_tables):
    ledger = study_ledger(CLAIMS, PREVALENCE, study_tables, study="digits")
    own = [claim.number for claim in CLAIMS if any(e.study == "digits" for e in claim.evidence)]
    assert [entry.claim.number for entry in ledger.entries] == own
    assert all(item.study == "digits" for entry in ledger.entries for item in entry.findings)
    numbers = own + [other.number for other in ledger.others]
    assert sorted(numbers) == list(range(1, 18))
    assert next(other for other in ledger.others if other.number == 12).studies == (
        "vgg16",
        "depth",
    )


class Cells(HTMLParser):
    """Collects the cells of the tables of a page, row by row, by the article they stand in."""

    def __init__(self):
        super().__init__()
        self.article, self.rows, self.open, self.links = "", [], False, []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "article":
            self.article = attributes["id"]
        if tag == "tr":
            self.rows.append((self.article, []))
        if tag in ("td", "th") and self.rows:
            self.rows[-1][1].append("")
            self.open = True
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open = False
        if tag == "span" and self.open:
            self.rows[-1][1][-1] += " "

    def handle_data(self, data):
        if self.open:
            self.rows[-1][1][-1] += data


def numbers_in(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"[−+]?\d+\.?\d*", text)]


def test_every_number_of_the_ledger_on_the_page_equals_its_table(
    make_page, study, tables, figures, tmp_path
):
    row = "{kind: verdict, study: synthetic, outcome: %s, normalization: %s, scheme: xavier}"
    level = (
        "{kind: levels, study: synthetic, normalization: none, scheme: zeros, factor: weight_init,"
        " level: pytorch, against: he}"
    )
    compared = [(outcome, where) for outcome in ("accuracy", "speed") for where in TREATMENTS]
    evidence = ", ".join([*(row % pair for pair in compared), level])
    claims = read_claims(claim_file(tmp_path, evidence))
    page = make_page(study, tables, figures=figures, claims=claims)
    parser = Cells()
    parser.feed(page)
    shown = [cells for article, cells in parser.rows if article == "claim-1" and len(cells) == 6][
        1:6
    ]
    assert len(shown) == 5
    verdicts = tables["verdicts"]
    for cells, (outcome, where) in zip(shown, compared, strict=False):
        own = verdicts[
            (verdicts["outcome"] == outcome)
            & (verdicts["normalization"] == where)
            & (verdicts["scheme"] == "xavier")
        ].iloc[0]
        estimate, level_of, lower, upper, *margin = numbers_in(cells[1])
        assert (estimate, lower, upper) == pytest.approx(
            (own["estimate"], own["lower"], own["upper"]), abs=0.00501
        )
        assert level_of == own["level"]
        assert margin[-1] == own["margin_upper"]
        assert own["verdict"] in cells[2] or outcome == "speed"
    own = tables["level_contrasts"].iloc[0]
    estimate, _, lower, upper, margin = numbers_in(shown[4][1])
    assert (estimate, lower, upper, margin) == pytest.approx(
        (own["estimate"], own["simultaneous_lower"], own["simultaneous_upper"], own["margin"]),
        abs=0.00501,
    )
    assert "about 34 would decide" in shown[4][4]


def test_links_of_the_ledger_lead_to_parts_of_the_page(make_page, study, tables, figures, tmp_path):
    row = "{kind: verdict, study: synthetic, outcome: %s, normalization: none, scheme: xavier}"
    evidence = ", ".join(row % outcome for outcome in ("accuracy", "speed", "failure"))
    claims = read_claims(claim_file(tmp_path, evidence))
    page = make_page(study, tables, figures=figures, claims=claims)
    parser = Cells()
    parser.feed(page)
    inside = {href[1:] for href in parser.links if href.startswith("#")}
    assert {"figure-effects", "table-speed_contrasts", "rule-failure", "study-file"} <= inside
    assert inside <= set(re.findall(r'\bid="([^"]+)"', page))


EVIL = '<script>alert("x")</script>'


@pytest.fixture
def overview(study_tables):
    def render(claims, prevalence, studies):
        template = read_template(REPOSITORY / "report", "claims.html.j2")
        return render_claims(whole_ledger(claims, prevalence, studies), tuple(studies), template)

    return render


def test_names_from_a_study_are_escaped_in_the_ledger(
    study_tables, overview, make_page, study, tables, figures
):
    claim = CLAIMS[3].model_copy(
        update={"claim": EVIL, "source": f"`{EVIL}`", "evidence": (verdict_evidence(scheme=EVIL),)}
    )
    practice = PREVALENCE[4][0].model_copy(update={"who": EVIL, "does": EVIL})
    evil = study_tables.verdicts.replace({"scheme": {"one": EVIL}, "reference": {"zeros": EVIL}})
    changed = StudyTables(runs=study_tables.runs, verdicts=evil)
    for page in (
        overview((claim,), {4: (practice,)}, {"s": changed}),
        make_page(study, tables, figures=figures, claims=(claim,), prevalence={4: (practice,)}),
    ):
        assert EVIL not in page
        assert "&lt;script&gt;" in page
        assert page.count("<script>") == 1


def test_the_overview_shows_all_claims_and_links_to_the_reports(overview, study_tables):
    page = overview(CLAIMS, PREVALENCE, {"digits": study_tables})
    for claim in CLAIMS:
        assert page.count(f'id="claim-{claim.number}"') == 1
    parser = Cells()
    parser.feed(page)
    outside = {href.partition("#")[0] for href in parser.links} - {""}
    assert outside == {"digits/report.html"}
    assert "<code>make study</code>" not in page
    assert "<code>make study STUDY=studies/vgg16.yaml</code>" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_markdown_and_page_say_the_same(overview, study_tables, tmp_path):
    row = "{kind: verdict, study: s, outcome: accuracy, normalization: none, scheme: one}"
    claims = read_claims(claim_file(tmp_path, row))
    text = ledger_markdown(claims, {}, {"s": study_tables})
    page = overview(claims, {}, {"s": study_tables}).replace("\N{NO-BREAK SPACE}", " ")
    for part in ("▼ worse", "−1.23 points, 95 % interval −2.00 to −0.50", "fragile: the second"):
        assert part in text
        assert part in page


def test_a_study_that_was_not_run_is_said_so():
    text = ledger_markdown(CLAIMS, PREVALENCE, {})
    assert "Not measured yet: study `digits` has not been run (`make study`)." in text
    assert "0 of 25 sources do what it says" in text
    for claim in CLAIMS:
        assert f"## {claim.number}. " in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {number: 1, claim: c}", "[0].said_by: is missing. Add it"),
        ("- {number: one}", "[0].number: must be a whole number, got 'one'."),
        ("- {clam: c}", "[0].clam: is not a key of a claim or of a source. Did you mean 'claim'?"),
        ("- {evidence: [{kind: verdict, scheem: a}]}",
         "[0].evidence[0].scheem: is not a key of a claim or of a source. Did you mean 'scheme'?"),
        ("- {evidence: [{kind: verdicts}]}",
         "[0].evidence[0]: has the unknown kind 'verdicts'. Use one of 'verdict', 'layers',"),
        ("- [", "cannot be read"),
        ("", "the whole: must be a list, got None."),
        ("- {number: 1, claim: c, said_by: a, source: b, estimand: e, refuted_if: r, evidence: "
         "[{kind: verdict, study: s, outcome: accuracy, normalization: none, scheme: one, "
         "refutes: [bad]}]}", "[0].evidence[0].refutes[0]: must be 'worse', 'better',"),
    ],
)  # fmt: skip
def test_a_broken_file_of_claims_gets_a_clear_error(text, message, tmp_path, capsys):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    assert main(["--claims", str(path), "--results", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert re.match(r"claims\.yaml has \d+ problems?:\n", said)


def test_a_number_that_stands_twice_is_named(tmp_path, capsys):
    text = (REPOSITORY / "claims.yaml").read_text(encoding="utf-8")
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace("number: 2\n", "number: 1\n"))
    assert main(["--claims", str(path)]) == 1
    assert "number: 1 stands more than once" in capsys.readouterr().err


def test_the_ledger_reads_finished_studies_from_their_folders(study_tables, tmp_path, capsys):
    folder = tmp_path / "results" / "s"
    (folder / "analysis").mkdir(parents=True)
    study_tables.runs.to_parquet(folder / "runs.parquet")
    for name in ("verdicts", "layer_means", "level_contrasts"):
        getattr(study_tables, name).to_parquet(folder / "analysis" / f"{name}.parquet")
    assert list(read_studies(tmp_path / "results")) == ["s"]
    row = "{kind: verdict, study: s, outcome: accuracy, normalization: none, scheme: one}"
    page = tmp_path / "claims.html"
    files = {
        "--claims": claim_file(tmp_path, row),
        "--prevalence": REPOSITORY / "prevalence.yaml",
        "--template": REPOSITORY / "report",
        "--results": tmp_path / "results",
        "--html": page,
    }
    assert main([str(part) for pair in files.items() for part in pair]) == 0
    assert "Study `s`" in capsys.readouterr().out
    assert "▼ worse" in page.read_text(encoding="utf-8")
