"""The canvas of a figure: its size in inches, its panels, and room for labels."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from biasinit.reporting.figures.style import INK, MUTED

WIDTH = 9.6  # inches; 691 points, drawn at about 960 pixels on a page
ROW = 0.31  # inches from one row to the next
TALL_ROW = 0.42  # inches; a row with its verdict beneath the numbers
TEXT_SIZE = 8  # points, of the numbers beside a row
CHARACTER = 0.072  # inches, mean width of a character at 8.5 points in DejaVu Sans
SCALE_SIZE = 8  # points, of the words below a scale
SCALE_CHARACTER = 0.06  # inches, mean width of a character of them
LONGEST_LABEL = 26  # characters; longer names are cut in the figure, never in tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A picture and where its panels stand, in inches from its lower left corner."""

    picture: Picture
    width: float
    height: float

    def axes(self, *, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return new axes in that place."""
        return self.picture.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )


def new_canvas(height: float) -> Canvas:
    """Return an empty canvas of that height in inches."""
    return Canvas(picture=Picture(figsize=(WIDTH, height)), width=WIDTH, height=height)


def short(label: str, *, longest: int = LONGEST_LABEL) -> str:
    """Return a label that fits, with an ellipsis when it was cut."""
    return label if len(label) <= longest else label[: longest - 1] + "…"


def label_inches(labels: Sequence[str], *, longest: int = LONGEST_LABEL) -> float:
    """Return the room that the longest label takes, with a small gap."""
    characters = max((len(short(label, longest=longest)) for label in labels), default=0)
    return 0.22 + CHARACTER * max(characters, 3)


def text_inches(texts: Sequence[str]) -> float:
    """Return the room that the longest number column takes."""
    return 0.12 + 0.062 * max((len(text) for text in texts), default=0)


def empty_picture(sentence: str) -> Picture:
    """Return a picture without axes that says in one sentence why there is nothing to draw."""
    canvas = new_canvas(0.7)
    canvas.picture.text(0.02, 0.5, sentence, va="center", color=MUTED.light, style="italic")
    return canvas.picture


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a panel from the top down, with a grid for what is read across."""
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), list(labels))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def label_scale(canvas: Canvas, panels: Sequence[Axes], label: str) -> None:
    """Say below each panel what its scale shows; once below all where one panel is too narrow.

    Args:
        canvas: that they stand on, half an inch or more above its lower edge.
        panels: side by side, of one width.
        label: what they show.

    """
    place = panels[0].get_position()
    if place.width * canvas.width > SCALE_CHARACTER * len(label):
        for axes in panels:
            axes.set_xlabel(label, fontsize=SCALE_SIZE)
        return
    canvas.picture.text(place.x0, 0.1 / canvas.height, label, fontsize=SCALE_SIZE, color=INK.light)


def write_numbers(axes: Axes, texts: Sequence[str], *, size: float = TEXT_SIZE) -> None:
    """Write one text right of each row."""
    for place, text in enumerate(texts):
        axes.text(
            1.03,
            place,
            text,
            transform=axes.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=size,
            color=INK.light,
        )
