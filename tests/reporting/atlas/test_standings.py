"""Where schemes stand: the rules behind the answer, each at its edge."""

import math

import pytest
from atlases import UNPOOLED, any_synthesis, effect_row, pooled_row, synthesis_of
from hypothesis import given

from biasinit.reporting.atlas.standings import Standing, standings_of
from biasinit.verdicts import Outcome

AHEAD = {"mean": 1.5, "lower": 1.0, "upper": 2.0, "prediction_upper": 3.0, "p_adjusted": 0.01}
BEHIND = {"mean": -1.5, "lower": -2.0, "upper": -1.0, "prediction_lower": -3.0, "p_adjusted": 0.01}


def standing(pooled=None, verdicts=("equivalent",) * 3):
    effects = [
        effect_row(condition=f"condition-{place}", verdict=verdict)
        for place, verdict in enumerate(verdicts)
    ]
    rows = [] if pooled is None else [pooled_row() | pooled]
    (found,) = standings_of(synthesis_of(effects, rows), Outcome.ACCURACY)["none"]
    return found.standing


HARM = ("worse beyond the margin", "fails")


@pytest.mark.parametrize(
    ("pooled", "verdicts", "expected"),
    [
        ({}, ("equivalent",) * 3, Standing.INTERCHANGEABLE),
        ({"prediction_upper": 1.0}, ("inconclusive",) * 3, Standing.SPREAD),
        ({"prediction_lower": -1.0}, ("inconclusive",) * 3, Standing.SPREAD),
        ({"prediction_upper": math.inf}, ("inconclusive",) * 3, Standing.SPREAD),
        ({}, ("inconclusive", "inconclusive", "worse beyond the margin"), Standing.MIXED),
        ({}, ("inconclusive", "inconclusive", "better beyond the margin"), Standing.MIXED),
        ({}, ("inconclusive", "inconclusive", "fails"), Standing.MIXED),
        ({}, HARM, Standing.AVOID),
        (None, HARM, Standing.AVOID),
        (None, ("fails",), Standing.FEW),
        (UNPOOLED, ("worse", "worse"), Standing.FEW),
        (BEHIND, ("worse",) * 3, Standing.AVOID),
        (BEHIND | {"p_adjusted": 0.05}, ("worse",) * 3, Standing.UNADJUSTED),
        (BEHIND | {"p_adjusted": math.nan}, ("worse",) * 3, Standing.UNADJUSTED),
        (AHEAD, ("better",) * 3, Standing.BETTER),
        (AHEAD | {"p_adjusted": 0.2}, ("better",) * 3, Standing.UNADJUSTED),
        (AHEAD, ("better", "better", "fails"), Standing.MIXED),
        (AHEAD, ("better", *HARM), Standing.MIXED),
    ],
)
def test_a_scheme_stands_where_its_numbers_put_it(pooled, verdicts, expected):
    assert standing(pooled, verdicts) is expected


def test_a_small_loss_that_stays_within_the_margin_is_interchangeable():
    small = {"mean": -0.2, "lower": -0.3, "upper": -0.1, "p_adjusted": 0.001}
    assert standing(small, ("different but negligible",) * 3) is Standing.INTERCHANGEABLE


@given(any_synthesis())
def test_nothing_is_said_that_the_tables_do_not_say(synthesis):
    for outcome in (Outcome.ACCURACY, Outcome.SPEED):
        for rows in standings_of(synthesis, outcome).values():
            for row in rows:
                mean = row.pooled
                harmed = sum(
                    effect.verdict in ("fails", "worse beyond the margin") for effect in row.effects
                )
                if row.standing is Standing.INTERCHANGEABLE:
                    assert mean.prediction_lower > -1
                    assert mean.prediction_upper < 1
                    assert not harmed
                if row.standing is Standing.AVOID:
                    assert harmed >= 2 or (mean.upper < 0 and mean.p_adjusted < 0.05)
                if row.standing is Standing.BETTER:
                    assert mean.lower > 0
                    assert mean.p_adjusted < 0.05
                    assert not harmed


@given(any_synthesis())
def test_every_scheme_stands_somewhere_once_at_each_normalisation(synthesis):
    for outcome in (Outcome.ACCURACY, Outcome.SPEED):
        found = {
            (level, row.scheme)
            for level, rows in standings_of(synthesis, outcome).items()
            for row in rows
        }
        frame = synthesis.effects
        rows = frame[frame["outcome"] == outcome].itertuples() if len(frame) else ()
        assert {(row.normalization, row.scheme) for row in rows} <= found
