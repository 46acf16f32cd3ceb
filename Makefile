# Each line is a command that a person could type; see the README.
PYTHON ?= python3
CORES ?= all
# another study: make study STUDY=studies/NAME.yaml
STUDY ?=
# further arguments of Snakemake: make study ARGS='--config seeds=40'
ARGS ?=
# where jobs run: make study PLACE=slurm, or sge (a folder in profiles/; this machine when left out)
PLACE ?=
# where results/ goes; this folder when left out
FOLDER ?=
# further arguments of the benchmarks: make bench BENCH='--part resnet'
BENCH ?=
# a package index to take torch from, such as one with CPU builds only
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
# Debian without python3-venv has no ensurepip; pip can install into an environment from outside
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check install --quiet \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
INSTALLED := $(VENV)/study.installed $(if $(filter-out default,$(PLACE)),$(VENV)/cluster.installed)
# a variable as one word for the shell, whatever it holds; make does not look for $ in it
quoted = '$(subst ','\'',$(value $(1)))'
LAUNCH = $(BIN)/python -m biasinit.execution.launch $(if $(value STUDY),--study $(call quoted,STUDY)) \
	--cores=$(call quoted,CORES) $(if $(value PLACE),--place $(call quoted,PLACE)) \
	$(if $(value FOLDER),--directory $(call quoted,FOLDER)) $(1) $(if $(value ARGS),-- $(value ARGS))

export PYTHONPATH := workflow/scripts

.PHONY: study claims answer predict publish judge-again report test test-slow test-slurm test-sge faults lint format bench growth r-check schema lock

study: $(INSTALLED)
	@$(call LAUNCH,)

# The thread's claims beside what the studies in results/ measured.
claims: $(VENV)/study.installed
	@mkdir -p results
	$(BIN)/python -m biasinit.reporting.claims.overview --html results/claims.html > results/claims.md
	@echo "Written: results/claims.html and results/claims.md"

# One answer over all finished studies, a page and a few sentences: make answer, or over the published
# ones, without training: make answer RESULTS=docs/measured
RESULTS ?= results
answer: $(VENV)/study.installed
	$(BIN)/python -m biasinit.reporting.atlas --results $(call quoted,RESULTS)

# What the finished studies say beforehand of one that was not run: make predict STUDY=studies/NAME.yaml
predict: $(VENV)/study.installed
	$(BIN)/python -m biasinit.reporting.atlas --results $(call quoted,RESULTS) --predict $(call quoted,STUDY)

# What is made of the tables in docs/measured: the ledger of claims, and the answer with its picture.
define PUBLISHED
$(BIN)/python -m biasinit.reporting.claims.overview --results docs/measured > docs/claims.md
$(BIN)/python -m biasinit.reporting.atlas --results docs/measured --figure docs/measured/answer.svg > docs/measured/answer.md
endef

# docs/claims.md, and the tables in docs/measured that it is made of, from the studies in results/.
publish: $(VENV)/study.installed
	$(BIN)/python -m biasinit.reporting.claims.publish
	$(PUBLISHED)

# The same from the runs in docs/measured, by today's statistics; trains nothing, in some minutes.
judge-again: $(VENV)/study.installed
	$(BIN)/python bench/statistics/published_again.py --publish
	$(PUBLISHED)

# The report as PDF, where a Chromium is installed, beside the page and the answer as Markdown; and
# Snakemake's own report around the same items.
report: $(INSTALLED)
	@$(call LAUNCH,--pdf)
	$(BIN)/snakemake $(if $(value STUDY),--configfile $(call quoted,STUDY)) \
		$(if $(value FOLDER),--directory $(call quoted,FOLDER)) $(value ARGS) \
		--report results/snakemake-report.html

test: $(VENV)/dev.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not browser"

test-slow: $(VENV)/dev.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "(slow or browser) and not slurm and not sge"

# A real SLURM of two nodes on this machine; skipped with a message without Debian's packages
# slurmctld, slurmd, slurm-client, slurm-wlm-basic-plugins and munge.
test-slurm: $(VENV)/dev.installed $(VENV)/cluster.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slurm

# A real Grid Engine of two hosts on this machine; skipped with a message without Debian's packages
# gridengine-master, gridengine-exec and gridengine-client, and a C compiler.
test-sge: $(VENV)/dev.installed $(VENV)/cluster.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m sge

# The table of docs/faults.md, from what the tests of faults see on this machine.
faults: $(VENV)/dev.installed $(VENV)/cluster.installed
	RECORD_FAULTS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest \
		tests/workflow/test_interruptions.py tests/clusters
	$(BIN)/python tests/faults.py

lint: $(VENV)/dev.installed
	# no cache: it does not see that a module has moved, which changes how imports sort
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: $(VENV)/dev.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/Snakefile workflow/rules

# Training against what a user would otherwise write, and how its cost grows; nothing else should be
# running. BENCH holds further arguments, such as BENCH='--part resnet'. The peer JAX gets an
# environment of its own.
bench: $(VENV)/dev.installed .venv-jax/installed
	$(BIN)/python bench/training/cpu.py $(BENCH)
	$(BIN)/python bench/tables.py

growth: $(VENV)/dev.installed
	$(BIN)/python bench/training/growth.py $(BENCH)
	$(BIN)/python bench/tables.py

.venv-jax/installed: bench/training/requirements-jax.txt
	$(PYTHON) -m venv --without-pip .venv-jax
	$(PYTHON) -m pip --python .venv-jax/bin/python --disable-pip-version-check install --quiet -r $<
	@touch $@

# Fits the study's own runs in R too and prints the largest differences; needs Debian's packages
# r-cran-lme4, r-cran-lmertest, r-cran-emmeans and r-cran-nlme.
r-check: $(VENV)/study.installed
	$(BIN)/python bench/statistics/r_check.py $(or $(NAME),digits)

# The JSON schema and the reference of a study's keys, from the typed model; the reference of
# tables, from their declarations; the inventory of bad input, from the tests.
schema: $(VENV)/study.installed
	$(BIN)/python -m biasinit.study.schema > workflow/schemas/study.schema.json
	$(BIN)/python -m biasinit.study.schema --markdown > docs/configuration.md
	$(BIN)/python -m biasinit.analyses.documentation > docs/tables.md
	$(BIN)/python tests/bad_input.py > docs/bad_input.md

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m biasinit.execution.places $@
	@$(PYTHON) -m pip --version > /dev/null 2>&1 || \
		{ echo "pip is missing; on Debian: apt-get install python3-pip"; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/study.installed: requirements.txt | $(BIN)/python
	@echo "Installing what the study needs into $(VENV) (once; the README states the size) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.installed: requirements-dev.txt $(VENV)/study.installed
	$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/cluster.installed: requirements-cluster.txt $(VENV)/study.installed
	$(PIP) -r requirements-cluster.txt
	@touch $@

lock: $(VENV)/dev.installed
	$(PIP) pip-tools
	# a local build such as +cpu would not be found elsewhere
	for name in requirements requirements-dev requirements-cluster; do \
		$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url \
			--no-emit-find-links --no-emit-trusted-host --output-file $$name.txt $$name.in && \
		sed -i 's/+cpu$$//' $$name.txt || exit 1; \
	done
	$(BIN)/python envs/of_pins.py requirements.txt > envs/environment.yaml
