"""What can be wrong between the keys of a study that brings its runs as a table."""

from collections.abc import Iterator
from functools import partial

from biasinit.errors import Problem
from biasinit.study.check import CLAIMS, REFERENCES, Check, braces, repeated_levels
from biasinit.study.model import ImportedStudy
from biasinit.study.problems import shown

HUNDRED = 100.0
LONGEST_WORDS = {"name": 40, "unit": 20}  # characters, of a metric on the axes of figures
LONGEST_LABEL = 100  # characters, of names that stand on the axes of figures
FEWEST_POINTS_OF_SHARES = 0.1  # a margin below it, in a study of shares, is more likely a share


def _table_without_braces(study: ImportedStudy) -> Iterator[Problem]:
    yield from braces("runs_table", study.runs_table)


def _names_on_pages(study: ImportedStudy) -> Iterator[Problem]:
    """Yield the names of brought schemes that no page can show; they are part of no path."""
    for name in study.schemes:
        if len(name) > LONGEST_LABEL or not name.isprintable() or name != name.strip():
            yield Problem(
                key="schemes",
                what=f"must be printable names of at most {LONGEST_LABEL} characters without "
                f"blanks around them, got {shown(name)}.",
                mend="The same holds in the table; blanks around a name are no part of it there.",
            )


def _something_to_compare(study: ImportedStudy) -> Iterator[Problem]:
    if study.schemes == (study.reference,):
        yield Problem(
            key="schemes",
            what=f"has the reference, {study.reference!r}, alone.",
            mend="Name those that it is to be compared with.",
        )


def _name_of_the_brought_replicate(study: ImportedStudy) -> Iterator[Problem]:
    if study.replicate_name in study.schemes:
        yield Problem(
            key="schemes",
            what=f"has the A/A arm, {study.replicate_name!r}, which 'replicate' adds.",
            mend="Leave it out, or set replicate: null to compare it as a scheme.",
        )


def _columns_of_one_name(study: ImportedStudy) -> Iterator[Problem]:
    names = list(study.columns.values())
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        yield Problem(
            key="columns",
            what=f"says of {', '.join(map(repr, repeated))} more than once what it is.",
            mend="Name each column of the table once.",
        )


def _margins_in_points(study: ImportedStudy) -> Iterator[Problem]:
    """Yield margins that would be shares too: those of a study in shares are still points."""
    small = {name: m for name, m in study.analysis.margins.items() if m < FEWEST_POINTS_OF_SHARES}
    of_shares = study.unit == "share" and study.measured.is_accuracy
    for name, margin in small.items() if of_shares else ():
        yield Problem(
            key=f"analysis.margins.{name}",
            what=f"is in points of percent whatever the unit of the table, got {margin:g}.",
            mend=f"Write {100 * margin:g} if {margin:g} is a share; for less than "
            f"{FEWEST_POINTS_OF_SHARES:g} points give the table in percent.",
        )


def _percent_of_accuracy(study: ImportedStudy) -> Iterator[Problem]:
    """Yield what no accuracy can be; margins of another metric may be any numbers above 0."""
    if not study.measured.is_accuracy:
        return
    analysis = study.analysis
    values = {
        **{f"thresholds.{name}": value for name, value in analysis.thresholds.items()},
        **{f"margins.{name}": value for name, value in analysis.margins.items()},
        "collapse_points": analysis.collapse_points,
    }
    for key, value in values.items():
        if not 0 < value < HUNDRED:
            limit = "less than 100" if value > 0 else "greater than 0"
            yield Problem(
                key=f"analysis.{key}",
                what=f"must be {limit}, got {value:g}.",
                mend="It is in percent; where the runs have another metric, say so in 'metric'.",
            )


def _said_of_the_metric(study: ImportedStudy) -> Iterator[Problem]:
    if study.metric is None:
        return
    if study.unit is not None:
        yield Problem(
            key="unit",
            what="is of accuracy, and 'metric' has a unit of its own.",
            mend="Leave one of the two out.",
        )
    if "collapse_points" not in study.analysis.model_fields_set:
        metric = study.measured
        yield Problem(
            key="analysis.collapse_points",
            what=f"is missing, which is 15 points of accuracy where nothing is said, and 'metric' "
            f"is in {metric.unit}.",
            mend=f"Add it: a run collapsed that ends more than so many {metric.unit} "
            f"{metric.below} the median of the reference.",
        )
    for key, value in (("name", study.metric.name), ("unit", study.metric.unit)):
        odd = not value.isprintable() or value != value.strip() or set(value) & {"{", "}"}
        longest = LONGEST_WORDS[key]
        if odd or len(value) > longest:
            yield Problem(
                key=f"metric.{key}",
                what=f"must be printable, of at most {longest} characters, without braces "
                f"and without blanks around it, got {shown(value)}.",
                mend="It stands in every sentence and figure.",
            )


def _looks_of_imported_runs(study: ImportedStudy) -> Iterator[Problem]:
    if study.analysis.looks:
        yield Problem(
            key="analysis.looks",
            what="has no meaning for runs that exist already.",
            mend="Leave it out; such verdicts are exploratory in any case.",
        )


OF_BROUGHT_RUNS = [
    *REFERENCES,
    Check(_looks_of_imported_runs, {"analysis"}),
    CLAIMS,
    Check(_table_without_braces, {"runs_table"}),
    Check(_names_on_pages, {"schemes"}),
    Check(_something_to_compare, {"reference", "schemes"}),
    Check(_name_of_the_brought_replicate, {"replicate", "schemes"}),
    Check(_columns_of_one_name, {"columns"}),
    Check(_margins_in_points, {"analysis", "metric", "unit"}),
    Check(_percent_of_accuracy, {"analysis", "metric"}),
    Check(_said_of_the_metric, {"analysis", "metric", "unit"}),
    Check(partial(repeated_levels, key="schemes"), {"schemes"}),
]
