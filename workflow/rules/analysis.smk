rule analyse_accuracy:
    input:
        runs="results/{study}/runs.parquet",
    output:
        means="results/{study}/analysis/accuracy_means.parquet",
        contrasts="results/{study}/analysis/accuracy_contrasts.parquet",
        model="results/{study}/analysis/accuracy_model.parquet",
        residuals="results/{study}/analysis/accuracy_residuals.parquet",
        power="results/{study}/analysis/accuracy_power.parquet",
    log:
        "results/{study}/logs/analyse_accuracy.log",
    benchmark:
        "results/{study}/benchmarks/analyse_accuracy.tsv"
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        plan=analysis_keys(
            "reference",
            "schemes",
            "margins",
            "alpha",
            "resamples",
            "analysis_seed",
        ),
        code=WORKFLOW.code("analyse_accuracy.py"),
    message:
        "Fitting models of final accuracy"
    script:
        "../scripts/analyse_accuracy.py"


rule compare_levels:
    input:
        runs="results/{study}/runs.parquet",
    output:
        "results/{study}/analysis/level_contrasts.parquet",
    log:
        "results/{study}/logs/compare_levels.log",
    benchmark:
        "results/{study}/benchmarks/compare_levels.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        questions=LEVEL_QUESTIONS,
        plan=analysis_keys("margins", "alpha", "resamples", "analysis_seed"),
        code=WORKFLOW.code("compare_levels.py"),
    message:
        "Comparing levels of factors for the ledger of claims"
    script:
        "../scripts/compare_levels.py"


rule analyse_speed:
    input:
        **({"curves": "results/{study}/curves.parquet"} if WORKFLOW.is_trained else {}),
        runs="results/{study}/runs.parquet",
    output:
        means="results/{study}/analysis/speed_means.parquet",
        contrasts="results/{study}/analysis/speed_contrasts.parquet",
        curve_means="results/{study}/analysis/curve_means.parquet",
    log:
        "results/{study}/logs/analyse_speed.log",
    benchmark:
        "results/{study}/benchmarks/analyse_speed.tsv"
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        plan=analysis_keys(
            "reference",
            "schemes",
            "speed_margin",
            "epochs",
            "alpha",
            "resamples",
            "analysis_seed",
        ),
        code=WORKFLOW.code("analyse_speed.py"),
    message:
        "Analysing the time to threshold"
    script:
        "../scripts/analyse_speed.py"


rule analyse_failure:
    input:
        runs="results/{study}/runs.parquet",
    output:
        rates="results/{study}/analysis/failure_rates.parquet",
        contrasts="results/{study}/analysis/failure_contrasts.parquet",
    log:
        "results/{study}/logs/analyse_failure.log",
    benchmark:
        "results/{study}/benchmarks/analyse_failure.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys("reference", "schemes", "alpha"),
        code=WORKFLOW.code("analyse_failure.py"),
    message:
        "Counting failures"
    script:
        "../scripts/analyse_failure.py"


rule analyse_layers:
    input:
        unpack(predictions),
        layers="results/{study}/layers.parquet",
    output:
        "results/{study}/analysis/layer_means.parquet",
    log:
        "results/{study}/logs/analyse_layers.log",
    benchmark:
        "results/{study}/benchmarks/analyse_layers.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys("schemes"),
        code=WORKFLOW.code("analyse_layers.py"),
    message:
        "Summarising units, gradients and biases by layer"
    script:
        "../scripts/analyse_layers.py"


# Only where networks compare pairs.
rule compare_twins:
    input:
        runs="results/{study}/runs.parquet",
        curves="results/{study}/curves.parquet",
        layers="results/{study}/layers.parquet",
    output:
        "results/{study}/analysis/twin_means.parquet",
    log:
        "results/{study}/logs/compare_twins.log",
    benchmark:
        "results/{study}/benchmarks/compare_twins.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys("schemes", "architectures"),
        code=WORKFLOW.code("compare_twins.py"),
    message:
        "Measuring how far twins are from each other"
    script:
        "../scripts/compare_twins.py"


