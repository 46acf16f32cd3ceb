"""How often verdicts are wrong, on simulated tables of runs sent through the public functions.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/verdict_simulation.py
Cases are in ``verdict_cases.py``, and what is left out of each table in ``simulated_studies.py``.
Every table has a stream of its own, so a run that was cut short goes on where it stopped
(``--seconds``), and the figures do not depend on how often. The cases take turns, so that each has
some tables early. Counts, rates with Clopper-Pearson 95 % intervals and bars stand in
verdict_simulation.json; ``--readme`` writes the table of README.md from it.

A bar is *met* where the rate lies within it, *missed* where the whole interval lies outside, and
*open* where the rate is outside and the interval is not. Contrasts of one table are not
independent, so intervals of rates per contrast are somewhat too narrow, which makes bars harder.
"""

import argparse
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from verdict_cases import CASES, TABLES, TOTAL

from biasinit.statistics.inference.binomial import clopper_pearson

HERE = Path(__file__).parent
FIGURES, README = HERE / "verdict_simulation.json", HERE / "README.md"
TURN = 50  # tables of a case before the next one's turn
BEGIN, END = "<!-- table of verdict_simulation.py -->", "<!-- end of the table -->"
REPORTED = (0.0, 1.0)  # no bar
# tables of a case where 2,000 are not needed or not affordable
FEWER = {
    # deterministic, or all but
    **dict.fromkeys(("2 seeds", "3 seeds", "worse at one rate, failing at the other"), 500),
    # about ten headlines a table
    **dict.fromkeys(
        (f"5 % of {arm} runs lose 10 points" for arm in ("a scheme's", "the reference's")), 500
    ),
    "published verdicts": 1,
    "random studies": 300,
    **dict.fromkeys(("power at 1.5 SD, five times noisier", "one of 20 seeds fails"), 200),
    "with all models": 50,
}

Row = dict[str, Any]
# the first pattern of case and quantity that fits gives the bar
BARS: Sequence[tuple[str, str, float, float]] = (
    ("*", "printed against verdict", 0, 0),
    ("null, *", "*", 0, 0.06),
    ("opposite effects, *", "*: equivalent", 0, 0.01),
    ("opposite effects, SD of a margin", "*: judged by the mean", 0, 0.01),
    ("opposite effects, SD of two margins", "*: judged by the mean", 0, 0.01),
    ("opposite effects, SD of four margins", "*: judged by the mean", *REPORTED),
    ("*at the margin*", "*", 0, 0.055),
    ("every cell at 0", "*: 1.0 without BN", *REPORTED),
    ("every cell at 0", "*", 0.9, 1),
    ("* seeds", "*covers", 0.94, 1),
    ("* seeds", "*narrower than plain", 0, 0),
    ("times 1.3, *", "*plain, *", 0.935, 0.965),
    ("times 1.3, *", "*whole family", 0.94, 1),
    ("worse at one rate, *", "not estimable", 0, 0),
    ("worse at one rate, *", "*", 1, 1),
    ("skewed, *", "claimed and not fragile", 0, 0.06),
    ("5 % of *", "named in the headline", 1, 1),
    ("seeds needed", "fresh studies decide", 0.77, 0.83),
    ("seeds needed", "range covers", 0.77, 1),
    ("power at *", "found", 0.9, 1),
    ("one of 20 seeds fails", "*", 1, 1),
    ("with all models", "rows differ", 0, 0),
)


def bar_of(case: str, quantity: str) -> tuple[float, float]:
    """Return the ends of the bar of a rate."""
    for cases, quantities, low, high in BARS:
        if fnmatchcase(case, cases) and fnmatchcase(quantity, quantities):
            return low, high
    return REPORTED


