import re
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from pictures import draw, frame

from biasinit.reporting.figures.style import INK, css_variables
from biasinit.reporting.figures.svg import themed, to_svg

SVG = "{http://www.w3.org/2000/svg}"


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
    compact = to_svg(draw(name, frame(name, tables, study), study), name=name, alt="")
    monkeypatch.setattr("biasinit.reporting.figures.svg._compact", lambda text, name: text)
    whole = to_svg(draw(name, frame(name, tables, study), study), name=name, alt="")
    assert len(compact) < 0.8 * len(whole)
    drawn, wanted = parts_of(compact), parts_of(whole)
    assert [part[:3] for part in drawn] == [part[:3] for part in wanted]
    for (*_, places), (*_, exact) in zip(drawn, wanted, strict=True):
        assert places == pytest.approx(exact, abs=0.0051)
