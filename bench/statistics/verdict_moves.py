"""Which published verdicts and claims moved since a commit, as Markdown tables.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/verdict_moves.py COMMIT
It compares docs/measured and docs/claims.md as they are with those of the commit. Verdicts are
those over all conditions; one that depends on the condition is followed by that of each. Arms in
which no run failed are counted only: that they are "none seen" was told before, in other words.
With ``--changelog`` the tables take the place of those between two marks in CHANGELOG.md.
"""

import argparse
import io
import math
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from biasinit import numbers
from biasinit.reporting.labels import short_normalization_label
from biasinit.reporting.verdicts.markdown import escaped
from biasinit.verdicts import Outcome, Verdict

REPOSITORY = Path(__file__).parents[2]
MEASURED = "docs/measured"
CLAIMS = "docs/claims.md"
BEGIN = "<!-- verdicts that moved, by bench/statistics/verdict_moves.py -->"
END = "<!-- end of verdicts that moved -->"
ALL = "all"
OWN_BEST = "own best learning rate"
QUESTION = ["normalization", "scheme", "reference", "factor", "level", "against"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or put them into the changelog."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", help="with what was published before")
    parser.add_argument("--changelog", action="store_true", help="write them into CHANGELOG.md")
    options = parser.parse_args(arguments)
    text = "\n".join([*verdict_table(options.commit), "", *claim_table(options.commit)])
    if options.changelog:
        path = REPOSITORY / "CHANGELOG.md"
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    else:
        print(text)
    return 0


def verdict_table(commit: str) -> Iterator[str]:
    """Yield the lines of the table of verdicts, and how many of all it holds."""
    total, lines = 0, []
    for folder in sorted(path.parent for path in (REPOSITORY / MEASURED).glob("*/plan.json")):
        for name, moves in (("verdicts", verdict_moves), ("level_contrasts", level_moves)):
            path = folder / "analysis" / f"{name}.parquet"
            before = stored(commit, path)
            if not path.exists() or before is None:
                continue
            found = list(moves(before, pd.read_parquet(path)))
            total += len(before)
            lines += [f"| {folder.name} | {line} |" for line in found]
    yield f"{len(lines)} of {total} published verdicts moved:"
    yield ""
    yield "| study | outcome | batch norm. | scheme | before | now |"
    yield "|---|---|---|---|---|---|"
    yield from lines


def claim_table(commit: str) -> Iterator[str]:
    """Yield the lines of the table of claims."""
    yield "Claims that moved:"
    yield ""
    yield "| claim | before | now |"
    yield "|---|---|---|"
    now = (REPOSITORY / CLAIMS).read_text(encoding="utf-8")
    yield from (f"| {line} |" for line in claim_moves(git_text(commit, CLAIMS), now))


def git_text(commit: str, path: str) -> str:
    """Return a file of a commit as text."""
    return git_bytes(commit, path).decode("utf-8")


def git_bytes(commit: str, path: str) -> bytes:
    """Return a file of a commit."""
    shown = subprocess.run(
        ["git", "show", f"{commit}:{path}"], cwd=REPOSITORY, capture_output=True, check=True
    )
    return shown.stdout


def stored(commit: str, path: Path) -> pd.DataFrame | None:
    """Return a table of a commit, or None where it had none."""
    try:
        return pd.read_parquet(io.BytesIO(git_bytes(commit, str(path.relative_to(REPOSITORY)))))
    except subprocess.CalledProcessError:
        return None


def verdict_moves(before: pd.DataFrame, now: pd.DataFrame) -> Iterator[str]:
    """Yield the cells of each verdict on a scheme that is another word now."""
    key = ["outcome", "normalization", "scheme"]
    for old, rows in paired(before, now, key):
        words = (
            old["outcome"], short_normalization_label(old["normalization"]), escaped(old["scheme"])
        )  # fmt: skip
        yield " | ".join([*words, number_words(old), now_words(rows)])