def rates(counts: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """Return one row for each case and quantity: rate, interval, bar, and whether it is met."""
    rows: list[Row] = []
    for case, found in counts.items():
        totals = {name.removeprefix(TOTAL) for name in found if name.startswith(TOTAL)}
        plain = {name for name in found if name != TABLES and not name.startswith(TOTAL)}
        for quantity in sorted(plain | totals, key=lambda name: (bar_of(case, name), name)):
            total = found.get(TOTAL + quantity, found[TABLES])
            rows.append(_rate(case, quantity, found.get(quantity, 0), total))
    return rows


def _rate(case: str, quantity: str, hits: int, total: int) -> Row:
    low, high = bar_of(case, quantity)
    lower, upper = clopper_pearson(hits, total)
    rate = hits / total if total else float("nan")
    if (low, high) == REPORTED:
        judged = "reported"
    elif low <= rate <= high:
        judged = "met"
    else:
        judged = "missed" if lower > high or upper < low else "open"
    return {
        "case": case,
        "quantity": quantity,
        "hits": hits,
        "total": total,
        "rate": rate,
        "lower": lower,
        "upper": upper,
        "bar": [low, high],
        "judged": judged,
    }


def turns(
    counts: Mapping[str, Counter[str]], *, cases: Sequence[str], tables: int
) -> Iterator[tuple[str, int]]:
    """Yield a case and how many tables it is to have next, until all have theirs."""
    for wanted in range(TURN, tables + TURN, TURN):
        for case in cases:
            share = min(FEWER.get(case, tables), tables) / tables
            aim = round(share * min(wanted, tables))
            if counts[case][TABLES] < aim:
                yield case, aim


def readme_table(rows: Sequence[Row]) -> str:
    """Return the rates that have a bar in Markdown, one line for each case and bar."""
    lines = ["| case | bar | rates (95 % interval) | of | |", "|---|---|---|---|---|"]
    barred = [row for row in rows if row["judged"] != "reported"]
    for (case, bar), group in groupby(barred, key=lambda row: (row["case"], tuple(row["bar"]))):
        part = list(group)
        found = "; ".join(
            f"{row['quantity']} {_share(row['rate'])} ({_share(row['lower'])} to "
            f"{_share(row['upper'])})"
            for row in part
        )
        totals = sorted({int(row["total"]) for row in part})
        shown = " to ".join(f"{total:,}" for total in (totals[:1] + totals[1:][-1:]))
        worst = max((str(row["judged"]) for row in part), key=("met", "open", "missed").index)
        lines.append(f"| {case} | {_shown_bar(*bar)} | {found} | {shown} | {worst} |")
    return "\n".join(lines)


def _share(value: float) -> str:
    """Return a share with three digits behind the point, and none or all as they are."""
    return f"{value:g}" if value in (0, 1) else f"{value:.3f}".removeprefix("0")


def _shown_bar(low: float, high: float) -> str:
    if low == high:
        return "none" if high == 0 else "all"
    return f"≤ {high:g}" if low == 0 else f"≥ {low:g}" if high == 1 else f"{low:g} to {high:g}"


def write_readme(rows: Sequence[Row]) -> None:
    """Put the table between its marks in the README."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    README.write_text(f"{before}{BEGIN}\n{readme_table(rows)}\n{END}{after}", encoding="utf-8")


def _figures(
    rows: Sequence[Row], counts: Mapping[str, Counter[str]], seconds: Mapping[str, float]
) -> str:
    return json.dumps(
        {
            "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread",
            "date": datetime.now(UTC).date().isoformat(),
            "processor seconds per table": {
                case: round(seconds[case] / found[TABLES], 3) for case, found in counts.items()
            },
            "bars": rows,
            "counts": counts,
            "seconds": {case: round(value, 1) for case, value in seconds.items()},
        },
        indent=1,
        ensure_ascii=False,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate until all cases have their tables or the time is over; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000, help="of each case")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="until this run stops")
    parser.add_argument("--output", type=Path, default=FIGURES)
    parser.add_argument("--readme", action="store_true", help="only write the table of README.md")
    options = parser.parse_args(arguments)
    state = json.loads(options.output.read_text()) if options.output.exists() else {}
    counts = {case: Counter(state.get("counts", {}).get(case, {})) for case in CASES}
    seconds = Counter(state.get("seconds", {}))
    if options.readme:
        write_readme(state["bars"])
        return 0
    until, rows = time.monotonic() + options.seconds, state.get("bars", [])
    for case, aim in turns(counts, cases=options.cases, tables=options.tables):
        began = time.process_time()
        while counts[case][TABLES] < aim and time.monotonic() < until:
            counts[case].update(CASES[case](counts[case][TABLES]))
        seconds[case] += time.process_time() - began
        known = {name: found for name, found in counts.items() if found[TABLES]}
        rows = rates(known)
        options.output.write_text(_figures(rows, known, seconds), encoding="utf-8")
        if time.monotonic() >= until:
            break
    for row in rows:
        print(
            f"{row['judged']:8} {row['case']}; {row['quantity']}: {row['rate']:.4f} "
            f"({row['lower']:.4f} to {row['upper']:.4f}) of {row['total']}"
        )
    return int(any(row["judged"] == "missed" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
