"""What is said of schemes by where they stand: which to use, to avoid, and which are open."""

from collections.abc import Collection, Sequence

from biasinit import numbers
from biasinit.reporting.atlas.standings import FEWEST_POOLED, SEVERAL, SchemeStanding, Standing
from biasinit.verdicts import Outcome, Verdict

FEW = 3  # schemes whose means are told one by one; of more, the range is given
MANY = 6  # schemes that are named; of more, the first

_REASONS = {
    Standing.FEW: f"an effect in fewer than {FEWEST_POOLED} conditions",
    Standing.UNADJUSTED: "different on average, but not among all means that were tested",
    Standing.MIXED: "beyond the margin or failing in some condition, against what holds on average",
}

Arms = Collection[tuple[str, str]]  # normalisations and schemes


def to_use(rows: Sequence[SchemeStanding]) -> str:
    """Return what to use for accuracy at one normalisation."""
    better, equal = _with(rows, Standing.BETTER), _with(rows, Standing.INTERCHANGEABLE)
    pooled = any(row.pooled is not None and row.pooled.estimated for row in rows)
    verdicts = {effect.verdict for row in rows for effect in row.effects}
    if verdicts == {Verdict.REFERENCE_FAILS} and not pooled:
        failed = f"most runs of {rows[0].reference} failed in every condition"
        return f"nothing can be told, since {failed}"
    if better:
        named = [f"{row.scheme} ({_mean(row)}; {_chances(row)})" for row in better]
        first = f"{numbers.joined(named)}, better on average than {better[0].reference}"
    elif pooled:
        first = f"{_reference(rows)}, since no scheme was shown to be better on average"
    else:
        first = (
            f"{_reference(rows)}, for want of evidence on others: none has an effect in the "
            f"{FEWEST_POOLED} conditions that a mean needs"
        )
    return f"{first}, or {_interchangeable(equal)}" if equal else first


def _reference(rows: Sequence[SchemeStanding]) -> str:
    """Return the reference, with where it fails itself."""
    effects = [effect for row in rows for effect in row.effects]
    failing = {row.condition for row in effects if row.verdict is Verdict.REFERENCE_FAILS}
    reference = rows[0].reference
    if not failing:
        return reference
    among = numbers.counted(len({row.condition for row in effects}), "condition")
    return f"{reference} (most of whose runs failed in {len(failing)} of {among})"


def _with(rows: Sequence[SchemeStanding], standing: Standing) -> list[SchemeStanding]:
    return [row for row in rows if row.standing is standing]


def _interchangeable(rows: Sequence[SchemeStanding]) -> str:
    """Return who is interchangeable, with the range that holds all prediction intervals."""
    means = [row.pooled for row in rows if row.pooled is not None]
    lower = min(mean.prediction_lower for mean in means)
    predicted = numbers.interval(lower, max(mean.prediction_upper for mean in means))
    named = [f"{mean.scheme} ({numbers.count(mean.conditions)} conditions)" for mean in means]
    kind = "95 % prediction interval" if len(means) == 1 else "95 % prediction intervals within"
    return (
        f"{numbers.joined(named)}, interchangeable with {rows[0].reference} in a new "
        f"condition ({kind} {predicted} margins)"
    )


def _mean(row: SchemeStanding) -> str:
    """Return '−1.20 margins, 95 % interval −1.80 to −0.60, over 9 conditions'."""
    if row.pooled is None:
        return ""
    found = numbers.interval(row.pooled.lower, row.pooled.upper)
    conditions = f"{numbers.count(row.pooled.conditions)} conditions"
    return f"{numbers.signed(row.pooled.mean)} margins, 95 % interval {found}, over {conditions}"


def _chances(row: SchemeStanding) -> str:
    """Return how probable it is that a new condition's effect lies beyond either margin."""
    if row.pooled is None:
        return ""
    above, below = numbers.chance(row.pooled.p_above), numbers.chance(row.pooled.p_below)
    return (
        f"in a new condition {above} probable to be better by more than the margin, {below} to be "
        "worse by more than it"
    )


def faster(rows: Sequence[SchemeStanding], *, harmful: Arms) -> str:
    """Return who learns faster on average at one normalisation, or nothing.

    Args:
        rows: where schemes stand on speed.
        harmful: those that are to avoid for their accuracy.

    """
    named = []
    for row in _with(rows, Standing.BETTER):
        warned = "; to avoid for its accuracy" if _is_among(row, harmful) else ""
        named.append(f"{row.scheme} ({_mean(row)}{warned})")
    return f"faster to learn on average: {numbers.joined(named)}" if named else ""


def _is_among(row: SchemeStanding, arms: Arms) -> bool:
    return (row.normalization, row.scheme) in arms


