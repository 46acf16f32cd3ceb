"""Figures, sentences and the page of a study, from its tables.

Names are looked up on first use, so that reading the catalogue (which the workflow's parser
does) imports neither pandas nor matplotlib.
"""

import importlib
from typing import TYPE_CHECKING, Any

from biasinit.reporting.catalogue import CAPTION_NAMES, FIGURE_NAMES, FIGURES

if TYPE_CHECKING:
    from biasinit.reporting.answer import answer_text
    from biasinit.reporting.drawing import caption_texts, draw_all
    from biasinit.reporting.drawn import DrawnFigure
    from biasinit.reporting.facts import StudyFacts, facts_of
    from biasinit.reporting.markdown import answer_markdown
    from biasinit.reporting.page import ReportInputs, render_page
    from biasinit.reporting.sentences import sentence
    from biasinit.reporting.templates import PageTemplate
    from biasinit.reporting.verdict_rows import Verdict, read_verdicts

_HOMES = {
    "DrawnFigure": "drawn",
    "PageTemplate": "templates",
    "ReportInputs": "page",
    "StudyFacts": "facts",
    "Verdict": "verdict_rows",
    "answer_markdown": "markdown",
    "answer_text": "answer",
    "caption_texts": "drawing",
    "draw_all": "drawing",
    "facts_of": "facts",
    "read_verdicts": "verdict_rows",
    "render_page": "page",
    "sentence": "sentences",
}

__all__ = [
    "CAPTION_NAMES",
    "FIGURES",
    "FIGURE_NAMES",
    "DrawnFigure",
    "PageTemplate",
    "ReportInputs",
    "StudyFacts",
    "Verdict",
    "answer_markdown",
    "answer_text",
    "caption_texts",
    "draw_all",
    "facts_of",
    "read_verdicts",
    "render_page",
    "sentence",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # a module attribute of any type
    """Return a public name, importing its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
