"""The ledger on the page of a study: its own claims, and numbers equal to its tables."""

import math
import re
from dataclasses import replace

import pytest
from cells import Cells
from evidence import THREAD, level_evidence, one_claim, verdict_evidence

from biasinit.reporting.claims.finding import Bearing
from biasinit.reporting.claims.ledger import study_ledger, whole_ledger
from biasinit.study.evidence import LevelEvidence
from biasinit.vocabulary import WITHOUT_AND_WITH


def test_the_summary_counts_what_comparisons_say(study_tables):
    asked = [verdict_evidence(), verdict_evidence(outcome="speed", refutes=("better",))]
    entry = whole_ledger(one_claim(*asked), {"s": study_tables}).entries[0]
    assert entry.summary == "refuted in 1, open in 1 of 2 comparisons"
    assert entry.state == "claim-refutes"
    assert entry.needed == "about 53 seeds would decide"
    told = [verdict_evidence(), verdict_evidence(outcome="speed", refutes=())]
    assert whole_ledger(one_claim(*told), {"s": study_tables}).entries[0].needed == ""


def test_p_values_are_adjusted_over_all_comparisons_that_bear_on_a_claim(study_tables):
    """R: p.adjust(c(0.004, 1, 0.002), "BY") is 0.011, 1, 0.011 (11/6 times 3/2 times 0.004)."""
    asked = [
        verdict_evidence(),
        verdict_evidence(outcome="speed", refutes=("better",)),
        verdict_evidence(outcome="failure", refutes=("none seen",)),  # no test stands behind it
        verdict_evidence(refutes=()),  # for information
        level_evidence(),
    ]
    ledger = whole_ledger(one_claim(*asked), {"s": study_tables})
    found = ledger.entries[0].findings
    assert [item.p_over_all for item in found] == pytest.approx(
        [0.011, 1.0, math.nan, math.nan, 0.011], nan_ok=True
    )
    assert [item.over_all for item in found] == [".011", "", "", "", ".011"]
    assert ledger.comparisons == 3
    assert "support a claim (3; by Benjamini" in ledger.over_all


def test_a_comparison_that_does_not_hold_among_so_many_says_so(study_tables):
    verdicts = study_tables["verdicts"].assign(p=0.04)
    many = [verdict_evidence(), verdict_evidence(outcome="speed", refutes=("better",))]
    ledger = whole_ledger(one_claim(*many), {"s": {"verdicts": verdicts}})
    refuting = ledger.entries[0].findings[0]
    # 0.04 times 2 times (1 + 1/2)
    assert refuting.over_all == ".120: not sure among so many"
    assert refuting.bearing is Bearing.REFUTES
    alone = study_ledger(one_claim(*many), {"verdicts": verdicts}, study="s").entries[0]
    assert alone.findings[0].over_all == ""


@pytest.mark.parametrize(
    ("does", "summary", "state"),
    [
        (("no", "no", "yes"), "refuted by what people do", "claim-refutes"),
        (("yes", "yes", "no"), "agrees with what people do", "claim-supports"),
        (("yes", "in part", "no"), "open: people differ", "claim-open"),
    ],
)
def test_a_claim_about_people_is_decided_by_what_they_do(study_tables, does, summary, state):
    source = one_claim(verdict_evidence(refutes=()), about_people=True)
    sources = tuple(THREAD.practices[4][0].model_copy(update={"agrees": word}) for word in does)
    entry = whole_ledger(replace(source, practices={1: sources}), {"s": study_tables}).entries[0]
    assert (entry.summary, entry.state) == (summary, state)
    alone = whole_ledger(source, {"s": study_tables}).entries[0]
    assert alone.summary == "not looked up"


