"""The overview of all claims over all finished studies: one self-contained HTML page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from biasinit.reporting.claim_ledger import Ledger
from biasinit.reporting.style import css_variables
from biasinit.reporting.templates import render


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewTemplate:
    """The text of ``claims.html.j2``, ``ledger.html.j2``, ``page.css`` and ``page.js``."""

    html: str
    ledger: str
    style: str
    script: str


def read_overview_template(folder: Path) -> OverviewTemplate:
    """Return the template of the overview from the folder ``report/``."""
    return OverviewTemplate(
        html=(folder / "claims.html.j2").read_text(encoding="utf-8"),
        ledger=(folder / "ledger.html.j2").read_text(encoding="utf-8"),
        style=(folder / "page.css").read_text(encoding="utf-8"),
        script=(folder / "page.js").read_text(encoding="utf-8"),
    )


def render_claims(ledger: Ledger, studies: Sequence[str], template: OverviewTemplate) -> str:
    """Return the overview as HTML text that needs no network.

    Args:
        ledger: all claims.
        studies: names of the finished studies, whose reports stand in folders beside the page.
        template: the files in ``report/``.

    """
    return render(
        template.html,
        {"ledger": template.ledger},
        ledger=ledger,
        studies=tuple(studies),
        style=Markup(template.style),  # our own files, no text of a user
        script=Markup(template.script),
        tones_light=css_variables(dark=False),
        tones_dark=css_variables(dark=True),
    )
