# What the rules share: the study, read once, and the functions that the linter wants apart.

import functools
import re
import sys

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from biasinit.errors import BiasinitError
from biasinit.execution.places import refuse_impossible_cores
from biasinit.reporting.facts import facts_of
from biasinit.reporting.index import (
    ANSWER,
    CAPTIONS,
    FIGURES,
    ITEMS,
    PAGE_LABELS,
    VERDICT_LABELS,
)
from biasinit.study.plan import plan_digest
from biasinit.workflow import Workflow


def told(action, *arguments, **options):
    """Return what an action returns; what is wrong is printed without a traceback."""
    try:
        return action(*arguments, **options)
    except BiasinitError as error:
        raise WorkflowError(str(error))


told(refuse_impossible_cores, workflow.resource_settings.cores)
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


CONFIGFILE = WORKFLOW.configfile


@functools.cache  # a workflow that uses this one as a module may ask for it, too
def begin():
    told(WORKFLOW.begin)


def also_call(workflow, name, handler):
    """Have a handler called after the main workflow's: of a module, Snakemake calls none."""
    first = getattr(workflow, f"_{name}")
    setattr(workflow, f"_{name}", lambda log: (first(log), handler()))


told(WORKFLOW.announce)
