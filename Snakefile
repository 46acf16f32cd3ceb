# The workflow is in workflow/, where the catalogue of workflows and modules look for it.


include: "workflow/Snakefile"


# what an included file asks for by default, Snakemake does not
rule study:
    default_target: True
    input:
        WORKFLOW.goals,
    localrule: True
