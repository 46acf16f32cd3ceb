"""The overview of all claims over all finished studies: one self-contained HTML page."""

from collections.abc import Sequence

from markupsafe import Markup

from biasinit.reporting.claims.ledger import Ledger
from biasinit.reporting.figures.style import css_variables
from biasinit.reporting.page.templates import PageTemplate, render


def render_claims(ledger: Ledger, studies: Sequence[str], template: PageTemplate) -> str:
    """Return the overview as HTML text that needs no network.

    Args:
        ledger: all claims.
        studies: names of the finished studies, whose reports stand in folders beside the page.
        template: the files in ``report/``.

    """
    return render(
        template,
        ledger=ledger,
        studies=tuple(studies),
        style=Markup(template.style),  # our own files, no text of a user
        script=Markup(template.script),
        tones_light=css_variables(dark=False),
        tones_dark=css_variables(dark=True),
    )
