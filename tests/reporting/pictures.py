"""How tests look at pictures of the report."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from biasinit.reporting.figure import frame_of, picture_of
from biasinit.reporting.index import FIGURES
from biasinit.reporting.items.loading import figure_item


def frame(name, tables, study):
    """Return what a figure shows."""
    return frame_of(figure_item(FIGURES[name]), tables, study)


def draw(name, frame, study):
    """Return the picture of a frame."""
    return picture_of(figure_item(FIGURES[name]), frame, study)


def marked(axes, gid):
    """Return the artists of an axes with that mark."""
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def texts(picture):
    """Return every text of a picture."""
    return [text.get_text() for axes in picture.axes for text in axes.texts]


def assert_no_overlap(figure, name):
    """Raise where two labels of a picture overlap, or one leaves it."""
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
        for text in (*axes.texts, *labels, axes.xaxis.label):
            if text.get_visible() and text.get_text().strip():
                boxes.append((text.get_text(), text.get_window_extent(renderer)))
    boxes += [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts]
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
