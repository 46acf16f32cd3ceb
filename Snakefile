# How should the biases of a convolutional network be initialised, and does it matter?
# Table of contents; the work is in workflow/rules, the library in workflow/scripts/biasinit.

from snakemake.utils import min_version

min_version("9.24")

# A study file stands alone: config.yaml is read only when no other study is given. Merging
# would leave the default's levels in the other study.
if "study" not in config:

    configfile: "config.yaml"


report: "report/workflow.rst"


include: "workflow/rules/common.smk"


onstart:
    begin()


onsuccess:
    tidy_up()


onerror:
    say_how_to_go_on()


if TRAINED:

    include: "workflow/rules/data.smk"
    include: "workflow/rules/training.smk"

else:

    include: "workflow/rules/imports.smk"


include: "workflow/rules/analysis.smk"
include: "workflow/rules/reporting.smk"


rule all:
    default_target: True
    input:
        f"results/{STUDY.study}/report.html",
    localrule: True
