rule prepare_data:
    input:
        WORKFLOW.dataset_files,
    output:
        "results/{study}/data/{dataset}.npz",
    log:
        "results/{study}/logs/prepare_data/{dataset}.log",
    benchmark:
        "results/{study}/benchmarks/prepare_data/{dataset}.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        dataset=WORKFLOW.dataset_description,
        code=WORKFLOW.code("prepare_data.py"),
    message:
        "Splitting the images of {wildcards.dataset}"
    script:
        "../scripts/prepare_data.py"
