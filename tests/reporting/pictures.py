"""How tests look at pictures of the report."""

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
