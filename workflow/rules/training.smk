wildcard_constraints:
    **WORKFLOW.level_patterns,


# One job trains one shard: consecutive seeds of one scheme, in one cell, at one normalisation.
rule train:
    input:
        data="results/{study}/data/{dataset}.npz",
        # what cannot be trained is said before anything is
        sites=WORKFLOW.inspecting.tables_for,
    output:
        runs=WORKFLOW.shard_file("runs"),
        curves=WORKFLOW.shard_file("curves"),
        layers=WORKFLOW.shard_file("layers"),
        correct=WORKFLOW.shard_file("correct"),
        jobs=WORKFLOW.shard_file("jobs"),
    log:
        WORKFLOW.shard_file("logs/train", "log"),
    benchmark:
        WORKFLOW.shard_file("benchmarks/train", "tsv")
    # one of each program to be compiled, then the longest, so that the last ones end together
    priority: WORKFLOW.shard_priority
    conda:
        "../../envs/biasinit.yaml"
    # one single-threaded job for each core is faster than one job with several threads
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        shard=WORKFLOW.shard_description,
        progress=WORKFLOW.shard_file("progress", "json"),
        checkpoint=WORKFLOW.shard_file("checkpoints", "checkpoint"),
        compiled="results/compiled",
        code=WORKFLOW.code_of_shard,
        folder=lambda wildcards, input: WORKFLOW.study_folder,  # see prepare_data
    message:
        "Training {wildcards.scheme}, {wildcards.normalization}, learning rate {wildcards.learning_rate}, shard {wildcards.shard}"
    script:
        "../scripts/train.py"


# Theory's predictions of the start, to be held against the probes.
rule predict_layers:
    input:
        data=WORKFLOW.prepared_datasets(),
    output:
        "results/{study}/analysis/predictions.parquet",
    log:
        "results/{study}/logs/predict_layers.log",
    benchmark:
        "results/{study}/benchmarks/predict_layers.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        arms=WORKFLOW.arms_to_predict(),
        code=WORKFLOW.code_of_predictions,
        folder=lambda wildcards, input: WORKFLOW.study_folder,  # see prepare_data
    message:
        "Predicting units and pre-activations by layer"
    script:
        "../scripts/predict_layers.py"


# Merges the tables of all shards and decides on thresholds and failures.
rule collect:
    input:
        runs=WORKFLOW.shard_tables("runs"),
        curves=WORKFLOW.shard_tables("curves"),
        layers=WORKFLOW.shard_tables("layers"),
        correct=WORKFLOW.shard_tables("correct"),
        jobs=WORKFLOW.shard_tables("jobs"),
    output:
        runs="results/{study}/runs.parquet",
        curves="results/{study}/curves.parquet",
        layers="results/{study}/layers.parquet",
        correct="results/{study}/correct.parquet",
        jobs="results/{study}/jobs.parquet",
    log:
        "results/{study}/logs/collect.log",
    benchmark:
        "results/{study}/benchmarks/collect.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        thresholds=STUDY.analysis.thresholds,
        epochs=STUDY.training.epochs,
        seeds_per_shard=STUDY.seeds_per_shard,
        code=WORKFLOW.code("collect.py"),
    message:
        "Merging the tables of all shards"
    script:
        "../scripts/collect.py"
