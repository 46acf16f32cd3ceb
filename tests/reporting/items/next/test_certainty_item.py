from pictures import draw, frame, texts


def test_certainty_starts_at_zero_and_says_what_would_decide(tables, study):
    picture = draw("certainty", frame("certainty", tables, study), study)
    assert picture.axes[0].get_xlim()[0] == 0
    assert any("45 seeds would decide" in text for text in texts(picture))
