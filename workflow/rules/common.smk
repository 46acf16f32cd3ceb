# Functions and names that the rules share; the only place with functions (the linter's wish).

import os
import re
import shlex
import sys
from datetime import datetime, timezone
from itertools import product
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from biasinit.study.claims import level_questions, read_claims
from biasinit.study.model import Study
from biasinit.study.reading import parse_any_study, read_study_file
from biasinit.errors import BiasinitError
from biasinit.execution.takeover.lease import claim_folder, refuse_if_superseded
from biasinit.plugins.digest import code_version
from biasinit.execution.takeover.guard import announce_workflow
from biasinit.execution.takeover.lock import HANDED_ON, hold_lock_in_workflow
from biasinit.execution.progress.notes import StudySize, announce, announce_in
from biasinit.files import remove_all_unfinished
from biasinit.runs.imported import read_brought_runs
from biasinit.study.plan import plan_digest, plan_of, register
from biasinit.reporting.catalogue import (
    ANSWER,
    CAPTION_NAMES,
    FIGURES,
    PAGE_LABELS,
    VERDICT_LABELS,
)
from biasinit.study.shard_order import ShardOrder
from biasinit.study.shards import PATTERN, Shard
from biasinit.vocabulary import CELL_FACTORS, IDENTITY

try:
    refuse_if_superseded(Path.cwd())
    for path in map(Path, workflow.overwrite_configfiles or ["config.yaml"]):
        # Snakemake keeps the last of keys that stand there twice; this refuses them
        if path.exists():
            read_study_file(path)
    STUDY = parse_any_study(config)
    CLAIMS = read_claims(Path("claims.yaml"))
except BiasinitError as error:
    # WorkflowError prints its message alone, without a traceback
    raise WorkflowError(str(error))

# a study trains its runs here, unless it brings them as a table
TRAINED = isinstance(STUDY, Study)
SHARD = PATTERN


wildcard_constraints:
    study=re.escape(STUDY.study),


def shards():
    """Return the path of every shard of the study, below its table's folder."""
    if not TRAINED:
        return []
    return [
        Shard.of(
            {
                **cell.model_dump(),
                "normalization": normalization,
                "scheme": scheme,
                "shard": shard,
            }
        ).path
        for cell, normalization in product(STUDY.cells, STUDY.normalizations)
        for scheme in STUDY.schemes_at(normalization)
        for shard in STUDY.shard_numbers
    ]


def shard_tables(table):
    """Return the files of one table, one for each shard."""
    return [f"results/{STUDY.study}/{table}/{shard}.parquet" for shard in shards()]


def shard_description(wildcards):
    """Return what training one shard needs to know, and nothing else."""
    return STUDY.shard_description(
        cell=CELLS[cell_key(wildcards)],
        normalization=wildcards.normalization,
        scheme=wildcards.scheme,
        shard=int(wildcards.shard),
    )


def shard_priority(wildcards):
    """Return a number that is higher, the earlier the shard is to start."""
    return ORDER.priority(
        CELLS[cell_key(wildcards)],
        wildcards.normalization,
        wildcards.scheme,
        int(wildcards.shard),
    )


def cell_key(wildcards):
    """Return the texts that name the cell of a shard."""
    return tuple(wildcards[name] for name in CELL_FACTORS)


def dataset_description(wildcards):
    """Return how the data set is made and split."""
    return STUDY.dataset(wildcards.dataset).description


def dataset_files(wildcards):
    """Return the files that a data set of one's own is read from."""
    path = STUDY.dataset(wildcards.dataset).path
    return [] if path is None else [path]


def prepared_datasets(wildcards):
    """Return the prepared files of all data sets."""
    return [
        f"results/{STUDY.study}/data/{dataset.name}.npz" for dataset in STUDY.datasets
    ]


