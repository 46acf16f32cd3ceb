"""One look for every figure: colours, markers, order of schemes, and the style context.

Colours are told apart with any of the three colour-vision deficiencies; because grey print
and more than eight schemes leave too few colours, each scheme also has a marker and a dash.
Every colour is a ``Tone`` with a light and a dark value. Figures are drawn with the light
one; the page replaces it by a CSS variable, so that dark mode needs no second drawing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import matplotlib as mpl


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """A colour with its CSS variable and its value in light and dark mode."""

    variable: str
    light: str
    dark: str


INK = Tone(variable="--ink", light="#1d242b", dark="#e4e8ec")
MUTED = Tone(variable="--muted", light="#5c6670", dark="#a3adb8")
LINE = Tone(variable="--line", light="#d5dae0", dark="#3a444f")
BAND = Tone(variable="--band", light="#e4ecf4", dark="#22303d")
PAPER = Tone(variable="--paper", light="#fefefe", dark="#14191f")

SERIES = (
    Tone(variable="--series-0", light="#47505a", dark="#c3cbd3"),
    Tone(variable="--series-1", light="#3d9bd6", dark="#63b8f0"),
    Tone(variable="--series-2", light="#cc5200", dark="#ee7a2f"),
    Tone(variable="--series-3", light="#00664c", dark="#2c9c78"),
    Tone(variable="--series-4", light="#d99a00", dark="#f0bd45"),
    Tone(variable="--series-5", light="#713a91", dark="#a565cf"),
    Tone(variable="--series-6", light="#c9709f", dark="#e59cc2"),
    Tone(variable="--series-7", light="#0a4f9e", dark="#7fa8ea"),
)

TONES = (INK, MUTED, LINE, BAND, PAPER, *SERIES)

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))

STYLE: MappingProxyType[Any, Any] = MappingProxyType(
    {
        "font.family": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "axes.edgecolor": MUTED.light,
        "axes.labelcolor": INK.light,
        "axes.titlecolor": INK.light,
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.facecolor": "none",
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "figure.facecolor": PAPER.light,
        "figure.dpi": 72,
        "grid.color": LINE.light,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.5,
        "lines.markersize": 4.5,
        "text.color": INK.light,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
        "xtick.color": MUTED.light,
        "ytick.color": MUTED.light,
        "xtick.labelcolor": INK.light,
        "ytick.labelcolor": INK.light,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8.5,
        "svg.fonttype": "none",
        "svg.image_inline": True,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeLook:
    """How one scheme looks in every figure."""

    colour: str
    marker: str
    dash: Any


@contextmanager
def style_context() -> Iterator[None]:
    """Apply the style inside the block and restore what was there before."""
    with mpl.rc_context(dict(STYLE)):
        yield


def scheme_looks(schemes: Sequence[str]) -> dict[str, SchemeLook]:
    """Return the look of each scheme, by its place in the study.

    Colours repeat after eight schemes, with the next dash and another marker: 32 schemes
    all differ.
    """
    looks = {}
    for place, scheme in enumerate(schemes):
        turn, colour = divmod(place, len(SERIES))
        looks[scheme] = SchemeLook(
            colour=SERIES[colour].light,
            marker=_MARKERS[(colour + turn) % len(_MARKERS)],
            dash=_DASHES[(place + turn) % len(_DASHES)],
        )
    return looks


def css_variables(*, dark: bool) -> str:
    """Return the declarations of all tones, for the style sheet of the page."""
    return " ".join(f"{tone.variable}: {tone.dark if dark else tone.light};" for tone in TONES)
