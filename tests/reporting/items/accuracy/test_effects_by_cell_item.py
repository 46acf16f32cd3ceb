import pytest
from pictures import draw, frame, marked, texts
from synthetic import make_study, make_tables

from biasinit import numbers
from biasinit.reporting.items.accuracy.effects_by_cell import ITEM


def test_every_cell_has_a_row_with_its_effect_and_the_sign_of_its_verdict(tables, study):
    rows = frame("effects_by_cell", tables, study)
    assert set(rows["cell"]) == {"learning_rate 0.02", "learning_rate 0.005"}
    picture = draw("effects_by_cell", rows, study)
    levels = rows.groupby("normalization", sort=False)
    for axes, (_, here) in zip(picture.axes, levels, strict=True):
        places = [float(mark.get_xdata()[0]) for mark in marked(axes, "estimate")]
        assert 0 < len(places) <= len(here)
        assert set(places) <= set(here["estimate"])
    names = [label.get_text() for label in picture.axes[0].get_yticklabels()]
    assert len(names) == 6
    assert names[0].startswith("0.01 · learning rate ")
    assert any(text.endswith("▼") for text in texts(picture))


def test_many_effects_are_a_heat_map_with_a_number_for_each():
    study = make_study(learning_rates=tuple(0.01 * (n + 1) for n in range(14)), seeds=4)
    rows = frame("effects_by_cell", make_tables(study), study)
    picture = draw("effects_by_cell", rows, study)
    assert len(picture.axes) == 2
    for axes, (_, here) in zip(
        picture.axes, rows.groupby("normalization", sort=False), strict=True
    ):
        (mesh,) = axes.collections
        assert mesh.get_array().shape == (14, 3)
        values = sorted(mesh.get_array().ravel().tolist())
        assert values == pytest.approx(sorted(here["estimate"]))
        assert sorted(text.get_text() for text in axes.texts) == sorted(
            numbers.signed(value) for value in here["estimate"]
        )
    caption = ITEM.caption(rows, {}, study)
    assert "(14 conditions). Orange is worse, blue is better" in caption


@pytest.mark.slow
def test_a_heat_map_leaves_out_what_has_no_room():
    names = ("zeros", *(f"scheme_{n:02d}" for n in range(25)))
    study = make_study(names, learning_rates=tuple(0.01 * (n + 1) for n in range(26)), seeds=4)
    rows = frame("effects_by_cell", make_tables(study), study)
    first, second = draw("effects_by_cell", rows, study).axes
    assert first.get_position().y0 > second.get_position().y0, "one below the other"
    (mesh,) = first.collections
    lines, columns = mesh.get_array().shape
    assert lines == 26
    assert 10 < columns < 25


def test_the_interval_beside_a_verdict_is_that_of_the_verdict(tables, study):
    rows = frame("effects_by_cell", tables, study)
    equal = rows[rows["verdict"] == "equivalent"]
    assert (equal["simultaneous_lower"] != equal["judged_lower"]).all(), "so that it could differ"
    shown = " ".join(texts(draw("effects_by_cell", rows, study)))
    for row in equal.to_dict("records"):
        assert f"({numbers.interval(row['judged_lower'], row['judged_upper'])}) =" in shown
