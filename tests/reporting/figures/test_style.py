from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from biasinit.reporting.figures.style import (
    INK,
    PAPER,
    SERIES,
    scheme_looks,
    style_context,
)

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour, deficiency="none"):
    seen = np.clip(DEFICIENCIES[deficiency] @ linear(colour), 0, 1)
    ratio = XYZ @ seen / (XYZ @ np.ones(3))
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_first_six_colours_are_told_apart_with_any_colour_vision(mode, deficiency):
    colours = [getattr(tone, mode) for tone in SERIES[:6]]
    for first, second in combinations(colours, 2):
        assert np.linalg.norm(lab(first, deficiency) - lab(second, deficiency)) > 12, (
            first,
            second,
        )


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_colours_stand_out_from_the_paper(mode):
    def contrast(first, second):
        low, high = sorted(float(XYZ[1] @ linear(c)) for c in (first, second))
        return (high + 0.05) / (low + 0.05)

    paper = getattr(PAPER, mode)
    assert contrast(getattr(INK, mode), paper) > 7
    assert all(contrast(getattr(tone, mode), paper) > 2.2 for tone in SERIES)


def test_thirty_schemes_all_look_different():
    looks = scheme_looks([f"scheme_{number}" for number in range(30)])
    assert len({(look.colour, str(look.dash)) for look in looks.values()}) == 30
    assert len({(look.colour, look.marker) for look in looks.values()}) == 30


def test_a_scheme_looks_the_same_when_others_are_added():
    assert scheme_looks(["a", "b"])["b"] == scheme_looks(["a", "b", "c"])["b"]


def test_the_style_leaves_no_trace():
    before = dict(mpl.rcParams)
    with style_context():
        assert mpl.rcParams["axes.spines.top"] is False
    assert dict(mpl.rcParams) == before
