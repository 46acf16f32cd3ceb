# One rule for each analysis that the study has; biasinit/analyses/NAME.py says what it reads, what
# it makes and how.
for analysis in WORKFLOW.analyses:

    rule:
        name:
            analysis.name
        input:
            **WORKFLOW.tables_read_by(analysis),
        output:
            **WORKFLOW.tables_made_by(analysis),
        log:
            f"results/{{study}}/logs/{analysis.name}.log",
        benchmark:
            f"results/{{study}}/benchmarks/{analysis.name}.tsv"
        localrule: analysis.is_local
        conda:
            "../../envs/biasinit.yaml"
        threads: 1
        resources:
            mem_mb=analysis.memory_mb,
            runtime=analysis.minutes,
        params:
            analysis=analysis.name,
            plan=analysis.keys(WORKFLOW.analysed.plan),
            code=WORKFLOW.code("analyse.py", analysis.module),
        message:
            analysis.message
        script:
            "../scripts/analyse.py"
