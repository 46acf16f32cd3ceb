from pictures import draw, frame, marked, texts


def test_every_cell_has_a_row_with_its_effect_and_no_verdict(tables, study):
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
    assert not any("worse" in text for text in texts(picture))
