# What the rules share: the study, read once, and the functions that the linter wants apart.

import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# what belongs to the program stands beside the Snakefile, wherever the results are
REPOSITORY = HERE.absolute()
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from biasinit.errors import BiasinitError
from biasinit.reporting.catalogue import (
    ANSWER,
    CAPTION_NAMES,
    FIGURES,
    PAGE_LABELS,
    VERDICT_LABELS,
)
from biasinit.reporting.facts import facts_of
from biasinit.runs.imported import read_brought_runs
from biasinit.study.claims import level_questions
from biasinit.study.plan import plan_digest, plan_of
from biasinit.workflow import Workflow


def told(action, *arguments, **options):
    """Return what an action returns; what is wrong is printed without a traceback."""
    try:
        return action(*arguments, **options)
    except BiasinitError as error:
        raise WorkflowError(str(error))


WORKFLOW = told(
    Workflow.read,
    config,
    study_files=STUDY_FILES,
    repository=REPOSITORY,
)
STUDY = WORKFLOW.study
# captions are found from the rules, which may lie elsewhere than the results
RESULTS = Path.cwd() / WORKFLOW.folder


wildcard_constraints:
    study=re.escape(STUDY.study),


def predictions(wildcards):
    """Return the table of predictions where there is one: runs brought as a table have none."""
    table = f"results/{STUDY.study}/analysis/predictions.parquet"
    return {"predictions": table} if WORKFLOW.is_trained else {}


def analysis_keys(*names):
    """Return the keys of the registered analysis that a rule uses, and no others."""
    everything = {
        "reference": STUDY.reference,
        "schemes": scheme_names(),
        "replicate": STUDY.replicate,
        "epochs": STUDY.training.epochs if WORKFLOW.is_trained else STUDY.epochs,
        "analysis_seed": STUDY.study_seed,
        **STUDY.analysis.model_dump(),
    }
    if WORKFLOW.is_trained:
        everything["alpha"] = STUDY.analysis.alpha_at(STUDY.seeds)
        everything["architectures"] = [item.name for item in STUDY.architectures]
        everything["test_images"] = {item.name: item.test for item in STUDY.datasets}
    return {name: everything[name] for name in names if name in everything}


def calibration_keys():
    """Return the keys of the calibration: the analysis, and how many tables it simulates."""
    keys = analysis_keys("reference", "schemes", "margins", "alpha", "analysis_seed")
    analysis = STUDY.analysis
    return keys | {
        "resamples": min(analysis.resamples, 2_000),  # flips of each simulated table
        "tables": analysis.calibration_tables,
        "effect": min(analysis.margins.values()),
    }


def scheme_names():
    """Return the names of the schemes, without the A/A arm."""
    return (
        [scheme.name for scheme in STUDY.schemes]
        if WORKFLOW.is_trained
        else list(STUDY.schemes)
    )


def available_columns():
    """Return the columns of the runs that decide which analyses there are."""
    if WORKFLOW.is_trained:
        return {"epochs_to_threshold", "layers", "curves", "correct", "jobs"}
    return set(told(read_brought_runs, Path(STUDY.runs_table)).columns)


def reported_tables():
    """Return the tables that the report shows, and where they are."""
    analyses = [
        "accuracy_means",
        "accuracy_contrasts",
        "accuracy_model",
        "accuracy_residuals",
        "accuracy_power",
        "failure_rates",
        "failure_contrasts",
        "identity",
        "replicate",
        "pairing",
        "sensitivity",
        "calibration",
        "verdicts",
    ]
    if HAS_SPEED:
        analyses += ["speed_means", "speed_contrasts", "curve_means"]
    if WORKFLOW.is_trained:
        analyses.append("layer_means")
        if any(item.layout.compares_pairs for item in STUDY.architectures):
            analyses.append("twin_means")
    if STUDY.analysis.tuning_seeds:
        analyses.append("tuned")
    if LEVEL_QUESTIONS:
        analyses.append("level_contrasts")
    tables = {"runs": "runs", **{name: f"analysis/{name}" for name in analyses}}
    return tables | ({"jobs": "jobs"} if WORKFLOW.is_trained else {})


CONFIGFILE = WORKFLOW.configfile
# comparisons between levels of a factor that the claims ask of this study
LEVEL_QUESTIONS = level_questions(WORKFLOW.claims, STUDY.study)
HAS_SPEED = "epochs_to_threshold" in available_columns()
REPORTED = reported_tables()

WORKFLOW.announce()
