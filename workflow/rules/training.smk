wildcard_constraints:
    dataset="|".join(re.escape(dataset.name) for dataset in STUDY.datasets),
    architecture="|".join(
        re.escape(architecture.name) for architecture in STUDY.architectures
    ),
    normalization="|".join(map(re.escape, STUDY.normalizations)),
    weight_init="|".join(map(re.escape, STUDY.weight_inits)),
    input_scaling="|".join(map(re.escape, STUDY.input_scalings)),
    optimizer="|".join(re.escape(optimizer.name) for optimizer in STUDY.optimizers),
    learning_rate="|".join(re.escape(repr(rate)) for rate in STUDY.learning_rates),
    scheme="|".join(map(re.escape, STUDY.schemes_at("none"))),
    shard=r"\d+",


# One job trains one shard: consecutive seeds of one scheme, in one cell, at one normalisation.
rule train:
    input:
        data="results/{study}/data/{dataset}.npz",
    output:
        runs=f"results/{{study}}/runs/{SHARD}.parquet",
        curves=f"results/{{study}}/curves/{SHARD}.parquet",
        layers=f"results/{{study}}/layers/{SHARD}.parquet",
        correct=f"results/{{study}}/correct/{SHARD}.parquet",
        jobs=f"results/{{study}}/jobs/{SHARD}.parquet",
    log:
        f"results/{{study}}/logs/train/{SHARD}.log",
    benchmark:
        f"results/{{study}}/benchmarks/train/{SHARD}.tsv"
    # one of each program to be compiled, then the longest, so that the last ones end together
    priority: shard_priority
    conda:
        "../../envs/biasinit.yaml"
    # one single-threaded job for each core is faster than one job with several threads
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        shard=shard_description,
        progress=f"results/{{study}}/progress/{SHARD}.json",
        checkpoint=f"results/{{study}}/checkpoints/{SHARD}.checkpoint",
        compiled="results/compiled",
        code=code("train.py"),
    message:
        "Training {wildcards.scheme}, {wildcards.normalization}, learning rate {wildcards.learning_rate}, shard {wildcards.shard}"
    script:
        "../scripts/train.py"


# Theory's predictions of the start, to be held against the probes.
rule predict_layers:
    input:
        data=prepared_datasets,
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
        arms=arms_to_predict,
        code=code("predict_layers.py"),
    message:
        "Predicting units and pre-activations by layer"
    script:
        "../scripts/predict_layers.py"


# Merges the tables of all shards and decides on thresholds and failures.
rule collect:
    input:
        runs=shard_tables("runs"),
        curves=shard_tables("curves"),
        layers=shard_tables("layers"),
        correct=shard_tables("correct"),
        jobs=shard_tables("jobs"),
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
        code=code("collect.py"),
    message:
        "Merging the tables of all shards"
    script:
        "../scripts/collect.py"
