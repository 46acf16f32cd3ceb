"""Alternative texts: what a figure shows, in words, computed from the frame that it draws."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from biasinit.reporting import numbers
from biasinit.reporting.catalogue import ABSENT, normalization_label
from biasinit.reporting.residuals import share_outside
from biasinit.reporting.selection import ALL_CELLS, cell_labels, records
from biasinit.reporting.spending import BY_SCHEME
from biasinit.reporting.verdicts.vocabulary import word as verdict_word
from biasinit.verdicts import Outcome, Verdict

LISTED = 8  # rows named one by one; more are summed up by their extremes


def effects_alt(frame: pd.DataFrame, *, reference: str, unit: str, column: str = "estimate") -> str:
    """Return the effect of each scheme with its interval and verdict, by normalisation."""
    parts = []
    for level, rows in _by_level(frame):
        places = _places(rows)
        named = [
            _effect(row, column, place) for row, place in zip(records(rows), places, strict=True)
        ]
        words = "; ".join(named[:LISTED])
        rest = len(named) - LISTED
        parts.append(
            f"{_upper(normalization_label(level))}: {words}"
            + (f"; and {rest} more" if rest > 0 else "")
        )
    return f"Effects against {reference}, {unit}. {' '.join(f'{part}.' for part in parts)}"


def _effect(row: Mapping[str, Any], column: str, where: str = "") -> str:
    value = _float(row.get(column))
    scheme = str(row.get("scheme", "")) + (f" at {where}" if where else "")
    if not math.isfinite(value):
        return f"{scheme} not estimable"
    prefix = "ratio_" if column == "ratio" else ""
    lower = _finite(row, f"{prefix}simultaneous_lower", f"{prefix}lower")
    upper = _finite(row, f"{prefix}simultaneous_upper", f"{prefix}upper")
    verdict = row.get("verdict")
    outcome = Outcome.SPEED if column == "ratio" else Outcome.ACCURACY
    word = ""
    if isinstance(verdict, str) and verdict:
        word = f", {verdict_word(Verdict(verdict), outcome)}"
    write = numbers.number if column == "ratio" else numbers.signed
    return f"{scheme} {write(value)} ({numbers.interval(lower, upper)}){word}"


def _places(rows: pd.DataFrame) -> list[str]:
    """Return the cell of each row in short, or nothing for means over cells."""
    if "cell" not in rows or (rows["cell"] == ALL_CELLS).all():
        return [""] * len(rows)
    cells = [str(cell) for cell in rows["cell"]]
    labels = cell_labels(sorted(set(cells)))
    return [labels[cell] for cell in cells]


def levels_alt(frame: pd.DataFrame) -> str:
    """Return every difference between levels with its interval and verdict, by normalisation."""
    parts = []
    for level, rows in _by_level(frame):
        named = []
        for row in records(rows):
            other = row.get("reference")
            against = f" against {other}" if isinstance(other, str) and other else ""
            pair = f"{row['level']} against {row['against']}"
            named.append(
                _effect({**row, "scheme": f"{row['scheme']}{against}, {pair}"}, "estimate")
            )
        parts.append(f"{_upper(normalization_label(level))}: {'; '.join(named)}.")
    return f"Differences between levels, points. {' '.join(parts)}"


def means_alt(frame: pd.DataFrame) -> str:
    """Return the marginal means by normalisation."""
    parts = []
    for level, rows in _by_level(frame):
        means = rows["estimate"].to_numpy(dtype=float)
        parts.append(_extremes(rows, means, level, unit="%"))
    return f"Mean test accuracy. {' '.join(parts)}"


def outcomes_alt(frame: pd.DataFrame) -> str:
    """Return the number of runs, their range and the failed ones."""
    failed = frame["failed"].astype(bool) if "failed" in frame else pd.Series(False, frame.index)
    trained = frame.loc[~failed, "final_accuracy"].to_numpy(dtype=float)
    trained = trained[np.isfinite(trained)]
    text = f"{len(frame)} runs of {frame['scheme'].nunique()} schemes. "
    if trained.size:
        text += (
            f"Runs that trained end between {numbers.number(float(trained.min()))} and "
            f"{numbers.number(float(trained.max()))} % test accuracy. "
        )
    lost = frame[failed].groupby("scheme", sort=False).size()
    named = [f"{count} of {scheme}" for scheme, count in lost.items()]
    return text + (f"Failed: {numbers.joined(named)}." if named else "No run failed.")


def curves_alt(frame: pd.DataFrame, *, column: str, what: str) -> str:
    """Return the last value of each curve's extremes, by normalisation."""
    last = frame[frame["epoch"] == frame["epoch"].max()]
    parts = []
    for level, rows in _by_level(last):
        values = rows[column].to_numpy(dtype=float) * (100 if column == "share_reached" else 1)
        parts.append(_extremes(rows, values, level, unit="%"))
    epoch = numbers.plain(float(frame["epoch"].max()))
    return f"{what} after epoch {epoch}, the last. {' '.join(parts)}"


