"""Controls: comparisons whose answer is known beforehand.

If one does not come out, none is to be believed whose answer is not known.
"""

from dataclasses import dataclass

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing
from biasinit.reporting.claims.ledger import ClaimEntry, Ledger

FAILED = "The assay has failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What is known, what came out in words, its class in the style sheet, and the numbers."""

    known: str
    outcome: str
    kind: str
    measured: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """All controls; ``summary`` says whether the assay stands, ``failed`` whether it does not."""

    summary: str
    failed: bool
    rows: tuple[Control, ...]


def controls_of(ledger: Ledger | None) -> Controls:
    """Return what came out of the controls."""
    if ledger is None or not ledger.entries:
        return Controls(summary="No control was run.", failed=False, rows=())
    rows = tuple(_control(entry) for entry in ledger.entries)
    refuted = sum(row.kind == "claim-refutes" for row in rows)
    came_out = sum(row.kind == "claim-supports" for row in rows)
    among = numbers.counted(len(rows), "control")
    if refuted:
        verb = "does" if refuted == 1 else "do"
        summary = f"{FAILED}: {refuted} of {among} {verb} not come out as known."
    elif all(row.kind == "claim-numbers" for row in rows):
        summary = f"None of {among} was run."
    elif came_out == len(rows):
        summary = (
            f"The assay stands: {'all of ' if len(rows) > 1 else ''}{among} came out as known."
        )
    else:
        summary = f"{came_out} of {among} came out as known, and none against it."
    return Controls(summary=summary, failed=bool(refuted), rows=rows)


def _control(entry: ClaimEntry) -> Control:
    found = {item.bearing for item in entry.comparisons}
    if Bearing.REFUTES in found:
        outcome, kind = "not as known", "claim-refutes"
    elif found == {Bearing.SUPPORTS} and not entry.elsewhere:
        outcome, kind = "as known", "claim-supports"
    elif found & {Bearing.SUPPORTS, Bearing.OPEN}:
        outcome, kind = "open", "claim-open"
    else:
        outcome, kind = "not run", "claim-numbers"
    lines = (f"{item.question}: {'; '.join(item.measured)}" for item in entry.comparisons)
    return Control(known=entry.claim.claim, outcome=outcome, kind=kind, measured=tuple(lines))
