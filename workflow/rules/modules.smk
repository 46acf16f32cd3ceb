# A module of PyTorch is built and tried at every level of normalisation of the study.
rule inspect_network:
    input:
        data="results/{study}/data/{dataset}.npz",
    output:
        "results/{study}/sites/{dataset}/{architecture}.parquet",
    log:
        "results/{study}/logs/inspect_network/{dataset}/{architecture}.log",
    benchmark:
        "results/{study}/benchmarks/inspect_network/{dataset}/{architecture}.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        architecture=WORKFLOW.inspecting.description,
        normalizations=list(STUDY.normalizations),
        engine=STUDY.training.engine,
        code=WORKFLOW.inspecting.code,
        folder=lambda wildcards, input: WORKFLOW.study_folder,  # see prepare_data
    message:
        "Inspecting {wildcards.architecture} on images of {wildcards.dataset}"
    script:
        "../scripts/inspect_network.py"


rule collect_sites:
    input:
        WORKFLOW.inspecting.tables,
    output:
        "results/{study}/sites.parquet",
    log:
        "results/{study}/logs/collect_sites.log",
    benchmark:
        "results/{study}/benchmarks/collect_sites.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=WORKFLOW.code("collect_sites.py"),
    message:
        "Merging the sites of all networks"
    script:
        "../scripts/collect_sites.py"
