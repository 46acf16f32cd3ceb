"""The answer in five sentences: what to use and to avoid, when it matters, what is open, how sure.

They word what ``standings`` decides and say no more than the tables. Each has a part for each
normalisation, so that nothing is said of both that holds for one.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.atlas import advice
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.controls import controls_of
from biasinit.reporting.atlas.rows import FOUND, Effect, effects_of, levels_of, predicted
from biasinit.reporting.atlas.standings import SchemeStanding, Standing, standings_of
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import records
from biasinit.reporting.verdicts.markdown import escaped
from biasinit.statistics.synthesis.conditions import differ_in_optimizer_alone
from biasinit.verdicts import Outcome, Verdict

LISTED = 3  # schemes that a moderator changes and that are told one by one
NOTHING = "no effect on accuracy has been estimated yet"

Standings = Mapping[str, Sequence[SchemeStanding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the answer: what it is about, and its parts."""

    lead: str
    parts: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The parts as lines of a page."""
        return tuple(f"{begun(part)}." for part in self.parts)


def answer(synthesis: Synthesis) -> tuple[Sentence, ...]:
    """Return the five sentences."""
    accuracy = standings_of(synthesis, Outcome.ACCURACY)
    speed = standings_of(synthesis, Outcome.SPEED)
    effects = effects_of(synthesis, Outcome.ACCURACY)
    harmful = _arms(accuracy, Standing.AVOID)
    told_of = harmful | (_arms(accuracy, Standing.FEW) & _arms(speed, Standing.FEW))
    faster = partial(advice.faster, harmful=harmful)
    slower = partial(advice.slower, harmful=harmful)
    open_speed = partial(advice.open_speed, told=told_of)
    told = {
        "What to use": [*_each(accuracy, advice.to_use), *_each(speed, faster)],
        "When it matters": [*_differences(effects), *_changes(synthesis)],
        "What to avoid": [*_each(accuracy, advice.to_avoid), *_each(speed, slower)],
        "What is not known": [*_each(accuracy, advice.left_open), *_each(speed, open_speed)],
        "How sure this is": _certainty(synthesis, effects),
    }
    return tuple(
        Sentence(lead=lead, parts=tuple(parts) or (NOTHING,)) for lead, parts in told.items()
    )


def _arms(standings: Standings, standing: Standing) -> set[tuple[str, str]]:
    """Return normalisation and scheme of all that stand so."""
    return {
        (row.normalization, row.scheme)
        for rows in standings.values()
        for row in rows
        if row.standing is standing
    }


def answer_markdown(synthesis: Synthesis) -> str:
    """Return the five sentences as a list in Markdown, with a line for each part."""
    lines: list[str] = []
    for said in answer(synthesis):
        lines += [f"- **{said.lead}.**", *(f"  - {escaped(line)}" for line in said.lines)]
    return "".join(f"{line}\n" for line in lines)


def _each(standings: Standings, tell: Callable[[Sequence[SchemeStanding]], str]) -> list[str]:
    """Return what is to be told at each normalisation, which may be nothing."""
    told = [(level, tell(rows)) for level, rows in standings.items()]
    return [f"{normalization_label(level)}, {text}" for level, text in told if text]


def _differences(effects: Sequence[Effect]) -> list[str]:
    """Return in how many conditions some scheme differs by more than the margin, or fails."""
    parts = []
    for level in levels_of(effects):
        here = [row for row in effects if row.normalization == level]
        among = numbers.counted(len({row.condition for row in here}), "condition")
        count = len({row.condition for row in here if row.matters})
        differs = f"is shown to differ from {here[0].reference} by more than the margin, or fails"
        said = (
            f"some scheme {differs}, in {count} of {among}"
            if count
            else f"no scheme {differs} ({among})"
        )
        parts.append(f"{normalization_label(level)}, {said}{_reference_fails(here)}")
    return parts


def _reference_fails(here: Sequence[Effect]) -> str:
    """Return where most runs of the reference failed, and which scheme failed least there."""
    rows = [row for row in here if row.verdict is Verdict.REFERENCE_FAILS]
    if not rows:
        return ""
    count = len({row.condition for row in rows})
    text = f", and in {numbers.counted(count, 'condition')} most runs of {rows[0].reference} failed"
    # only of schemes that were run in all of these conditions, which are not equally hard
    counts = {
        name: [sum(column) for column in zip(*befell, strict=True)]
        for name in dict.fromkeys(row.scheme for row in rows)
        if len(befell := [_befell(row) for row in rows if row.scheme == name]) == count
    }
    shares = {name: failed / runs for name, (failed, runs, _) in counts.items() if runs > 0}
    if not shares:
        return text
    least = min(shares, key=shares.__getitem__)
    failed, runs, own = map(numbers.count, counts[least])
    beside = f"{rows[0].reference} in {own}"
    return f"{text} (there {least} failed least, in {failed} of {runs} runs, {beside})"


def _befell(row: Effect) -> tuple[float, float, float]:
    return row.failed, row.runs, row.reference_failed


def _changes(synthesis: Synthesis) -> list[str]:
    """Return which moderators were found to change an effect, among all that were tested."""
    tested = [
        row for row in records(synthesis.moderators) if math.isfinite(as_float(row["p_adjusted"]))
    ]
    found = sorted(
        (row for row in tested if as_float(row["p_adjusted"]) < FOUND),
        key=lambda row: as_float(row["p_adjusted"]),
    )
    if not found:
        among = numbers.counted(len(tested), "test")
        return [f"nothing was found to change an effect ({among})"] if tested else []
    groups: dict[str, list[str]] = {}
    for row in found:
        slope, lower, upper = (as_float(row[name]) for name in ("slope", "lower", "upper"))
        size = numbers.with_interval(numbers.signed(slope), lower, upper)
        about = f"the effect on {row['outcome']} changes with {row['moderator']}"
        groups.setdefault(about, []).append(f"{row['scheme']} by {size} margins")
    return [f"{about}: {_listed(items)}" for about, items in groups.items()]


def _listed(items: Sequence[str]) -> str:
    """Return the first of several items, and how many more there are."""
    rest = len(items) - LISTED
    return numbers.joined([*items[:LISTED], *([f"{rest} more"] if rest > 0 else [])])


def _margins(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the margins of accuracy on each data set, in points."""
    found: dict[str, set[float]] = {}
    for row in rows:
        if row["outcome"] == Outcome.ACCURACY:
            found.setdefault(str(row["dataset"]), set()).add(float(str(row["margin"])))
    return numbers.joined(
        [
            f"{' or '.join(map(numbers.plain, sorted(margins)))} "
            f"{'point' if margins == {1.0} else 'points'} on {dataset}"
            for dataset, margins in found.items()
        ]
    )


