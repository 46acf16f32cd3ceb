"""Figures as SVG text: the same bytes for the same figure, and safe to inline in one page.

Text stays text, so that it can be searched, and is set in the font of the page. The layout
is measured in DejaVu Sans, which is wider than the fonts that browsers put in its place, so
labels that fit here fit there.
"""

import io
import re
from collections import Counter
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from biasinit.reporting.figures.style import STYLE, TONES

PLACES = re.compile(r'\b(d|x|y|width|height|points|transform)="([^"]*)"')
STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')
NUMBERED_ID = re.compile(r' id="[A-Za-z.0-9]+_\d+"')  # matplotlib's own, of every part
HASHED_ID = re.compile(r"\b[mp][0-9a-f]{10}\b")
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
FONT_STACK = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"


def to_svg(figure: Figure, *, name: str, alt: str) -> str:
    """Return a figure as one ``<svg>`` element without prologue, date or foreign address.

    Args:
        figure: the drawing.
        name: prefix of every id, unique in a page.
        alt: what the figure shows, in words; read aloud in place of the drawing.

    """
    buffer = io.StringIO()
    settings: dict[Any, Any] = {**STYLE, "svg.hashsalt": name}
    with mpl.rc_context(settings):
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = _compact(text, name=name)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = _with_unique_ids(text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = text.replace("'DejaVu Sans'", FONT_STACK)
    label = escape(alt, quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def _compact(text: str, *, name: str) -> str:
    """Return the same drawing in two thirds of the bytes.

    Places are given to a hundredth of a point, styles that repeat become classes, ids that
    nothing refers to go, and those of marks and clips become short.
    """
    text = NUMBERED_ID.sub("", text)
    text = re.sub(r"\n\s+", "\n", text)
    text = PLACES.sub(_with_short_numbers, text)
    short: dict[str, str] = {}
    text = HASHED_ID.sub(lambda found: short.setdefault(found[0], f"{len(short):x}"), text)
    styles = Counter(STYLE_ATTRIBUTE.findall(text))
    classes = {
        style: f"{name}-{place:x}"
        for place, style in enumerate(style for style, times in styles.items() if times > 2)
    }
    text = STYLE_ATTRIBUTE.sub(
        lambda found: f' class="{classes[found[1]]}"' if found[1] in classes else found[0], text
    )
    sheet = "".join(f".{short_name}{{{style}}}" for style, short_name in classes.items())
    head, bracket, rest = text.partition(">")
    return f'{head}{bracket}\n<style type="text/css">{sheet}</style>{rest}'


def _with_short_numbers(attribute: re.Match[str]) -> str:
    name, value = attribute.groups()
    return f'{name}="{LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value)}"'


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
