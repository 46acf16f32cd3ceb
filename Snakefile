# The workflow is in workflow/, where the catalogue of workflows and modules look for it.


include: "workflow/Snakefile"
