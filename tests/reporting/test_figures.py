import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic import make_study, make_tables

from biasinit.reporting.catalogue import FIGURE_NAMES, FIGURES
from biasinit.reporting.controls import controls
from biasinit.reporting.curves import MAXIMUM_CELLS, drawn_cells, learning_curves, share_reached
from biasinit.reporting.drawing import draw_all, drawings
from biasinit.reporting.effects import certainty, effects, level_contrasts, time_ratios
from biasinit.reporting.figures.forest import short
from biasinit.reporting.figures.quantity_panels import THEORY
from biasinit.reporting.figures.style import style_context
from biasinit.reporting.frames import figure_frames, part
from biasinit.reporting.interaction import interaction
from biasinit.reporting.mechanism import QUANTITIES, TWIN_QUANTITIES, mechanism, twins
from biasinit.reporting.outcomes import failure_rates, outcomes
from biasinit.reporting.power import power, seeds_in_view
from biasinit.reporting.residuals import residuals, share_outside
from biasinit.reporting.robustness import calibration, specifications
from biasinit.reporting.selection import natural_order
from biasinit.reporting.spending import BY_RULE, BY_SCHEME, PARTS, spending
from repository import REPOSITORY

SCHEMES = ("zeros", "0.01", "1.0", "xavier")


@pytest.fixture(scope="module")
def frames(tables, study):
    return figure_frames(tables, study)


