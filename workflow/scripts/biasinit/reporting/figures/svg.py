"""Figures as SVG text: the same bytes for the same figure, and safe to inline in one page.

Text stays text, so that it can be searched, and is set in the font of the page. The layout
is measured in DejaVu Sans, which is wider than the fonts that browsers put in its place, so
labels that fit here fit there.
"""

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from biasinit.reporting.figures.style import TONES, style_context

FONTS = "system-ui, sans-serif"


def to_svg(figure: Figure, *, name: str, alt: str) -> str:
    """Return a figure as one ``<svg>`` element without prologue, date or foreign address.

    Args:
        figure: the drawing.
        name: prefix of every id, unique in a page.
        alt: what the figure shows, in words; read aloud in place of the drawing.

    """
    buffer = io.StringIO()
    with style_context(), mpl.rc_context({"svg.hashsalt": name}):
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"\n\s+", "\n", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = _with_unique_ids(text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = text.replace("'DejaVu Sans'", FONTS)
    label = escape(alt, quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def _with_unique_ids(text: str) -> str:
    """Return the SVG with a number added to each id that repeats.

    A mark such as 'estimate' names every estimate of a figure; nothing refers to it.
    """
    seen: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match.group(1)
        seen[name] = seen.get(name, 0) + 1
        return f'id="{name}"' if seen[name] == 1 else f'id="{name}-{seen[name]}"'

    return re.sub(r'\bid="([^"]+)"', numbered, text)


def themed(svg: str) -> str:
    """Return the SVG with every colour as a CSS variable, so that the page decides on it."""
    for tone in TONES:
        svg = svg.replace(tone.light, f"var({tone.variable})")
    # The width belongs to the page: the view box keeps the proportions.
    head, brace, rest = svg.partition(">")
    return re.sub(r' (width|height)="[^"]*"', "", head) + brace + rest
