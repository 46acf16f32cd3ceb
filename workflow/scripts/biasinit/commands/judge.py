"""``biasinit judge RUNS``: a table of runs to verdicts and a report, in one step.

RUNS is a table with a row for each run: CSV, Parquet or JSON lines, or a folder of such files, with
columns scheme, seed and final_accuracy at least (docs/extending.md lists all).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from biasinit.errors import BiasinitError, ConfigurationError, Problem
from biasinit.vocabulary import JUDGED, USUAL_MARGIN

OPTIONS = ("reference", "margin", "schemes", "name", "folder")  # no keys for --config


def main(words: Sequence[str]) -> int:
    """Judge the runs that the words name, and return the exit status."""
    options = _parser().parse_args(words)
    try:
        return _judged(options)
    except BiasinitError as error:
        print(error, file=sys.stderr)
        return 1


def _judged(options: argparse.Namespace) -> int:
    # pandas and statsmodels, which no help needs
    from biasinit.judging import judge
    from biasinit.runs.import_notes import ImportNote

    keys = _keys(options.config)
    verdicts = judge(
        options.runs,
        reference=options.reference,
        margin=options.margin,
        schemes=options.schemes,
        name=options.name,
        folder=options.folder,
        **keys,
    )
    for note in verdicts.notes.to_dict("records"):
        print(ImportNote(**{str(name): value for name, value in note.items()}))
    print((verdicts.page.parent / "answer.md").read_text(encoding="utf-8"), end="")
    usual = f"Margin: {USUAL_MARGIN:g} points, since --margin says nothing. "
    print(f"\n{usual if options.margin is None else ''}Report: {verdicts.page}")
    return 0


def _keys(given: Sequence[str]) -> dict[str, Any]:
    """Return keys of a study and their values, each written as KEY=VALUE with a value of YAML.

    Raises:
        ConfigurationError: with each that cannot be read.

    """
    keys, problems = {}, []
    for text in given:
        key, equals, value = text.partition("=")
        if key in OPTIONS:
            what, mend = f"{key!r} has an option of its own.", f"Say --{key} instead."
            problems.append(Problem(key="--config", what=what, mend=mend))
            continue
        try:
            keys[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            equals = ""
        if not equals:
            problems.append(
                Problem(
                    key="--config",
                    what=f"must be KEY=VALUE with a value as in a study file, got {text!r}.",
                    mend="Write for example unit=share, 'columns={scheme: method}', or with quotes "
                    "within where a text has signs of YAML: 'run_name=\"{scheme}/{seed}\"'.",
                )
            )
    if problems:
        raise ConfigurationError(problems, of="The command")
    return keys


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="biasinit judge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="the table")
    parser.add_argument(
        "--reference",
        default="zeros",
        metavar="SCHEME",
        help="the scheme that all others are compared with (zeros)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        metavar="POINTS",
        help=f"difference of final accuracy that would not matter ({USUAL_MARGIN:g} points); of "
        "another metric it must be given, in its unit",
    )
    parser.add_argument(
        "--schemes", nargs="+", metavar="SCHEME", help="those to compare (all of the table)"
    )
    parser.add_argument("--name", default=JUDGED, help=f"of the study ({JUDGED})")
    parser.add_argument("--folder", type=Path, help="for the results (results/NAME)")
    parser.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="further keys of a study that brings its runs, such as unit=share, epochs=12 or "
        "'columns={scheme: method, final_accuracy: test_acc}'; docs/configuration.md lists them",
    )
    return parser