def failures_alt(frame: pd.DataFrame) -> str:
    """Return the failed runs of each scheme that has any."""
    parts = []
    for level, rows in _by_level(frame):
        lost = rows[rows["failed"].astype(float) > 0]
        named = [
            f"{row['scheme']} {numbers.count(_float(row['failed']))} of "
            f"{numbers.count(_float(row['runs']))} "
            f"({numbers.percent(_float(row['lower']))} to {numbers.percent(_float(row['upper']))})"
            for row in records(lost)
        ]
        words = numbers.joined(named) if named else "no run failed"
        parts.append(f"{_upper(normalization_label(level))}: {words}.")
    return f"Failed runs. {' '.join(parts)}"


def quantities_alt(frame: pd.DataFrame, *, quantities: Sequence[str], what: str) -> str:
    """Return the range of each quantity at the start and at the end of training."""
    parts = []
    for quantity in quantities:
        rows = frame[frame["quantity"] == quantity]
        for when in ("start", "end"):
            values = rows.loc[rows["when"] == when, "estimate"].to_numpy(dtype=float)
            values = values[np.isfinite(values)]
            if values.size:
                name = quantity.replace("_", " ")
                parts.append(
                    f"{name} at the {when}: {numbers.scientific(float(values.min()))} to "
                    f"{numbers.scientific(float(values.max()))}"
                )
    return f"{what}. {_upper('; '.join(parts))}." if parts else f"{what}."


def controls_alt(identity: pd.DataFrame, replicate: pd.DataFrame) -> str:
    """Return the largest difference of the identity check, and the effects of the A/A arm."""
    if identity.empty:
        text = f"Identity check: {ABSENT}. "
    else:
        largest = float(identity["largest_accuracy_difference"].max())
        share = float(identity["share_identical_predictions"].min())
        text = (
            f"Identity check: largest difference in accuracy {numbers.number(largest)} points, "
            f"at least {numbers.percent(share, decimals=2)} of predictions identical. "
        )
    if replicate.empty:
        return text + f"A/A arm: {ABSENT}."
    parts = [
        f"{normalization_label(str(row['normalization']))} "
        f"{numbers.signed(_float(row['estimate']))} "
        f"({numbers.interval(_float(row['lower']), _float(row['upper']))})"
        for row in records(replicate.head(LISTED))
    ]
    return text + f"A/A arm, points: {'; '.join(parts)}."


def certainty_alt(frame: pd.DataFrame) -> str:
    """Return the smallest margins, by normalisation."""
    parts = []
    for level, rows in _by_level(frame):
        values = rows["smallest_margin"].to_numpy(dtype=float)
        parts.append(_extremes(rows, values, level, unit="points"))
    return f"Smallest margin that would count as equivalent. {' '.join(parts)}"


