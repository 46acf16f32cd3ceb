"""What can be wrong between the keys of a study that brings its runs as a table."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import get_args

from biasinit.errors import Problem
from biasinit.study.check import CLAIMS, REFERENCES, Check, braces, repeated_levels
from biasinit.study.model import ImportedStudy
from biasinit.study.problems import shown
from biasinit.vocabulary import CURVE, FROM_CURVES, BroughtColumn, RunsFormat

HUNDRED = 100.0
LONGEST_WORDS = {"name": 40, "unit": 20}  # characters, of a metric on the axes of figures
LONGEST_LABEL = 100  # characters, of names that stand on the axes of figures
LOGS = tuple(name for name in get_args(RunsFormat) if name != "table")
OF_CURVES = (*FROM_CURVES, "epochs_to_early_threshold")
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
    named = dict(study.columns)
    if study.format != "table" or study.curves_table:
        # one logged metric may be both, which has a note; and two tables may name theirs alike
        same = named.get("final_accuracy") == named.get(CURVE)
        if same:
            named.pop(CURVE, None)
    names = list(named.values())
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


KEYS_OF_FORMATS: Mapping[str, tuple[str, ...]] = {
    "curves_table": ("table", "wandb"),
    "experiment": ("mlflow",),
    "run_name": LOGS,
    "unfinished": LOGS,
    "steps_per_epoch": ("mlflow", "tensorboard", "lightning", "wandb"),
    "steps_from": ("mlflow", "tensorboard", "wandb"),
}
"""The keys that not every format of runs has, with those that do."""


def _keys_of_other_formats(study: ImportedStudy) -> Iterator[Problem]:
    for key, formats in KEYS_OF_FORMATS.items():
        usual = ImportedStudy.model_fields[key].default
        if getattr(study, key) != usual and study.format not in formats:
            yield Problem(
                key=key,
                what=f"has no meaning for the format {study.format!r}.",
                mend=f"Leave it out; it belongs to {', '.join(map(repr, formats))}.",
            )


def _pattern_of_names(study: ImportedStudy) -> Iterator[Problem]:
    """Yield what is wrong with the pattern of the names of runs."""
    parts = study.parts_of_name
    if study.run_name is not None and set(re.sub(r"{[^{}]*}", "", study.run_name)) & {"{", "}"}:
        yield Problem(
            key="run_name",
            what=f"has braces that do not belong together, got {shown(study.run_name)}.",
            mend="Write '{scheme}/seed={seed}'.",
        )
    known = get_args(BroughtColumn)
    for name in [name for name in dict.fromkeys(parts) if name not in (*known, "_")]:
        yield Problem(
            key="run_name",
            what=f"has {{{name}}}, which is no column of runs.",
            mend="Use names of docs/extending.md, such as {scheme} and {seed}, and {_} for what "
            "says nothing.",
        )
    repeated = sorted({name for name in parts if name != "_" and parts.count(name) > 1})
    if repeated:
        yield Problem(
            key="run_name",
            what=f"has {', '.join(map(repr, repeated))} more than once.",
            mend="Write {_} for one of them.",
        )
    twice = [name for name in study.columns if name in parts]
    if twice:
        yield Problem(
            key="columns",
            what=f"says where {', '.join(map(repr, twice))} stands, and 'run_name' does too.",
            mend="Leave it out in one of them.",
        )
    if study.run_name is not None and not parts:
        yield Problem(
            key="run_name",
            what=f"says nothing of a run, got {shown(study.run_name)}.",
            mend="Write '{scheme}/seed={seed}', with your signs between the braces.",
        )


def _curves_for_speed(study: ImportedStudy) -> Iterator[Problem]:
    """Yield what curves need to be judged by, and the study does not say."""
    if study.curves_table and not study.analysis.thresholds:
        yield Problem(
            key="analysis.thresholds",
            what="says nothing, and 'curves_table' brings curves.",
            mend="Add the validation accuracy that counts as converged, for each data set.",
        )
    is_chart = study.format == "wandb" and study.has_curves
    if is_chart and CURVE not in study.columns:
        yield Problem(
            key="columns.validation_accuracy",
            what="is missing, and 'curves_table' is its chart.",
            mend="Add the name of the metric that the chart shows.",
        )
    if not study.has_curves:
        return
    if not study.measured.is_accuracy:
        yield Problem(
            key="metric",
            what="is not accuracy, and learning curves are judged by thresholds of accuracy.",
            mend="Leave 'curves_table' or 'analysis.thresholds' out, or bring times to the "
            "threshold in the column epochs_to_threshold.",
        )
    if study.epochs is None:
        yield Problem(
            key="epochs",
            what="is missing, and speed is judged from learning curves.",
            mend="Add the length of training in epochs.",
        )
    if study.format in ("mlflow", "tensorboard", "wandb") and study.steps_per_epoch is None:
        yield Problem(
            key="steps_per_epoch",
            what=f"is missing, and curves of {study.format!r} have steps.",
            mend="Add how many of them make an epoch: 1 where a step is an epoch.",
        )
    told = [name for name in OF_CURVES if name in (*study.columns, *study.parts_of_name)]
    if told:
        yield Problem(
            key=f"columns.{told[0]}",
            what="is worked out from the learning curves.",
            mend="Leave it out; or 'analysis.thresholds', and speed is taken as it stands there.",
        )


def _failures_said_twice(study: ImportedStudy) -> Iterator[Problem]:
    told = [name for name in ("failed", "failure_kind") if name in study.columns]
    if study.unfinished == "failed" and told:
        yield Problem(
            key="unfinished",
            what=f"says which runs failed, and 'columns.{told[0]}' does too.",
            mend="Leave one of them out.",
        )


def _braces_of_curves(study: ImportedStudy) -> Iterator[Problem]:
    yield from braces("curves_table", study.curves_table or "")


OF_BROUGHT_RUNS = [
    *REFERENCES,
    Check(_looks_of_imported_runs, {"analysis"}),
    CLAIMS,
    Check(_table_without_braces, {"runs_table"}),
    Check(_names_on_pages, {"schemes"}),
    Check(_something_to_compare, {"reference", "schemes"}),
    Check(_name_of_the_brought_replicate, {"replicate", "schemes"}),
    Check(_columns_of_one_name, {"columns", "curves_table", "format"}),
    Check(_margins_in_points, {"analysis", "metric", "unit"}),
    Check(_percent_of_accuracy, {"analysis", "metric"}),
    Check(_said_of_the_metric, {"analysis", "metric", "unit"}),
    Check(partial(repeated_levels, key="schemes"), {"schemes"}),
    Check(_keys_of_other_formats, {"format", *KEYS_OF_FORMATS}),
    Check(_pattern_of_names, {"run_name", "columns"}),
    Check(
        _curves_for_speed,
        {
            *("analysis", "columns", "curves_table", "epochs", "format", "metric", "run_name"),
            "steps_per_epoch",
        },
    ),
    Check(_failures_said_twice, {"columns", "unfinished"}),
    Check(_braces_of_curves, {"curves_table"}),
]
