"""What is published of the ledger: tables from which it can be made, and checked, again."""

import numpy as np
import pandas as pd
import pytest
from evidence import THREAD

from biasinit.reporting.claims.ledger import whole_ledger
from biasinit.reporting.claims.overview import LEDGER_TABLES, ledger_markdown, read_studies
from biasinit.reporting.claims.publish import ANSWER_FIGURE, publish
from repository import REPOSITORY

PUBLISHED = REPOSITORY / "docs" / "measured"
CLAIMS = THREAD.claims
STUDIES = sorted({evidence.study for claim in CLAIMS for evidence in claim.evidence})


def test_the_ledger_in_the_docs_is_made_of_the_published_tables():
    text = ledger_markdown(whole_ledger(THREAD, read_studies(PUBLISHED)))
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


def published_verdict(study, outcome, normalization, scheme):
    verdicts = pd.read_parquet(PUBLISHED / study / LEDGER_TABLES["verdicts"])
    key = ["outcome", "normalization", "scheme"]
    return verdicts.set_index(key).loc[(outcome, normalization, scheme)]


def test_the_readme_says_what_is_published_of_the_default_study():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    worse = published_verdict("digits", "accuracy", "none", "1.0")
    slower = published_verdict("digits", "speed", "none", "1.0")
    assert (worse.verdict, slower.verdict) == ("worse", "worse")
    assert (
        f"1.0 is worse** than zeros by {-worse.estimate:.1f} points (95 % interval "
        f"{-worse.upper:.1f} to {-worse.lower:.1f}) and takes {slower.estimate:.1f} times as long"
    ) in text
    equivalent = [("none", "0.01"), ("none", "xavier")]
    equivalent += [("batchnorm_shift", scheme) for scheme in ("0.01", "1.0", "xavier")]
    for normalization, scheme in equivalent:
        for outcome in ("accuracy", "speed"):
            row = published_verdict("digits", outcome, normalization, scheme)
            assert row.verdict == "equivalent"
    picture = PUBLISHED / "digits" / ANSWER_FIGURE
    assert f"]({picture.relative_to(REPOSITORY)})" in text
    # a minus sign and no hyphen, as in all figures
    interval = f"{worse.estimate:.2f} ({worse.lower:.2f} to {worse.upper:.2f}), worse"
    assert interval.replace("-", "−") in picture.read_text(encoding="utf-8")


def test_the_readme_says_what_is_published_of_deep_networks():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    runs = pd.read_parquet(PUBLISHED / "depth" / LEDGER_TABLES["runs"])
    deepest = runs[(runs["architecture"] == "plain-32") & (runs["normalization"] == "none")]
    failed = deepest.groupby("scheme")["failed"].agg(["sum", "size"])
    faster = published_verdict("depth", "speed", "batchnorm_shift", "1.0")
    assert (
        f"never learn in {failed['sum']['zeros']} of {failed['size']['zeros']} seeds of zeros and "
        f"in {failed['sum']['0.1']} of {failed['size']['0.1']} of 0.1; with batch normalisation, "
        f"1.0 takes {faster.estimate:.2f} times as long as zeros "
        f"({faster.lower:.2f} to {faster.upper:.2f}), which the second analysis does not confirm."
    ) in text
    assert faster.fragile


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
        (folder / "figures").mkdir()
        (folder / ANSWER_FIGURE).touch()
        (folder / "figures" / "outcomes.svg").touch()
    return tmp_path / "results"


def test_only_finished_studies_of_claims_are_published_and_little_of_them(results, tmp_path):
    place = tmp_path / "published"
    assert publish(CLAIMS, results=results, folder=place) == ("digits",)
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    tables = set(LEDGER_TABLES.values()) - {LEDGER_TABLES["twin_means"]}
    assert found == {f"digits/{file}" for file in (*tables, "plan.json", ANSWER_FIGURE)}
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
