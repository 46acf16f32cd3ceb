"""Controls: what is known beforehand, and whether it came out."""

import numpy as np
import pandas as pd
import pytest
from atlases import synthesis_of

from biasinit.reporting.atlas.controls import FAILED, controls_of
from biasinit.reporting.atlas.page import render_atlas
from biasinit.reporting.atlas.sentences import answer_markdown
from biasinit.reporting.claims.ledger import whole_ledger
from biasinit.reporting.page.templates import read_template
from biasinit.study.claims import read_claims_file
from repository import REPOSITORY

FILE = read_claims_file(REPOSITORY / "studies" / "controls" / "claims.yaml", None)
SHARES = {"dense-2x10": 0.9437, "dense-4x20": 0.7249, "dense-8x20": 0.0753}


def ledger(shares=SHARES, seeds=200):
    """Return the ledger of the repository's controls on networks that are born dead alone."""
    frames = [
        pd.DataFrame(
            {
                "normalization": "none",
                "scheme": "zeros",
                "architecture": architecture,
                "seed": range(seeds),
                "initial_loss": [
                    float(np.float32(np.log(2))) if seed < share * seeds else 0.8
                    for seed in range(seeds)
                ],
            }
        )
        for architecture, share in shares.items()
    ]
    return whole_ledger(FILE, {"known_truth": {"runs": pd.concat(frames)}})


def test_controls_that_come_out_are_counted_and_others_are_not_run():
    found = controls_of(ledger())
    assert [row.outcome for row in found.rows[:3]] == ["as known"] * 3
    assert {row.outcome for row in found.rows[3:]} == {"not run"}
    assert (
        found.summary == f"3 of {len(found.rows)} controls came out as known, and none against it."
    )
    assert not found.failed


def test_one_that_does_not_come_out_fails_the_assay_on_the_page_and_in_the_answer():
    failing = ledger(SHARES | {"dense-4x20": 0.2})
    found = controls_of(failing)
    assert found.failed
    assert found.summary.startswith(f"{FAILED}: 1 of ")
    synthesis = synthesis_of(controls=failing)
    assert FAILED in render_atlas(synthesis, read_template(REPOSITORY / "report", "answer.html.j2"))
    assert FAILED.lower() in answer_markdown(synthesis).lower()


@pytest.mark.parametrize("nothing", [None, whole_ledger(FILE, {})])
def test_no_control_fails_nothing(nothing):
    found = controls_of(nothing)
    assert not found.failed
    assert {row.outcome for row in found.rows} <= {"not run"}