def _by_level(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    levels = [str(level) for level in frame["normalization"].drop_duplicates()]
    return [(level, frame[frame["normalization"] == level]) for level in levels]


def _extremes(rows: pd.DataFrame, values: np.ndarray, level: str, *, unit: str) -> str:
    finite = np.isfinite(values)
    where = _upper(normalization_label(level))
    if not finite.any():
        return f"{where}: nothing to show."
    names = rows["scheme"].astype(str).to_numpy()[finite]
    kept = values[finite]
    low, high = int(kept.argmin()), int(kept.argmax())
    return (
        f"{where}: from {numbers.number(float(kept[low]))} {unit} ({names[low]}) to "
        f"{numbers.number(float(kept[high]))} {unit} ({names[high]})."
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _float(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _finite(row: Mapping[str, Any], first: str, second: str) -> float:
    value = _float(row.get(first))
    return _float(row.get(second)) if math.isnan(value) else value


def specifications_alt(frame: pd.DataFrame) -> str:
    """Return, by normalisation and scheme, how many specifications decide what."""
    parts = []
    for level, rows in _by_level(frame):
        named = []
        for scheme, lane in rows.groupby("scheme", sort=False):
            counts = lane["decision"].value_counts()
            words = ", ".join(f"{count} {name}" for name, count in counts.items())
            named.append(f"{scheme} {words}")
        parts.append(f"{normalization_label(level)}: {'; '.join(named[:LISTED])}.")
    return f"Decisions of all specifications in points. {_upper(' '.join(parts))}"


def calibration_alt(frame: pd.DataFrame) -> str:
    """Return every rate with its interval."""
    parts = [
        f"{row['quantity']}, {row['experiment']}: {numbers.percent(_float(row['rate']))} "
        f"({numbers.percent(_float(row['lower']))} to {numbers.percent(_float(row['upper']))})"
        for row in records(frame)
    ]
    return f"Measured rates. {'; '.join(parts)}."


def residuals_alt(frame: pd.DataFrame) -> str:
    """Return, by normalisation, how many residuals leave the band, and the extreme ones."""
    parts = []
    for level, rows in _by_level(frame):
        beyond = share_outside(rows)
        parts.append(
            f"{_upper(normalization_label(level))}: {numbers.percent(beyond)} of the residuals "
            f"shown leave the band of simulated tables; they reach from "
            f"{numbers.signed(float(rows['observed'].min()))} to "
            f"{numbers.signed(float(rows['observed'].max()))} SDs."
        )
    return f"Ordered residuals. {' '.join(parts)}"


def power_alt(frame: pd.DataFrame) -> str:
    """Return, by normalisation, the chance of a verdict with the present seeds, and with most."""
    wanted = float(frame["wanted"].iloc[0])
    parts = []
    for level, rows in _by_level(frame):
        named = []
        for scheme, curve in rows.groupby("scheme", sort=False):
            enough = curve.loc[curve["power"] >= wanted, "seeds"]
            words = (
                f"{scheme} from {numbers.count(float(enough.min()))} seeds"
                if len(enough)
                else f"{scheme} with none of the numbers shown"
            )
            named.append(words)
        parts.append(f"{_upper(normalization_label(level))}: {'; '.join(named[:LISTED])}.")
    return f"Where the chance of a verdict is {numbers.percent(wanted)} or more. {' '.join(parts)}"


def cost_alt(frame: pd.DataFrame) -> str:
    """Return the time of each rule in minutes, and of a run of each scheme in seconds."""
    parts = []
    for unit, rows in frame.groupby("unit", sort=False):
        column = "scheme" if unit == BY_SCHEME else "rule"
        named = [f"{row[column]} {numbers.number(_float(row['total']))}" for row in records(rows)]
        parts.append(f"{_upper(str(unit))}: {'; '.join(named)}.")
    return " ".join(parts)
