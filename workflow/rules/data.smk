rule prepare_data:
    input:
        WORKFLOW.dataset_files,
        # the time of a folder says little of the files in it, and changes with hidden ones; their
        # versions, among the params, say whether the rule runs again
        folders=ancient(WORKFLOW.dataset_folders),
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
        code=WORKFLOW.code_of_dataset,
        images=WORKFLOW.versions_of_folders,
        # as a function of the input it is none of the params that decide whether the rule runs
        # again: where a study lies changes no result
        folder=lambda wildcards, input: WORKFLOW.study_folder,
    message:
        "Splitting the images of {wildcards.dataset}"
    script:
        "../scripts/prepare_data.py"
