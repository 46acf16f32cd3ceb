import math

import pytest

from biasinit import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.931, "−0.93"), (0.2, "+0.20"), (-0.001, "0.00"), (0.0, "0.00"), (math.nan, "–")],
)
def test_a_difference_has_its_sign_and_a_rounded_zero_has_none(value, text):
    assert numbers.signed(value) == text


def test_an_interval_without_an_end_says_so():
    assert numbers.interval(-math.inf, 0.5) == "−∞ to 0.50"
    assert numbers.interval(math.nan, 0.5) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "< .001"), (0.0312, ".031"), (1.0, "1.000"), (0.9996, "1.000"), (math.nan, "–")],
)
def test_p_values_have_three_decimals_and_no_leading_zero(value, text):
    assert numbers.p_value(value) == text


def test_lists_read_as_prose():
    assert numbers.joined([]) == ""
    assert numbers.joined(["a"]) == "a"
    assert numbers.joined(["a", "b"]) == "a and b"
    assert numbers.joined(["a", "b", "c"]) == "a, b and c"


def test_configured_numbers_keep_their_writing():
    assert numbers.plain(0.5) == "0.5"
    assert numbers.plain(95.0) == "95"
    assert numbers.percent(0.2) == "20 %"
    assert numbers.count(math.nan) == "–"
    assert numbers.scientific(1.5e-9) == "1.5e−09"
