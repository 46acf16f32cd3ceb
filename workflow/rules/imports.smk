# Checks the runs that were trained elsewhere: a table, or the logs of a tool.
rule import_runs:
    input:
        # functions: a name with braces in it would be taken for a wildcard
        table=WORKFLOW.bringing.files,
    output:
        **WORKFLOW.bringing.outputs,
        notes="results/{study}/import_notes.parquet",
    log:
        "results/{study}/logs/import_runs.log",
    benchmark:
        "results/{study}/benchmarks/import_runs.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        table=lambda wildcards, input: str(WORKFLOW.bringing.table),  # where it lies changes no result
        curves_table=lambda wildcards, input: str(WORKFLOW.bringing.curves_table or ""),
        format=STUDY.format,
        asked=WORKFLOW.bringing.asked,
        bringing=WORKFLOW.bringing.said,
        code=WORKFLOW.code("import_runs.py", *WORKFLOW.bringing.module),
    message:
        "Checking the runs in {params.table}"
    script:
        "../scripts/import_runs.py"
