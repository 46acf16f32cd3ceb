# Checks the table of runs that were trained elsewhere.
rule import_runs:
    input:
        # functions: a name with braces in it would be taken for a wildcard
        table=WORKFLOW.bringing.files,
    output:
        runs="results/{study}/runs.parquet",
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
        columns=WORKFLOW.bringing.names,
        bringing=WORKFLOW.bringing.said,
        code=WORKFLOW.code("import_runs.py"),
    message:
        "Checking the table of runs {params.table}"
    script:
        "../scripts/import_runs.py"