def to_avoid(rows: Sequence[SchemeStanding]) -> str:
    """Return what to avoid for accuracy at one normalisation, each with the reason."""
    none = "no scheme was found to be worse on average, or harmful in several conditions"
    return _avoided(rows) or none


def slower(rows: Sequence[SchemeStanding], *, harmful: Arms) -> str:
    """Return whom else to avoid for their speed at one normalisation, or nothing.

    Args:
        rows: where schemes stand on speed.
        harmful: those that are to avoid for their accuracy, and so are named already.

    """
    named = _avoided([row for row in rows if not _is_among(row, harmful)])
    return f"for speed, {named}" if named else ""


def _avoided(rows: Sequence[SchemeStanding]) -> str:
    """Return who does harm in several conditions, the most often first, and who on average."""
    avoided = _with(rows, Standing.AVOID)
    often = [row for row in avoided if _harmed(row) >= SEVERAL]
    often.sort(key=lambda row: -_harmed(row) / len(row.effects))
    average = [row for row in avoided if row not in often]
    parts = []
    if often:
        named = [f"{row.scheme} ({_harm(row)}{_expected(row)})" for row in often]
        parts.append(f"harmful in several conditions: {numbers.joined(named)}")
    if average:
        parts.append(f"worse on average: {_means(average)}")
    return ", ".join(parts)


def _harmed(row: SchemeStanding) -> int:
    return sum(effect.harmful for effect in row.effects)


def _harm(row: SchemeStanding) -> str:
    """Return 'fails in 3, worse beyond the margin in 7 of 10 conditions', and the contrary too."""
    words = {
        Verdict.FAILS: "misses the threshold in" if row.outcome is Outcome.SPEED else "fails in",
        Verdict.WORSE_BEYOND: "worse beyond the margin in",
        Verdict.BETTER_BEYOND: "better beyond it in",
    }
    verdicts = [effect.verdict for effect in row.effects]
    found = {said: verdicts.count(verdict) for verdict, said in words.items()}
    told = [f"{said} {count}" for said, count in found.items() if count]
    return f"{', '.join(told)} of {numbers.counted(len(verdicts), 'condition')}"


def _expected(row: SchemeStanding) -> str:
    """Return '; on average −5.52 margins, …; in a new condition 92 % probable to be worse …'."""
    if row.pooled is None or not row.pooled.estimated:
        return ""
    below = numbers.chance(row.pooled.p_below)
    return (
        f"; on average {_mean(row)}; in a new condition {below} probable to be worse by more than "
        "the margin"
    )


def _means(rows: Sequence[SchemeStanding]) -> str:
    """Return schemes with their means, or with the range of these where there are many."""
    if len(rows) <= FEW:
        return numbers.joined([f"{row.scheme} ({_mean(row)})" for row in rows])
    means = [row.pooled.mean for row in rows if row.pooled is not None]
    names = numbers.joined([row.scheme for row in rows])
    return f"{names} ({numbers.interval(min(means), max(means))} margins)"


def left_open(rows: Sequence[SchemeStanding]) -> str:
    """Return of which schemes the accuracy is open at one normalisation, and why."""
    named = _opened(rows)
    if not named:
        return "every scheme that was compared is settled on average"
    return f"the effect in a new condition of {named}"


def open_speed(rows: Sequence[SchemeStanding], *, told: Arms) -> str:
    """Return of which schemes the speed is open at one normalisation, or nothing.

    Args:
        rows: where schemes stand on speed.
        told: those of which nothing more is to be said: to avoid for their accuracy, whatever their
            speed, or named already for having too few conditions.

    """
    named = _opened([row for row in rows if not _is_among(row, told)])
    return f"the speed in a new condition of {named}" if named else ""


def _opened(rows: Sequence[SchemeStanding]) -> str:
    parts = []
    for standing in Standing:
        group = _with(rows, standing) if standing.is_open else []
        if standing is Standing.SPREAD:
            parts += _spread(group)
        elif group:
            parts.append(f"{_few_names(group)} ({_REASONS[standing]})")
    return numbers.joined(parts)


def _few_names(rows: Sequence[SchemeStanding]) -> str:
    """Return all names, or of many their number and the first ones; tables have them all."""
    names = [row.scheme for row in rows]
    if len(names) <= MANY:
        return numbers.joined(names)
    return f"{len(names)} schemes such as {numbers.joined(names[:FEW])}"


def _spread(rows: Sequence[SchemeStanding]) -> list[str]:
    """Return each scheme with how probable it is to lie within the margin, said in full once."""
    known = [
        (row.scheme, numbers.chance(row.pooled.p_inside)) for row in rows if row.pooled is not None
    ]
    more = " probable to lie within the margin"
    return [
        f"{name} ({chance}{'' if place else more})" for place, (name, chance) in enumerate(known)
    ]
