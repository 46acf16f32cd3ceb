# Checks the table of runs that were trained elsewhere.
rule import_runs:
    input:
        table=STUDY.runs_table,
    output:
        runs="results/{study}/runs.parquet",
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
        schemes=[*STUDY.schemes, *([STUDY.replicate_name] if STUDY.replicate else [])],
        epochs=STUDY.epochs,
        code=WORKFLOW.code("import_runs.py"),
    message:
        "Checking the table of runs {input.table}"
    script:
        "../scripts/import_runs.py"