def test_a_page_holds_its_own_claims_and_names_the_studies_of_the_others(study_tables):
    ledger = study_ledger(THREAD, study_tables, study="digits")
    asked = {claim.number: [e.study for e in claim.evidence] for claim in THREAD.claims}
    own = [number for number, studies in asked.items() if "digits" in studies]
    assert len(own) > 1
    assert [entry.claim.number for entry in ledger.entries] == own
    for entry in ledger.entries:
        found = [item.study for item in entry.findings]
        assert found == ["digits"] * asked[entry.claim.number].count("digits")
    numbers = own + [other.number for other in ledger.others]
    assert sorted(numbers) == sorted(asked)
    assert next(other for other in ledger.others if other.number == 12).studies == (
        "vgg16",
        "depth",
        "long",
    )


def numbers_in(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"[−+]?\d+\.?\d*", text)]


def test_every_number_of_the_ledger_on_the_page_equals_its_table(make_page, study, tables, figures):
    compared = [(outcome, where) for outcome in ("accuracy", "speed") for where in WITHOUT_AND_WITH]
    asked = [
        verdict_evidence(
            study="synthetic", scheme="xavier", outcome=outcome, normalization=where, refutes=()
        )
        for outcome, where in compared
    ]
    level = LevelEvidence(
        kind="levels", study="synthetic", normalization="none", scheme="zeros",
        factor="weight_init", level="pytorch", against="he",
    )  # fmt: skip
    page = make_page(study, tables, figures=figures, claims=one_claim(*asked, level))
    parser = Cells()
    parser.feed(page)
    rows = [cells for article, cells in parser.rows if article == "claim-1" and len(cells) == 6]
    heading, *shown = rows
    assert heading[2] == "verdict"
    assert len(shown) == 5
    verdicts = tables["verdicts"].query("cell == 'all'")
    verdicts = verdicts.set_index(["outcome", "normalization", "scheme"])
    words = {("accuracy", word): word for word in verdicts["verdict"]}
    words |= {("speed", "worse"): "slower", ("speed", "better"): "faster"}
    for cells, (outcome, where) in zip(shown[:4], compared, strict=True):
        own = verdicts.loc[(outcome, where, "xavier")]
        estimate, level_of, lower, upper, *margin = numbers_in(cells[1])
        assert (estimate, lower, upper) == pytest.approx(
            (own["estimate"], own["lower"], own["upper"]), abs=0.00501
        )
        assert level_of == own["level"]
        assert margin[-1] == own["margin_upper"]
        assert words.get((outcome, own["verdict"]), own["verdict"]) == cells[2].strip()[2:]
    own = tables["level_contrasts"].iloc[0]
    estimate, _, lower, upper, margin = numbers_in(shown[4][1])
    assert (estimate, lower, upper, margin) == pytest.approx(
        (own["estimate"], own["simultaneous_lower"], own["simultaneous_upper"], own["margin"]),
        abs=0.00501,
    )
    assert "about 34 seeds (27 to 51) would decide" in shown[4][4]


def test_links_of_the_ledger_lead_to_parts_of_the_page(make_page, study, tables, figures):
    asked = [
        verdict_evidence(study="synthetic", scheme="xavier", outcome=outcome)
        for outcome in ("accuracy", "speed", "failure")
    ]
    page = make_page(study, tables, figures=figures, claims=one_claim(*asked))
    parser = Cells()
    parser.feed(page)
    inside = {href[1:] for href in parser.links if href.startswith("#")}
    assert {"figure-effects", "table-speed_contrasts", "rule-failure", "study-file"} <= inside
    assert inside <= set(re.findall(r'\bid="([^"]+)"', page))


def test_claims_of_a_users_own_name_their_file_and_no_other(make_page, study, tables, figures):
    own = replace(study, keys={**study.keys, "claims": "folder/mine.yaml"})
    asked = verdict_evidence(study="synthetic", scheme="xavier")
    for claims in (one_claim(asked), one_claim(verdict_evidence(study="another"))):
        page = make_page(own, tables, figures=figures, claims=claims)
        assert page.count("<code>mine.yaml</code>") == 1
        assert '<h2 id="claims-title">The claims</h2>' in page
        for other in ("claims.yaml", "prevalence.yaml", "make claims", "thread"):
            assert other not in page
