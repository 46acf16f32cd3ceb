"""What is published of the ledger: tables from which it can be made, and checked, again."""

import numpy as np
import pandas as pd
import pytest

from biasinit.claims import read_claims, read_prevalence
from biasinit.reporting.claims import LEDGER_TABLES, ledger_markdown, read_studies
from biasinit.reporting.publish import publish
from repository import REPOSITORY

PUBLISHED = REPOSITORY / "docs" / "measured"
CLAIMS = read_claims(REPOSITORY / "claims.yaml")
STUDIES = sorted({evidence.study for claim in CLAIMS for evidence in claim.evidence})


def test_the_ledger_in_the_docs_is_made_of_the_published_tables():
    prevalence = read_prevalence(REPOSITORY / "prevalence.yaml")
    text = ledger_markdown(CLAIMS, prevalence, read_studies(PUBLISHED))
    assert (REPOSITORY / "docs" / "claims.md").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_of_a_claim_is_published_with_its_plan(study):
    assert (PUBLISHED / study / LEDGER_TABLES["runs"]).exists()
    assert (PUBLISHED / study / "plan.json").exists()


@pytest.mark.parametrize("study", STUDIES)
def test_published_verdicts_of_accuracy_follow_from_the_published_runs(study):
    """The mean over seeds of differences within seeds, where no run of either arm failed."""
    runs = pd.read_parquet(PUBLISHED / study / LEDGER_TABLES["runs"])
    verdicts = pd.read_parquet(PUBLISHED / study / LEDGER_TABLES["verdicts"])
    groups = runs.groupby(["normalization", "scheme", "seed"])
    accuracy, failed = groups["final_accuracy"].mean(), groups["failed"].any()
    rows = verdicts[verdicts["outcome"] == "accuracy"]
    assert len(rows)
    for row in rows.itertuples():
        arm, reference = (row.normalization, row.scheme), (row.normalization, row.reference)
        trained = ~(failed[arm] | failed[reference])
        difference = (accuracy[arm] - accuracy[reference])[trained]
        if len(difference):
            assert row.estimate == pytest.approx(difference.mean(), abs=1e-9)
        else:
            assert np.isnan(row.estimate)
        assert row.seeds == len(difference)
        # one seed alone has no interval
        assert (row.lower < row.estimate < row.upper) == (len(difference) > 1)


@pytest.fixture
def results(tmp_path):
    """A folder of results with a study of a claim, one without a claim, and one not finished."""
    for study in ("digits", "mine", "depth"):
        folder = tmp_path / "results" / study
        for name, file in LEDGER_TABLES.items():
            if (study, name) == ("depth", "verdicts") or name == "twin_means":
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(f"{study} {name}".encode())
        (folder / "jobs.parquet").touch()
        (folder / "plan.json").write_text("{}")
    return tmp_path / "results"


def test_only_finished_studies_of_claims_are_published_and_only_what_the_ledger_reads(
    results, tmp_path
):
    place = tmp_path / "published"
    assert publish(CLAIMS, results=results, folder=place) == ("digits",)
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    tables = set(LEDGER_TABLES.values()) - {LEDGER_TABLES["twin_means"]}
    assert found == {f"digits/{file}" for file in (*tables, "plan.json")}
    assert (place / "digits" / "runs.parquet").read_bytes() == b"digits runs"


def test_publishing_again_replaces_a_study_and_leaves_the_others(results, tmp_path):
    place = tmp_path / "published"
    for study in ("digits", "schemes"):
        (place / study / "analysis").mkdir(parents=True)
        (place / study / "runs.parquet").write_bytes(b"old")
    (place / "digits" / LEDGER_TABLES["twin_means"]).write_bytes(b"old")
    publish(CLAIMS, results=results, folder=place)
    assert (place / "digits" / "runs.parquet").read_bytes() == b"digits runs"
    assert not (place / "digits" / LEDGER_TABLES["twin_means"]).exists()
    assert (place / "schemes" / "runs.parquet").read_bytes() == b"old"