def _certainty(synthesis: Synthesis, effects: Sequence[Effect]) -> list[str]:
    """Return what all of it rests on."""
    rows = records(synthesis.effects)
    conditions, datasets, networks = (
        numbers.counted(len({str(row[name]) for row in rows}), noun)
        for name, noun in (
            ("condition", "condition"),
            ("dataset", "data set"),
            ("architecture", "network"),
        )
    )
    studies = numbers.counted(len(synthesis.studies), "study", "studies")
    runs = numbers.counted(synthesis.runs, "run")
    controls = controls_of(synthesis.controls)
    undecided = sum(row.verdict is Verdict.INCONCLUSIVE for row in effects)
    return [
        f"{conditions} ({datasets}, {networks}) of {studies} with {runs}, "
        f"{synthesis.failed} of which failed",
        *_counted_once(synthesis.effects),
        f"inconclusive on accuracy are {undecided} of {len(effects)} comparisons of a scheme in a "
        "condition",
        *([f"effects are held against {_margins(rows)}"] if rows else []),
        *([_within(controls.summary)] if controls.rows else []),
        prediction_words(synthesis),
    ]


def _counted_once(effects: pd.DataFrame) -> list[str]:
    """Return how many conditions a mean does not count, or nothing."""
    alike = differ_in_optimizer_alone(effects)
    if not alike:
        return []
    differ = "differs" if alike == 1 else "differ"
    return [
        f"{alike} of these conditions {differ} from another one of the same study in the optimiser "
        "alone, and in means they count as one"
    ]


def _within(sentence: str) -> str:
    """Return a sentence as a part of another one."""
    return f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}"


def prediction_words(synthesis: Synthesis) -> str:
    """Return how many registered predictions came true: '5 of 6 registered predictions …'."""
    count = predicted(synthesis)
    if not count.registered:
        return "no prediction was registered before it was tested"
    if not count.observed:
        return f"{numbers.counted(count.registered, 'prediction')} registered, none tested yet"
    waiting = count.registered - count.observed
    rest = f", and {waiting} more {'is' if waiting == 1 else 'are'} not tested yet"
    tested = f"{count.true} of {numbers.counted(count.observed, 'registered prediction')} came true"
    return f"{tested}{rest if waiting else ''}"
