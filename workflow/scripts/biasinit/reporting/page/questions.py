"""What is still open, and the command that would decide it."""

from collections.abc import Sequence
from dataclasses import dataclass

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.verdicts.sentences import sentence, threshold_words
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, over_conditions
from biasinit.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """An inconclusive verdict: what would decide it."""

    text: str
    seeds_needed: float


def open_questions(verdicts: Sequence[VerdictRow], study: StudyFacts) -> tuple[OpenQuestion, ...]:
    """Return the inconclusive verdicts with their sentences, the cheapest to decide first."""
    rows = [v for v in over_conditions(verdicts) if v.verdict is Verdict.INCONCLUSIVE]
    rows.sort(key=lambda row: (row.seeds_needed != row.seeds_needed, row.seeds_needed))
    threshold = threshold_words(study)
    return tuple(
        OpenQuestion(
            text=sentence(row, threshold=threshold, conditions=()), seeds_needed=row.seeds_needed
        )
        for row in rows
    )


def next_command(
    verdicts: Sequence[VerdictRow], study: StudyFacts, *, configfile: str | None = None
) -> str:
    """Return the command that adds the seeds which would decide the inconclusive verdicts.

    Empty for imported runs, which no command of ours can add to.

    The number is the next multiple of ``seeds_per_shard`` above what the verdicts ask for, and
    at least double, because a look at a few more seeds costs error rate and tells little.
    """
    if study.imported:
        return ""
    whole = over_conditions(verdicts)
    needed = [row.seeds_needed for row in whole if row.seeds_needed == row.seeds_needed]
    wanted = max([2.0 * study.seeds, *needed])
    shards = -(-wanted // study.seeds_per_shard)
    seeds = int(shards) * study.seeds_per_shard
    file = f" --configfile {configfile}" if configfile else ""
    return f"snakemake{file} --cores all --config seeds={seeds}"
