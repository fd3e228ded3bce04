# What people do with a checkout. It needs Python 3.11 or newer, git and make; everything else comes
# from the package index in exact versions (requirements/), into .venv and nowhere else.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
endif
BIN := .venv/bin

# The names of the stamps say what the environment was made from: it is made anew when that changes,
# and not when a checkout merely touches files.
MADE_FROM := $(shell { pwd; $(PYTHON) -VV; cat requirements/dev.txt; } 2>&1 | cksum | cut -d ' ' -f 1)
LOCKED := .venv/locked-$(MADE_FROM)
ENV := .venv/installed-$(MADE_FROM)-$(shell cksum < pyproject.toml | cut -d ' ' -f 1)

# A caller's environment must not leak into ours.
unexport PYTHONPATH PYTHONHOME
export PYTHONNOUSERSITE := 1
export PIP_USER := 0
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help env demo test torture lint types wheel lock map docs record bayes analyses calibrate bench values files queries clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 16

env: $(ENV) ## make .venv, if it is not there or not up to date

demo: $(ENV) ## the main job on an embedded PostgreSQL, in ./demo
	$(BIN)/parquetry demo demo

test: $(ENV) ## every test but the long ones
	$(BIN)/python -m pytest -n 2

torture: $(ENV) ## the long ones: hundreds of kills, millions of rows
	$(BIN)/python -m pytest -m torture -o faulthandler_timeout=0

lint: $(ENV) ## ruff: rules and format
	@status=0; $(BIN)/ruff check . || status=1; $(BIN)/ruff format --check . || status=1; exit $$status

types: $(ENV) ## mypy, strict
	$(BIN)/mypy

wheel: $(ENV) ## build the wheel and try it in an environment of its own
	$(BIN)/python .ci/wheel.py

map: $(ENV) ## print the tree that ARCHITECTURE.md must hold
	@$(BIN)/python -m tests.architecture

docs: $(ENV) ## write docs/reference anew from the code
	$(BIN)/python docs/generate.py

record: $(ENV) ## run what README, tutorial and how-tos show, and write down what it printed
	$(BIN)/python docs/record.py

# What it is compared with lives in an environment of its own.
BENCH := .venv-bench/locked-$(shell { pwd; $(PYTHON) -VV; cat requirements/bench.txt; } 2>&1 | cksum | cut -d ' ' -f 1)
MEASURE = $(BIN)/python -m benchmarks $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(TABLES),--tables "$(TABLES)") $(if $(TOOLS),--tools "$(TOOLS)") $(if $(RESULTS),--results "$(RESULTS)")
bench: $(ENV) $(BENCH) ## speed and memory beside other tools (ROWS=10000000 ROUNDS=3 TABLES=events,wide TOOLS=… RESULTS=…)
	$(MEASURE)

values: $(ENV) $(BENCH) ## which values arrive, beside other tools (TOOLS=… RESULTS=…)
	$(MEASURE) --values

files: $(ENV) $(BENCH) ## a year of report files, beside other tools (ROUNDS=… RESULTS=…)
	$(MEASURE) --files

queries: $(ENV) ## the demo's queries over views, tables, live, and in PostgreSQL (ROWS=… ROUNDS=… RESULTS=…)
	$(MEASURE) --queries

# The sampler that the exact posterior is checked with has an environment of its own, for the time it takes to install.
BAYES := .venv-bayes/locked-$(shell { pwd; $(PYTHON) -VV; cat requirements/bayes.txt; } 2>&1 | cksum | cut -d ' ' -f 1)
bayes: $(BAYES) ## the exact posterior against NUTS, counts and shares
	PYTHONPATH=src .venv-bayes/bin/python -m pytest --noconftest -m torture -o faulthandler_timeout=0 \
		tests/analysis/test_nuts.py tests/analysis/test_families.py

analyses: $(ENV) ## how long the analyses take, beside CausalPy where .venv-bayes is there
	$(BIN)/python -m benchmarks.analysis_speed $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(RESULTS),--results "$(RESULTS)")

calibrate: $(ENV) ## false positives and coverage on 2,000 series a cell, and docs/calibration.md (an hour; SERIES=200: minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.calibration --jobs 2 $(if $(SERIES),--series $(SERIES))
	$(BIN)/python -m benchmarks.calibration_page

# UPGRADE=1 takes the newest versions; without it only what pyproject.toml or dev.in ask for changes.
COMPILE = $(BIN)/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
# All extras but `bayes`, which takes longer to install than all the rest.
DEV = $(addprefix --extra ,analysis arrow demo pandas report zstd)
lock: $(ENV) ## write requirements/*.txt anew (UPGRADE=1: newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) $(DEV) -o requirements/dev.txt pyproject.toml requirements/dev.in
	$(COMPILE) -c requirements/dev.txt -o requirements/core.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt --extra demo -o requirements/demo.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt --extra analysis --extra report -o requirements/analysis.txt pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra bayes --extra report -o requirements/bayes.txt pyproject.toml requirements/bayes.in
	$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements/dev.txt -o requirements/bench.txt requirements/bench.in

clean: ## remove .venv, .venv-bench, .venv-bayes, ./demo and what tools left behind
	rm -rf .venv .venv-bench .venv-bayes demo build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(LOCKED): | new-enough
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

$(ENV): $(LOCKED)
	@rm -f .venv/installed-*
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BAYES): | new-enough
	rm -rf .venv-bayes
	$(PYTHON) -m venv .venv-bayes
	@echo '*' > .venv-bayes/.gitignore
	.venv-bayes/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/bayes.txt
	@touch $@

$(BENCH): | new-enough
	rm -rf .venv-bench
	$(PYTHON) -m venv .venv-bench
	@echo '*' > .venv-bench/.gitignore
	.venv-bench/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/bench.txt
	@touch $@

.PHONY: new-enough
new-enough:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "parquetry needs Python 3.11 or newer, and $(or $(PYTHON),what is on the PATH) is not; name one: make PYTHON=/path/to/python3" >&2; \
		exit 1; }
