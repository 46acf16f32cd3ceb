"""How the pages are filled in: one environment, in which all text is escaped."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTemplate:
    """The text of a page's template, of two that it may import, of ``page.css`` and ``page.js``."""

    html: str
    ledger: str
    tables: str
    style: str
    script: str


def read_template(folder: Path, page: str) -> PageTemplate:
    """Return the template of one page from the folder ``report/``."""
    files = {
        "html": page,
        "ledger": "ledger.html.j2",
        "tables": "tables.html.j2",
        "style": "page.css",
        "script": "page.js",
    }
    return PageTemplate(
        **{part: (folder / name).read_text(encoding="utf-8") for part, name in files.items()}
    )


def render(template: PageTemplate, **values: Any) -> str:  # noqa: ANN401
    """Return a template filled in.

    Args:
        template: of the page.
        values: what the template places.

    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
        loader=jinja2.DictLoader({"ledger": template.ledger, "tables": template.tables}),
    )
    environment.filters["coded"] = _coded
    return environment.from_string(template.html).render(**values).strip() + "\n"


def _coded(text: str) -> Markup:
    """Return text, escaped, in which what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _unbroken(value: Any) -> Any:  # noqa: ANN401  # whatever a template prints
    """Return text in which no line breaks between a number and its per cent sign."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace(" %", "\N{NO-BREAK SPACE}%")
    return value
