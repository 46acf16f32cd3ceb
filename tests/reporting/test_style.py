import re
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from biasinit.reporting.drawing import drawings
from biasinit.reporting.figures.style import (
    INK,
    PAPER,
    SERIES,
    css_variables,
    scheme_looks,
    style_context,
)
from biasinit.reporting.figures.svg import themed, to_svg
from biasinit.reporting.frames import figure_frames

SVG = "{http://www.w3.org/2000/svg}"

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


def test_drawing_leaves_the_global_settings_alone(figures):
    assert mpl.rcParams["svg.hashsalt"] is None
    assert figures


def test_inlined_figures_take_their_colours_from_the_page(figures):
    svg = themed(figures["effects"].svg)
    assert INK.light not in svg
    assert "var(--ink)" in svg
    assert "var(--series-2)" in svg
    for mode in (False, True):
        assert "--series-7: #" in css_variables(dark=mode)


def test_figures_carry_no_date_and_no_foreign_address(figures):
    for drawn in figures.values():
        assert "<metadata>" not in drawn.svg
        assert "dc:date" not in drawn.svg
        assert "<text" in drawn.svg
        assert "@import" not in drawn.svg


def parts_of(text):
    """Return tag, style and numbers of every drawn element of an SVG, in order."""
    root = ElementTree.fromstring(text)
    sheet = root.find(f"{SVG}style").text if root.find(f"{SVG}style") is not None else ""
    rules = dict(re.findall(r"\.([\w-]+)\{([^}]*)\}", sheet))
    found = []
    for element in root.iter():
        if element.tag == f"{SVG}style" or element is root:
            continue
        style = element.get("style") or rules.get(element.get("class", ""), "")
        places = " ".join(element.get(name, "") for name in ("d", "x", "y", "transform"))
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", places)]
        found.append((element.tag, style, (element.text or "").strip(), numbers))
    return found


@pytest.mark.parametrize("name", ["effects", "mechanism", "specifications", "learning_curves"])
def test_a_compact_figure_draws_the_same_in_fewer_bytes(name, tables, study, monkeypatch):
    compact = to_svg(drawings(figure_frames(tables, study), study)[name], name=name, alt="")
    monkeypatch.setattr("biasinit.reporting.figures.svg._compact", lambda text, name: text)
    whole = to_svg(drawings(figure_frames(tables, study), study)[name], name=name, alt="")
    assert len(compact) < 0.8 * len(whole)
    drawn, wanted = parts_of(compact), parts_of(whole)
    assert [part[:3] for part in drawn] == [part[:3] for part in wanted]
    for (*_, places), (*_, exact) in zip(drawn, wanted, strict=True):
        assert places == pytest.approx(exact, abs=0.0051)


def test_the_catalogue_needs_neither_pandas_nor_matplotlib():
    code = (
        "import sys; from biasinit.reporting.catalogue import FIGURE_NAMES, FIGURES; "
        "assert FIGURE_NAMES; print(*sorted({'matplotlib', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert done.stdout.strip() == ""
