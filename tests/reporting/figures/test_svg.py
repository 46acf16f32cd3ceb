import matplotlib as mpl

from biasinit.reporting.figures.style import INK, css_variables
from biasinit.reporting.figures.svg import themed


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