rule check_controls:
    input:
        **(
            {"correct": "results/{study}/correct.parquet"}
            if WORKFLOW.is_trained
            else {}
        ),
        runs="results/{study}/runs.parquet",
    output:
        identity="results/{study}/analysis/identity.parquet",
        replicate="results/{study}/analysis/replicate.parquet",
        pairing="results/{study}/analysis/pairing.parquet",
    log:
        "results/{study}/logs/check_controls.log",
    benchmark:
        "results/{study}/benchmarks/check_controls.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys(
            "reference",
            "schemes",
            "replicate",
            "margins",
            "alpha",
            "resamples",
            "analysis_seed",
            "test_images",
        ),
        code=WORKFLOW.code("check_controls.py"),
    message:
        "Checking the controls whose answer is known beforehand"
    script:
        "../scripts/check_controls.py"


rule judge_claims:
    input:
        **(
            {"speed_contrasts": "results/{study}/analysis/speed_contrasts.parquet"}
            if HAS_SPEED
            else {}
        ),
        **(
            {"correct": "results/{study}/correct.parquet"}
            if WORKFLOW.is_trained
            else {}
        ),
        runs="results/{study}/runs.parquet",
        accuracy_contrasts="results/{study}/analysis/accuracy_contrasts.parquet",
        failure_rates="results/{study}/analysis/failure_rates.parquet",
        failure_contrasts="results/{study}/analysis/failure_contrasts.parquet",
    output:
        "results/{study}/analysis/verdicts.parquet",
    log:
        "results/{study}/logs/judge_claims.log",
    benchmark:
        "results/{study}/benchmarks/judge_claims.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys(
            "reference", "schemes", "alpha", "analysis_seed", "test_images"
        ),
        code=WORKFLOW.code("judge_claims.py"),
    message:
        f"Judging each scheme against {STUDY.reference}"
    script:
        "../scripts/judge_claims.py"


rule analyse_sensitivity:
    input:
        **({"curves": "results/{study}/curves.parquet"} if WORKFLOW.is_trained else {}),
        runs="results/{study}/runs.parquet",
    output:
        "results/{study}/analysis/sensitivity.parquet",
    log:
        "results/{study}/logs/analyse_sensitivity.log",
    benchmark:
        "results/{study}/benchmarks/analyse_sensitivity.tsv"
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        plan=analysis_keys(
            "reference",
            "schemes",
            "thresholds",
            "epochs",
            "alpha",
            "resamples",
            "analysis_seed",
        ),
        code=WORKFLOW.code("analyse_sensitivity.py"),
    message:
        "Repeating the contrasts under other choices"
    script:
        "../scripts/analyse_sensitivity.py"


# Only where the study sets tuning_seeds.
rule analyse_tuned:
    input:
        runs="results/{study}/runs.parquet",
    output:
        "results/{study}/analysis/tuned.parquet",
    log:
        "results/{study}/logs/analyse_tuned.log",
    benchmark:
        "results/{study}/benchmarks/analyse_tuned.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=analysis_keys(
            "reference",
            "schemes",
            "margins",
            "alpha",
            "resamples",
            "analysis_seed",
            "tuning_seeds",
        ),
        code=WORKFLOW.code("analyse_tuned.py"),
    message:
        "Comparing schemes, each at its own learning rate"
    script:
        "../scripts/analyse_tuned.py"


rule calibrate:
    input:
        runs="results/{study}/runs.parquet",
    output:
        "results/{study}/analysis/calibration.parquet",
    log:
        "results/{study}/logs/calibrate.log",
    benchmark:
        "results/{study}/benchmarks/calibrate.tsv"
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        plan=calibration_keys(),
        code=WORKFLOW.code("calibrate.py"),
    message:
        "Measuring how often the analysis errs"
    script:
        "../scripts/calibrate.py"
