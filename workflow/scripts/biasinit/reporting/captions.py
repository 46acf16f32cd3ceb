"""What carries a caption in Snakemake's own report, as reStructuredText.

Snakemake renders captions as templates first, so braces are escaped as well.
"""

import re
from collections.abc import Mapping, Sequence

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figure import Figure
from biasinit.reporting.items.kinds import Tables
from biasinit.reporting.verdicts.answer import answer_text
from biasinit.reporting.verdicts.own_best import BestRatesOf, best_rates
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import (
    VerdictRow,
    over_conditions,
    read_verdicts,
)


def caption_texts(
    tables: Tables, study: StudyFacts, figures: Mapping[str, Figure]
) -> dict[str, str]:
    """Return the reStructuredText of every name in ``CAPTIONS``."""
    verdicts = read_verdicts(tables, study)
    texts = {
        name: figure.caption if figure.absent else f"{figure.caption}\n\n{figure.alternative}"
        for name, figure in figures.items()
    }
    page = page_caption(study, verdicts, rates=best_rates(tables))
    texts |= {"page": page, "verdicts": verdicts_caption(study, verdicts)}
    return {name: restructured(text) for name, text in texts.items()}


def page_caption(study: StudyFacts, verdicts: Sequence[VerdictRow], *, rates: BestRatesOf) -> str:
    """Return the caption of the page in Snakemake's own report: the answer itself."""
    answer = answer_text(verdicts, threshold=threshold_words(study), rates=rates)
    return f"The whole study '{study.study}' on one page, for reading offline.\n\n{answer}".strip()


def verdicts_caption(study: StudyFacts, verdicts: Sequence[VerdictRow]) -> str:
    """Return the caption of the table of verdicts: how many rows have which verdict."""
    kinds = [row.verdict for row in over_conditions(verdicts)]
    counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    listed = numbers.joined(counts) if counts else "none"
    return (
        f"{len(kinds)} verdicts over all conditions against {study.reference}: {listed}. Intervals "
        "hold for each family of contrasts at once; margins were registered before the first run."
    )


def restructured(text: str) -> str:
    """Return plain text as reStructuredText that neither docutils nor Jinja2 misreads."""
    escaped = re.sub(r"([\\*`|_])", r"\\\1", text)
    return re.sub(r"\{(?=[{%#])", "{ ", escaped).strip() + "\n"
