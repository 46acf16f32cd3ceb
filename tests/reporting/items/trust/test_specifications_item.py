from pictures import draw, frame


def test_every_specification_in_points_is_one_mark_and_the_registered_one_stands_out(tables, study):
    rows = frame("specifications", tables, study)
    picture = draw("specifications", rows, study)
    marks = [line for axes in picture.axes for line in axes.lines]
    registered = [line for line in marks if line.get_gid() == "registered"]
    others = [line for line in marks if line.get_gid() == "specification"]
    drawn = rows.dropna(subset=["estimate"])
    assert len(registered) == len(drawn.query("registered")) > 0
    assert len(registered) + len(others) == len(drawn)
    assert (rows["scale"] == "points").all()
    positions = sorted(float(line.get_xdata()[0]) for line in registered)
    assert positions == sorted(drawn.query("registered")["estimate"])
