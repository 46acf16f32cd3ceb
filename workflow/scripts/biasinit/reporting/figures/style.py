"""One look for every figure: colours, markers, order of schemes, and the style context.

Colours are told apart with any of the three colour-vision deficiencies; because grey print
and more than eight schemes leave too few colours, each scheme also has a marker and a dash.
Every colour is a ``Tone`` with a light and a dark value. Figures are drawn with the light
one; the page replaces it by a CSS variable, so that dark mode needs no second picture.

Theme and sizes are seaborn's, with our colours; its plots get the looks of schemes by name.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl
import seaborn as sns
from matplotlib.colors import Colormap

Settings = Mapping[Any, Any]


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

ON_COLOUR = "#1a1a1a"  # text on colours that stay in dark mode, and itself no tone

TONES = (INK, MUTED, LINE, BAND, PAPER, *SERIES)

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")
# lengths of dash and gap, empty for a solid line
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.5), (1.5, 1.2), (6, 1.5, 1.5, 1.5))

_THEME = "ticks"  # of seaborn
_COLOURS: Settings = MappingProxyType(
    {
        "font.family": ["DejaVu Sans"],
        "axes.edgecolor": MUTED.light,
        "axes.labelcolor": INK.light,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.facecolor": "none",
        "figure.facecolor": PAPER.light,
        "grid.color": LINE.light,
        "patch.edgecolor": "black",
        "patch.force_edgecolor": False,
        "text.color": INK.light,
        "xtick.color": MUTED.light,
        "ytick.color": MUTED.light,
    }
)
_CONTEXT = "paper"  # of seaborn
_SIZES: Settings = MappingProxyType(
    {
        "font.size": 8.5,
        "axes.titlesize": 9,
        "axes.labelsize": 8.5,
        "axes.linewidth": 0.7,
        "grid.linewidth": 0.6,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.5,
        "lines.markersize": 4.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 3.5,
        "ytick.major.size": 3.5,
    }
)
_OTHERS: Settings = MappingProxyType(
    {
        "axes.formatter.useoffset": False,  # a tick says its whole value
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlecolor": INK.light,
        "figure.dpi": 72,
        "legend.frameon": False,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
        "xtick.labelcolor": INK.light,
        "ytick.labelcolor": INK.light,
        "svg.fonttype": "none",
        "svg.image_inline": True,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeLook:
    """How one scheme looks in every figure; ``dash`` has the lengths of dash and gap."""

    colour: str
    marker: str
    dash: tuple[float, ...]

    @property
    def linestyle(self) -> tuple[float, tuple[float, ...]] | Literal["-"]:
        """The dash as matplotlib names it."""
        return (0.0, self.dash) if self.dash else "-"


@contextmanager
def style_context() -> Iterator[None]:
    """Apply the style inside the block and restore what was there before."""
    theme = sns.axes_style(_THEME, rc=dict(_COLOURS))
    sizes = sns.plotting_context(_CONTEXT, rc=dict(_SIZES))
    with theme, sizes, mpl.rc_context(dict(_OTHERS)):
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


def told_apart(looks: Mapping[str, SchemeLook], names: Sequence[str]) -> dict[str, Any]:
    """Return the keywords with which a plot of seaborn gives each scheme its colour and marker."""
    return {
        "hue": "scheme",
        "hue_order": list(names),
        "palette": {name: looks[name].colour for name in names},
        "style": "scheme",
        "style_order": list(names),
        "markers": {name: looks[name].marker for name in names},
        "legend": False,
    }


def diverging() -> Colormap:
    """Return colours from worse over nothing to better, the same in dark mode.

    All are so light that ``ON_COLOUR`` can be read on them.
    """
    colours: Colormap = sns.blend_palette(("#e3935a", "#f4f4f4", "#7aaedd"), as_cmap=True)
    return colours


def css_variables(*, dark: bool) -> str:
    """Return the declarations of all tones, for the style sheet of the page."""
    return " ".join(f"{tone.variable}: {tone.dark if dark else tone.light};" for tone in TONES)