def level_moves(before: pd.DataFrame, now: pd.DataFrame) -> Iterator[str]:
    """Yield the same of each comparison between levels."""
    ends = {"printed_lower": "lower", "printed_upper": "upper", "printed_level": "interval"}
    simultaneous = {"simultaneous_lower": "lower", "simultaneous_upper": "upper"}
    before = before.drop(columns=["lower", "upper"]).rename(columns=simultaneous)
    now = now.drop(columns=["lower", "upper"]).rename(columns=ends)
    for old, rows in paired(before, now, QUESTION):
        effect = f" against {old['reference']}" if old["reference"] else ""
        scheme = f"{old['scheme']}{effect}: {old['level']} − {old['against']}"
        where = short_normalization_label(old["normalization"])
        yield " | ".join(["accuracy", where, escaped(scheme), number_words(old), now_words(rows)])


Row = Mapping[str, object]


def paired(
    before: pd.DataFrame, now: pd.DataFrame, key: list[str]
) -> Iterator[tuple[dict[str, object], list[dict[str, object]]]]:
    """Yield each row of before whose verdict changed, with all rows of now on the same."""
    groups = dict(iter(now.groupby(key, sort=False, dropna=False)))
    whole = before[before["cell"] == ALL] if "cell" in before else before
    for old in whole.to_dict("records"):
        place = tuple(old[name] for name in key)
        rows = groups[place].to_dict("records") if place in groups else []
        new = next((row for row in rows if row["cell"] == ALL), None)
        if new is None or not same_verdict(old, new):
            yield old, rows


def same_verdict(old: Row, new: Row) -> bool:
    """Return whether two rows say the same."""
    unfailing = new["verdict"] == Verdict.NONE_SEEN and old["estimate"] == 0
    return old["verdict"] == new["verdict"] or unfailing


def now_words(rows: list[dict[str, object]]) -> str:
    """Return the verdict over all conditions, with each of them where it depends."""
    if not rows:
        return "not asked any more"
    whole = next(row for row in rows if row["cell"] == ALL)
    best = [row for row in rows if row["cell"] == OWN_BEST]
    if whole["verdict"] != Verdict.DEPENDS:
        return number_words(whole)
    single = [row for row in rows if row["cell"] not in (ALL, OWN_BEST)]
    parts = [f"{escaped(condition(str(row['cell'])))}: {number_words(row)}" for row in single]
    parts += [f"each at its own best rate: {number_words(row)}" for row in best]
    return f"depends on the {str(whole['depends_on']).replace('_', ' ')}; {'; '.join(parts)}"


def condition(cell: str) -> str:
    """Return a condition by its levels alone: '0.02', 'plain-32'."""
    return ", ".join(part.partition(" ")[2] or part for part in cell.split(", "))


def number_words(row: Row) -> str:
    """Return a verdict with its estimate and interval: 'worse −2.28 (−3.17 to −1.39)'."""
    estimate, lower, upper = (
        numbers.as_float(row[name]) for name in ("estimate", "lower", "upper")
    )
    outcome = Outcome(str(row.get("outcome", Outcome.ACCURACY)))
    if math.isnan(estimate):
        return str(row["verdict"])
    if outcome.counts_runs:
        shown = [numbers.percent(value) for value in (estimate, lower, upper)]
        return f"{row['verdict']} {shown[0]} ({shown[1]} to {shown[2]})"
    write = numbers.number if outcome is Outcome.SPEED else numbers.signed
    found = numbers.interval(lower, upper)
    between = "" if found == numbers.MISSING else f" ({found})"
    return f"{row['verdict']} {write(estimate)}{between}"


def claim_moves(before: str, now: str) -> Iterator[str]:
    """Yield the claims whose summary is another, from the two ledgers."""
    old, new = summaries(before), summaries(now)
    for claim, summary in new.items():
        if old.get(claim) != summary:
            yield f"{claim} | {old.get(claim, 'not there')} | {summary}"


def summaries(ledger: str) -> dict[str, str]:
    """Return the summary of each claim of a ledger in Markdown, by its heading."""
    found = re.findall(r"^## (.+?)$.*?^\*\*(.+?)\.\*\*$", ledger, flags=re.M | re.S)
    return {title: summary[:1].lower() + summary[1:] for title, summary in found}


if __name__ == "__main__":
    sys.exit(main())
