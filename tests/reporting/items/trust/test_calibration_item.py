from pictures import draw, marked


def test_calibrated_rates_are_drawn_where_they_are_and_bands_where_there_are_any(tables, study):
    rows = tables["calibration"]
    (axes,) = draw("calibration", rows, study).axes
    rates = [float(line.get_xdata()[0]) for line in marked(axes, "rate")]
    assert rates == (100 * rows["rate"]).tolist()
    assert len(axes.patches) == rows["band_lower"].notna().sum()