def marked(axes, gid):
    """Return the artists of an axes with that mark."""
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def texts(figure):
    """Return every text of a figure."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def effects_frame(**changes):
    row = {
        "normalization": "none", "scheme": "1.0", "estimate": -0.9, "lower": -1.1, "upper": -0.7,
        "simultaneous_lower": -1.2, "simultaneous_upper": -0.6, "margin": 0.5, "verdict": "worse",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def draw_effects(frame):
    return effects(frame, schemes=SCHEMES, reference="zeros")


def test_effects_stand_at_their_estimates_with_both_intervals():
    axes = draw_effects(effects_frame()).axes[0]
    (mark,) = marked(axes, "estimate")
    assert mark.get_xdata()[0] == pytest.approx(-0.9)
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert (-1.1, -0.7) in [tuple(np.round(span, 6)) for span in spans]
    assert (-1.2, -0.6) in [tuple(np.round(span, 6)) for span in spans]


def test_effects_print_the_interval_that_the_verdict_rests_on():
    assert "−0.90 (−1.20 to −0.60)\n▼ worse" in texts(draw_effects(effects_frame()))


def test_effects_shade_the_margin_of_each_row():
    axes = draw_effects(effects_frame()).axes[0]
    (band,) = marked(axes, "margin")
    low, high = band.get_paths()[0].get_extents().intervalx
    assert (low, high) == pytest.approx((-0.5, 0.5))


def test_an_effect_off_the_scale_ends_in_an_arrow_and_keeps_its_number():
    figure = draw_effects(
        effects_frame(estimate=-60.0, lower=-80, upper=-40, simultaneous_lower=-90,
                      simultaneous_upper=-30)
    )  # fmt: skip
    axes = figure.axes[0]
    assert axes.get_xlim()[0] == pytest.approx(-4.0)
    assert [mark.get_marker() for mark in marked(axes, "arrow")] == ["<"]
    assert not marked(axes, "estimate")
    assert any("−60.00 (−90.00 to −30.00)" in text for text in texts(figure))


def test_an_endless_interval_ends_in_two_arrows():
    figure = draw_effects(effects_frame(simultaneous_lower=-math.inf, simultaneous_upper=math.inf))
    assert len(marked(figure.axes[0], "arrow")) == 2
    assert any("−∞ to ∞" in text for text in texts(figure))


def test_a_row_without_an_estimate_says_so():
    frame = pd.concat([effects_frame(), effects_frame(scheme="xavier", estimate=math.nan)])
    assert "not estimable" in texts(draw_effects(frame))


def test_both_normalisations_share_one_scale(frames):
    figure = draw_effects(frames["effects"])
    first, second = figure.axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_title(loc="left") == "without batch normalisation"
    assert second.get_title(loc="left") == "with batch normalisation"


def test_schemes_keep_the_order_of_the_study(frames):
    labels = [
        label.get_text() for label in draw_effects(frames["effects"]).axes[0].get_yticklabels()
    ]
    assert labels == ["0.01", "1.0", "xavier"]


def test_time_ratios_are_drawn_on_a_log_scale_and_labelled_as_ratios(frames):
    figure = time_ratios(
        frames["time_ratios"], schemes=SCHEMES, reference="zeros", threshold="95 %"
    )
    axes = figure.axes[0]
    marks = sorted(mark.get_xdata()[0] for mark in marked(axes, "estimate"))
    expected = frames["time_ratios"].query("normalization == 'none'")["ratio"]
    assert marks == pytest.approx(sorted(np.log(expected)))
    FigureCanvasAgg(figure).draw()
    assert "1" in [label.get_text() for label in axes.get_xticklabels()]
    assert any("▼ slower" in text for text in texts(figure))


def test_interaction_shows_each_mean_and_leaves_the_reference_without_a_contrast(frames):
    means, contrasts = (
        part(frames["interaction"], name) for name in ("marginal mean", "contrast of contrasts")
    )
    figure = interaction(means, contrasts=contrasts, schemes=SCHEMES)
    left, right = figure.axes
    drawn = sorted(mark.get_xdata()[0] for mark in marked(left, "mean"))
    assert drawn == pytest.approx(sorted(means["estimate"].astype(float)))
    assert len(marked(right, "estimate")) == 3


def test_interaction_without_contrasts_is_one_panel(frames):
    means = part(frames["interaction"], "marginal mean")
    assert len(interaction(means, contrasts=pd.DataFrame(), schemes=SCHEMES).axes) == 1


def test_every_run_is_drawn_or_counted(frames):
    figure = outcomes(frames["outcomes"], schemes=SCHEMES)
    drawn = sum(len(line.get_xdata()) for axes in figure.axes for line in marked(axes, "run"))
    failed = sum(int(text.split()[1]) for text in texts(figure) if text.endswith("failed"))
    assert failed == 8
    assert drawn + failed == len(frames["outcomes"])


def test_failed_runs_do_not_squeeze_the_others(frames):
    figure = outcomes(frames["outcomes"], schemes=SCHEMES)
    assert figure.axes[0].get_xlim()[0] > 90


def test_many_runs_are_drawn_as_a_picture():
    frame = pd.DataFrame(
        {"normalization": "none", "scheme": "zeros", "final_accuracy": np.linspace(90, 99, 5000),
         "failed": False}
    )  # fmt: skip
    figure = outcomes(frame, schemes=SCHEMES)
    assert all(line.get_rasterized() for line in figure.axes[0].lines if len(line.get_xdata()) > 9)


def test_levels_are_drawn_where_their_differences_are_and_named(frames):
    frame = frames["level_contrasts"]
    figure = level_contrasts(frame, schemes=SCHEMES)
    for axes, level in zip(figure.axes, ("none", "batchnorm_shift"), strict=True):
        rows = frame[frame["normalization"] == level]
        drawn = [mark.get_xdata()[0] for mark in marked(axes, "estimate")]
        assert drawn == pytest.approx(rows["estimate"].to_list())
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"{scheme}: pytorch − he" for scheme in SCHEMES[:2]]
    assert all(text.endswith("? inconclusive") for text in texts(figure))


def test_failure_rates_are_counts_and_percent(frames):
    figure = failure_rates(frames["failure_rates"], schemes=SCHEMES)
    assert "8 of 40 runs" in texts(figure)
    positions = [mark.get_xdata()[0] for mark in marked(figure.axes[0], "estimate")]
    assert positions == pytest.approx([0, 0, 20, 0])


def test_bands_hold_for_whole_curves_where_there_are_seeds_enough(frames):
    frame = frames["learning_curves"]
    wide = frame.assign(band_lower=frame["lower"] - 1, band_upper=frame["upper"] + 1)
    few = frame.assign(band_lower=math.nan, band_upper=math.nan)

    def heights(shown):
        figure = learning_curves(shown, schemes=SCHEMES, threshold=95.0)
        bands = [part for part in figure.axes[0].collections if part.get_gid() == "band"]
        return [float(np.ptp(band.get_paths()[0].vertices[:, 1])) for band in bands]

    plain, simultaneous = heights(few), heights(wide)
    assert heights(frame) == pytest.approx([height + 1.6 for height in plain])
    assert simultaneous == pytest.approx([height + 2 for height in plain])


def test_learning_curves_show_bands_threshold_and_one_line_per_scheme(frames):
    figure = learning_curves(frames["learning_curves"], schemes=SCHEMES, threshold=95.0)
    assert len(figure.axes) == 4
    for axes in figure.axes:
        assert [line.get_label() for line in axes.lines[:4]] == list(SCHEMES)
        assert len(marked(axes, "band")) == 4
        assert marked(axes, "threshold")[0].get_ydata()[0] == 95.0


def test_shares_run_from_none_to_all(frames):
    figure = share_reached(frames["share_reached"], schemes=SCHEMES)
    for axes in figure.axes:
        assert axes.get_ylim() == (-3, 103)
        assert max(axes.lines[0].get_ydata()) == pytest.approx(100)


def test_many_cells_give_way_to_their_mean():
    cells = [f"cell{number}" for number in range(MAXIMUM_CELLS + 1)]
    assert drawn_cells(pd.DataFrame({"cell": ["all", *cells]})) == ["all"]
    assert drawn_cells(pd.DataFrame({"cell": cells})) == cells[:MAXIMUM_CELLS]


def test_mechanism_shows_theory_beside_the_start_alone(frames):
    frame = frames["mechanism"]
    start = frame["when"] == "start"
    known = start & (frame["quantity"] == "active_fraction")
    figure = mechanism(frame.assign(predicted=np.where(known, 0.25, np.nan)), schemes=SCHEMES)
    shown = {
        (axes.get_title(loc="left") or place, line.get_label())
        for place, axes in enumerate(figure.axes)
        for line in axes.lines
        if str(line.get_label()).endswith(THEORY) and np.isfinite(line.get_ydata()).any()
    }
    assert shown
    titles = {str(title) for title, _ in shown}
    assert all(title.endswith("start") for title in titles)
    for axes in figure.axes:
        for line in axes.lines:
            if str(line.get_label()).endswith(THEORY):
                values = np.asarray(line.get_ydata(), dtype=float)
                assert set(values[np.isfinite(values)]) <= {0.25}


def test_mechanism_has_one_row_per_quantity(frames):
    figure = mechanism(frames["mechanism"], schemes=SCHEMES)
    assert len(figure.axes) == len(QUANTITIES) * 4
    first = figure.axes[0]
    assert [label.get_text() for label in figure.axes[-1].get_xticklabels()] == [
        "conv1", "conv2", "fc1", "output",
    ]  # fmt: skip
    labels = [line.get_label() for line in first.lines]
    assert [label for label in labels if not label.endswith(THEORY)] == list(SCHEMES)


def test_a_mean_of_runs_that_exploded_is_an_arrow_and_flattens_nothing(frames):
    frame = frames["mechanism"].copy()
    exploded = (
        (frame["quantity"] == "bias_shift")
        & (frame["when"] == "end")
        & (frame["scheme"] == SCHEMES[1])
        & (frame["layer"] == "conv2")
        & (frame["normalization"] == "none")
    )
    assert exploded.sum() == 1
    frame.loc[exploded, ["estimate", "lower", "upper"]] = (1e18, -1e17, 2e18)
    usual = mechanism(frames["mechanism"], schemes=SCHEMES)
    figure = mechanism(frame, schemes=SCHEMES)
    row = list(QUANTITIES).index("bias_shift")
    arrows = [(place, arrow) for place, axes in enumerate(figure.axes)
              for arrow in marked(axes, "arrow")]  # fmt: skip
    ((place, arrow),) = arrows
    assert place == 4 * row + 1  # without batch normalisation, at the end
    low, high = figure.axes[place].get_ylim()
    assert high < 2 * usual.axes[place].get_ylim()[1]
    assert low < arrow.get_ydata()[0] < high
    (line,) = [line for line in usual.axes[place].lines if line.get_label() == SCHEMES[1]]
    assert arrow.get_color() == line.get_color()


@pytest.mark.parametrize(("study", "exploded"), [("digits", False), ("vgg16", True)])
def test_of_measured_layers_only_runs_that_exploded_leave_the_scale(study, exploded):
    """Gradients of the digits are fifty times as large at the start as in the median."""
    folder = REPOSITORY / "docs" / "measured" / study / "analysis"
    frame = pd.read_parquet(folder / "layer_means.parquet")
    figure = mechanism(frame, schemes=list(dict.fromkeys(frame["scheme"])))
    assert any(marked(axes, "arrow") for axes in figure.axes) == exploded


def test_twins_stand_side_by_side_and_no_line_joins_them(frames):
    figure = twins(frames["twins"], schemes=SCHEMES)
    assert len(figure.axes) == len(TWIN_QUANTITIES) * 4
    names = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert names == ["shared", "biases-untied"]
    for line in figure.axes[0].lines:
        assert line.get_linestyle() == "None"


def test_controls_show_both_controls(frames):
    identity, replicate = (part(frames["controls"], name) for name in ("identity check", "A/A arm"))
    figure = controls(identity, replicate=replicate, schemes=SCHEMES)
    assert len(marked(figure.axes[0], "identity")) == len(identity)
    assert len(marked(figure.axes[1], "estimate")) == len(replicate)
    alone = controls(pd.DataFrame(), replicate=replicate, schemes=SCHEMES)
    assert "not in this table" in texts(alone)


def test_certainty_starts_at_zero_and_says_what_would_decide(frames):
    figure = certainty(frames["certainty"], schemes=SCHEMES)
    assert figure.axes[0].get_xlim()[0] == 0
    assert any("45 seeds would decide" in text for text in texts(figure))


@pytest.mark.parametrize("name", FIGURE_NAMES)
def test_every_figure_has_its_words_and_its_data(figures, name):
    drawn = figures[name]
    assert not drawn.absent
    assert len(drawn.alt) > 40
    assert len(drawn.caption) > 40
    assert drawn.csv.count("\n") == len(drawn.data) + 1
    assert drawn.category == FIGURES[name].category
    assert drawn.labels["kind"] == "figure"


@pytest.mark.parametrize("kind", ["absent", "empty", "nan", "columns"])
def test_missing_data_give_a_sentence_for_every_figure(study, tables, kind):
    broken = {
        "absent": {},
        "empty": {name: frame.head(0) for name, frame in tables.items()},
        "nan": {name: blanked(frame) for name, frame in tables.items()},
        "columns": {name: frame.iloc[:, :2] for name, frame in tables.items()},
    }[kind]
    drawn = draw_all(broken, study)
    assert tuple(drawn) == FIGURE_NAMES
    words = "could be estimated" if kind == "nan" else "not in this table"
    told = [figure for figure in drawn.values() if figure.absent]
    assert len(told) >= len(FIGURE_NAMES) - 2
    assert all(words in figure.alt for figure in told)
    assert all(figure.svg.startswith("<svg") for figure in drawn.values())


def blanked(frame):
    numeric = frame.select_dtypes("number").columns
    return frame.astype(dict.fromkeys(numeric, float)).assign(**dict.fromkeys(numeric, math.nan))


STUDIES = {
    "one scheme": ({"schemes": ("zeros",), "learning_rates": (0.02,)}, {}),
    "thirty schemes": (
        {"schemes": ("zeros", *(f"truncated_normal_{n:02d}" for n in range(29))), "seeds": 4,
         "learning_rates": (0.02,)},
        {},
    ),
    "forty cells": (
        {"learning_rates": tuple(0.001 * (n + 1) for n in range(40)), "seeds": 4},
        {},
    ),
    "all failed": ({"learning_rates": (0.02,), "seeds": 4}, {"all_failed": True}),
    "deep network": ({"learning_rates": (0.02,)}, {"layers": [f"conv{n + 1}" for n in range(32)]}),
    "longest names": ({"schemes": ("z" * 64, *(f"{n}" + "x" * 63 for n in range(3)))}, {}),
}  # fmt: skip


LONG = ("thirty schemes", "forty cells")  # to draw


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.slow] * (case in LONG)) for case in STUDIES],
)
def test_labels_never_overlap(case):
    study_options, table_options = STUDIES[case]
    study = make_study(**study_options)
    frames = figure_frames(make_tables(study, **table_options), study)
    for name, figure in drawings(frames, study).items():
        with style_context():
            assert_no_overlap(figure, name)


def assert_no_overlap(figure: Figure, name: str):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = []
    for axes in figure.axes:
        low, high = sorted(axes.get_ylim())
        labels = [
            tick.label1
            for tick in axes.yaxis.get_major_ticks()
            if tick.label1.get_visible() and low <= tick.get_loc() <= high
        ]
        left, right = sorted(axes.get_xlim())
        labels += [
            tick.label1
            for tick in axes.xaxis.get_major_ticks()
            if tick.label1.get_visible() and left <= tick.get_loc() <= right
        ]
        for text in (*axes.texts, *labels):
            if text.get_visible() and text.get_text().strip():
                boxes.append((text.get_text(), text.get_window_extent(renderer)))
    for legend in figure.legends:
        boxes += [(t.get_text(), t.get_window_extent(renderer)) for t in legend.get_texts()]
    array = np.array([[b.x0, b.y0, b.x1, b.y1] for _, b in boxes]).reshape(-1, 4)
    array = array + np.array([0.5, 0.5, -0.5, -0.5])
    inside_x = (array[:, None, 0] < array[None, :, 2]) & (array[None, :, 0] < array[:, None, 2])
    inside_y = (array[:, None, 1] < array[None, :, 3]) & (array[None, :, 1] < array[:, None, 3])
    pairs = np.argwhere(np.triu(inside_x & inside_y, k=1))
    assert not len(pairs), f"{name}: {[(boxes[i][0], boxes[j][0]) for i, j in pairs[:3]]}"
    width, height = canvas.get_width_height()
    beyond = [text for text, b in boxes if b.x1 > width + 2 or b.x0 < -2 or b.y1 > height + 2]
    assert not beyond, f"{name}: {beyond[:3]} leave the figure"


def test_long_names_are_cut_with_an_ellipsis():
    assert short("x" * 64) == "x" * 25 + "…"
    assert short("zeros") == "zeros"


def test_every_specification_in_points_is_one_mark_and_the_registered_one_stands_out(tables, study):
    frame = figure_frames(tables, study)["specifications"]
    figure = specifications(frame, schemes=study.schemes, margin=0.5)
    marks = [line for axes in figure.axes for line in axes.lines]
    registered = [line for line in marks if line.get_gid() == "registered"]
    others = [line for line in marks if line.get_gid() == "specification"]
    drawn = frame.dropna(subset=["estimate"])
    assert len(registered) == len(drawn.query("registered")) > 0
    assert len(registered) + len(others) == len(drawn)
    assert (frame["scale"] == "points").all()
    positions = sorted(float(line.get_xdata()[0]) for line in registered)
    assert positions == sorted(drawn.query("registered")["estimate"])


def test_calibrated_rates_are_drawn_where_they_are_and_bands_where_there_are_any(tables):
    figure = calibration(tables["calibration"])
    (axes,) = figure.axes
    rates = [float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == "rate"]
    assert rates == (100 * tables["calibration"]["rate"]).tolist()
    assert len(axes.patches) == tables["calibration"]["band_lower"].notna().sum()


def test_residuals_beyond_the_band_of_simulated_tables_are_filled(tables):
    frame = tables["accuracy_residuals"]
    figure = residuals(frame)
    assert len(figure.axes) == frame["normalization"].nunique()
    for axes, (_, rows) in zip(
        figure.axes, frame.groupby("normalization", sort=False), strict=True
    ):
        ((inside,), (out,)) = (marked(axes, name) for name in ("inside", "out"))
        assert out.get_markerfacecolor() != "none"
        assert np.asarray(out.get_ydata()).tolist() == [4.25]
        assert len(inside.get_xdata()) == len(rows) - 1
        assert len(marked(axes, "envelope")) == 1
    assert share_outside(frame) == pytest.approx(1 / 41)


def test_the_chance_of_a_verdict_grows_to_the_right_with_the_studys_seeds_marked(tables, study):
    frame = figure_frames(tables, study)["power"]
    figure = power(frame, schemes=study.schemes)
    for axes in figure.axes:
        curves = [line for line in axes.lines if line.get_label() in set(frame["scheme"])]
        assert len(curves) == frame["scheme"].nunique()
        for line in curves:
            rows = frame[(frame["scheme"] == line.get_label())]
            rows = rows[rows["normalization"] == rows["normalization"].iloc[0]]
            assert np.asarray(line.get_ydata()).tolist() == (100 * rows["power"]).tolist()
        (present,) = marked(axes, "present")
        assert present.get_xdata()[0] == study.seeds
        (wanted,) = marked(axes, "wanted")
        assert wanted.get_ydata()[0] == 80
    low, high = seeds_in_view(frame)
    assert low == 6
    assert high == 200, "the slowest contrast is decided there"


def test_bars_of_cost_are_the_parts_of_what_jobs_took(tables, study):
    frame = figure_frames(tables, study)["cost"]
    costs = tables["costs"]
    rules = frame[frame["unit"] == BY_RULE]
    whole = costs[(costs["rule"] == "all")].iloc[0]
    assert rules["total"].sum() * 60 == pytest.approx(whole["wall_seconds"])
    assert rules["total"].is_monotonic_decreasing
    schemes = frame[frame["unit"] == BY_SCHEME].set_index("scheme")
    assert schemes.loc["1.0", "total"] == pytest.approx(1200 / 120)
    assert schemes.loc["1.0", "training"] == pytest.approx(770 / 120)
    assert frame[list(PARTS)].sum(axis=1).tolist() == pytest.approx(frame["total"].tolist())
    figure = spending(frame)
    for axes, (_, panel) in zip(figure.axes, frame.groupby("unit", sort=False), strict=True):
        drawn = [bar.get_width() for bar in axes.patches]
        wanted = [width for part in PARTS for width in panel[part]]
        assert drawn == pytest.approx(wanted)


def test_the_cost_of_brought_runs_has_no_bars_by_scheme(tables, study):
    costs = tables["costs"]
    frame = figure_frames(tables | {"costs": costs[costs["rule"] == "calibrate"]}, study)["cost"]
    assert frame["unit"].unique().tolist() == [BY_RULE]
    assert len(spending(frame).axes) == 1


def test_cells_stand_in_the_order_of_their_numbers(tables, study):
    names = ["architecture=plain-16", "architecture=plain-4", "architecture=plain-32"]
    wanted = ["architecture=plain-4", "architecture=plain-16", "architecture=plain-32"]
    curves = tables["curve_means"]
    cells = pd.concat([curves.assign(cell=name) for name in names])
    frame = figure_frames({"curve_means": cells}, study)["learning_curves"]
    assert frame["cell"].drop_duplicates().tolist() == wanted


def test_numbers_within_names_are_sorted_by_their_size():
    rates = ["rate=0.1", "rate=1e-05", "rate=0.02", "rate", "plain-4 b", "plain-4 a", "plain-16"]
    assert sorted(rates, key=natural_order) == [
        "plain-4 a", "plain-4 b", "plain-16", "rate", "rate=1e-05", "rate=0.02", "rate=0.1",
    ]  # fmt: skip
