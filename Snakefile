# How should the biases of a convolutional network be initialised, and does it matter?
# Table of contents; the work is in workflow/rules, the library in workflow/scripts/biasinit.

from pathlib import Path

from snakemake.utils import min_version

min_version("9.24")

HERE = Path(str(workflow.current_basedir.get_path_or_uri(secret_free=False)))

# A study file stands alone: config.yaml is read only when no other study is given. Merging
# would leave the default's levels in the other study.
STUDY_FILES = list(workflow.overwrite_configfiles)
if not STUDY_FILES:
    STUDY_FILES = [HERE / "config.yaml"]

    configfile: HERE / "config.yaml"


report: "report/workflow.rst"


include: "workflow/rules/common.smk"


onstart:
    told(WORKFLOW.begin)


onsuccess:
    WORKFLOW.tidy_up()


onerror:
    print(WORKFLOW.how_to_go_on(), file=sys.stderr, end="")


if WORKFLOW.is_trained:

    include: "workflow/rules/data.smk"
    include: "workflow/rules/training.smk"

    if WORKFLOW.inspecting.modules:

        include: "workflow/rules/modules.smk"

else:

    include: "workflow/rules/imports.smk"


include: "workflow/rules/analysis.smk"
include: "workflow/rules/reporting.smk"


rule all:
    default_target: True
    input:
        WORKFLOW.goals,
    localrule: True