def arms_to_predict(wildcards):
    """Return what theory needs of each arm; optimisers and learning rates change no start."""
    arms = {}
    for cell, normalization in product(STUDY.cells, STUDY.normalizations):
        if normalization == IDENTITY:
            continue
        for scheme in scheme_names():
            arm = STUDY.shard_description(
                cell=cell, normalization=normalization, scheme=scheme, shard=0
            )
            kept = {
                name: arm[name]
                for name in ("architecture", "normalization", "scheme", "label")
            }
            place = {
                name: arm["cell"][name]
                for name in ("dataset", "architecture", "weight_init", "input_scaling")
            }
            arms[(*place.values(), normalization, scheme)] = kept | {"cell": place}
    return list(arms.values())


def predictions(wildcards):
    """Return the table of predictions where there is one: runs brought as a table have none."""
    table = f"results/{STUDY.study}/analysis/predictions.parquet"
    return {"predictions": table} if TRAINED else {}


def code(script):
    """Return the version of the code behind a script."""
    return code_version(SCRIPTS / script)


def begin():
    """Before the first job: one workflow at a time, and the plan on record."""
    try:
        hold_lock_in_workflow(Path.cwd())
        claim_folder(Path.cwd())
        register(STUDY, STUDY_FOLDER, now=datetime.now(timezone.utc))
        announce_in(STUDY_FOLDER, SIZE)
    except BiasinitError as error:
        raise WorkflowError(str(error))


def tidy_up():
    """After the last job: jobs that were killed while they wrote a table left a part of it."""
    remove_all_unfinished(STUDY_FOLDER)


def say_how_to_go_on():
    """After a failed job: where logs are, and the command that goes on; 'make study' has its own."""
    if HANDED_ON not in os.environ:
        command = shlex.join(["snakemake", *sys.argv[1:]])
        print(
            f"The study is not finished. Logs of jobs: {STUDY_FOLDER / 'logs'}. When the cause is "
            f"mended, this goes on from here; finished runs are kept:\n  {command}",
            file=sys.stderr,
        )


def analysis_keys(*names):
    """Return the keys of the registered analysis that a rule uses, and no others."""
    everything = {
        "reference": STUDY.reference,
        "schemes": scheme_names(),
        "replicate": STUDY.replicate,
        "epochs": STUDY.training.epochs if TRAINED else STUDY.epochs,
        "analysis_seed": STUDY.study_seed,
        **STUDY.analysis.model_dump(),
    }
    if TRAINED:
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
    return [scheme.name for scheme in STUDY.schemes] if TRAINED else list(STUDY.schemes)


def available_columns():
    """Return the columns of the runs that decide which analyses there are."""
    if TRAINED:
        return {"epochs_to_threshold", "layers", "curves", "correct", "jobs"}
    try:
        return set(read_brought_runs(Path(STUDY.runs_table)).columns)
    except BiasinitError as error:
        raise WorkflowError(str(error))


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
    if TRAINED:
        analyses.append("layer_means")
        if any(item.layout.compares_pairs for item in STUDY.architectures):
            analyses.append("twin_means")
    if STUDY.analysis.tuning_seeds:
        analyses.append("tuned")
    if LEVEL_QUESTIONS:
        analyses.append("level_contrasts")
    tables = {"runs": "runs", **{name: f"analysis/{name}" for name in analyses}}
    return tables | ({"jobs": "jobs"} if TRAINED else {})


STUDY_FOLDER = Path("results") / STUDY.study
STUDY_KEYS = STUDY.model_dump(mode="json")
CONFIGFILE = next(iter(workflow.overwrite_configfiles), None)
CELLS = (
    {tuple(map(str, cell.model_dump().values())): cell for cell in STUDY.cells}
    if TRAINED
    else {}
)
ORDER = ShardOrder(STUDY) if TRAINED else None
SIZE = StudySize(
    study=STUDY.study,
    folder=str(STUDY_FOLDER),
    runs=STUDY.run_count if TRAINED else 0,
    shards=tuple(shards()),
    runs_per_shard=STUDY.seeds_per_shard if TRAINED else 0,
)
# comparisons between levels of a factor that claims.yaml asks of this study
LEVEL_QUESTIONS = level_questions(CLAIMS, STUDY.study)
HAS_SPEED = "epochs_to_threshold" in available_columns()
REPORTED = reported_tables()

announce_workflow()
announce(SIZE)
