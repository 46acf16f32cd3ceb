# The page that people read, its figures as drawings, their data as CSV, and the captions that
# carry computed numbers into Snakemake's own report.
rule write_report:
    input:
        **WORKFLOW.reported_tables,
        **WORKFLOW.claims_inputs,
        template=WORKFLOW.file("report/page.html.j2"),
        style=WORKFLOW.file("report/page.css"),
        behaviour=WORKFLOW.file("report/page.js"),
        ledger=WORKFLOW.file("report/ledger.html.j2"),
        tables=WORKFLOW.file("report/tables.html.j2"),
    output:
        page=report(
            "results/{study}/report.html",
            caption=f"{RESULTS}/captions/page.rst",
            category=ANSWER.category,
            labels=dict(PAGE_LABELS),
        ),
        verdicts=report(
            "results/{study}/verdicts.csv",
            caption=f"{RESULTS}/captions/verdicts.rst",
            category=ANSWER.category,
            labels=dict(VERDICT_LABELS),
        ),
        answer="results/{study}/answer.md",
        costs="results/{study}/costs.csv",
        drawings=[
            report(
                f"results/{{study}}/figures/{name}.svg",
                caption=f"{RESULTS}/captions/{name}.rst",
                category=STUDY.measured.said(figure.section.category),
                labels={
                    key: STUDY.measured.said(label)
                    for key, label in figure.labels.items()
                },
            )
            for name, figure in FIGURES.items()
        ],
        data=expand("results/{{study}}/figures/{name}.csv", name=FIGURES),
        captions=expand("results/{{study}}/captions/{name}.rst", name=CAPTIONS),
    log:
        "results/{study}/logs/write_report.log",
    benchmark:
        "results/{study}/benchmarks/write_report.tsv"
    localrule: True
    conda:
        "../../envs/biasinit.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        facts=facts_of(STUDY).to_mapping(),
        # the page compares the plan in use with the registered one
        plan=plan_digest(WORKFLOW.plan),
        configfile=CONFIGFILE,
        code=WORKFLOW.code("write_report.py", *[item.file for item in ITEMS]),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
