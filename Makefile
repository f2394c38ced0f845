# make run   set everything up and run the wind farm
# make test  set everything up and test everything
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps

LOCK := $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run serve test quick check format bench clients crash fuzz conformance spark soak docs lock clean machine

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run ## set up and run the wind farm (Ctrl-C stops it, everything stays)
	@$(BIN)/afluente up

serve: $(VENV)/.run ## set up and serve the AWS APIs only
	@$(BIN)/afluente serve

test: check clients machine quick ## set up and run every check and test

quick: $(VENV)/.dev ## the tests alone
	$(BIN)/python -m pytest

machine: ## what some tests need of the machine, Chromium and rsync: as root on Debian; elsewhere they are skipped
	@missing=""; command -v rsync > /dev/null || missing="rsync"; \
	for name in chromium chromium-browser google-chrome-stable google-chrome none; do \
	  ! command -v $$name > /dev/null || break; done; [ $$name != none ] || missing="$$missing chromium"; \
	[ -z "$$missing" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && echo "Setting up $$missing" \
	  && { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } > /dev/null 2>&1; } \
	|| echo "Not on this machine: $$missing. The tests that need them will be skipped"

check: $(VENV)/.dev ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## format and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measure against the machine's raw limits, into bench/results/
	$(BIN)/python -m bench

crash: $(VENV)/.dev ## kills and power cuts under load, 300 of them, and every record counted (long)
	AFLUENTE_CRASHES=$${AFLUENTE_CRASHES:-300} $(BIN)/python -m pytest -n 0 -s tests/crash

fuzz: $(VENV)/.dev ## requests of every kind to every operation, 100,000 of them, and 15,000 policies (long)
	AFLUENTE_FUZZ=$${AFLUENTE_FUZZ:-100000} $(BIN)/python -m pytest -n 0 -s tests/fuzz tests/services/iam/evaluation/test_against_naive.py

conformance: $(VENV)/.dev ## S3 against the suites that others wrote for it (needs the internet)
	$(BIN)/python -m tests.conformance.run $(SUITES)

spark: $(VENV)/.spark ## set up Apache Spark beside Afluente, and run the scripts of jobs on it (400 MB)
	TEST_JOB_ENGINE=spark $(BIN)/python -m pytest -n 1 tests/services/glue/job/test_engines.py tests/services/glue/job/test_spark.py tests/services/glue/job/test_spark_function.py

soak: $(VENV)/.dev ## a steady load for an hour: do memory and latencies stay flat? (long)
	$(BIN)/python -m bench.soak

docs: $(VENV)/.dev ## write the generated pages again
	$(BIN)/python -m afluente.cli.main docs
	$(BIN)/python -m tests.services.athena.trino.page

lock: $(VENV)/.dev ## resolve the dependencies; UPGRADE=--upgrade takes the newest
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --extra spark --constraint requirements-dev.lock --output-file requirements-spark.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --output-file tests/clients/requirements.lock tests/clients/requirements.in

clean: ## remove the virtual environment (never the data)
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Afluente needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once; about a minute)"
	$(PIP) --require-hashes -r requirements.lock
	@$(BIN)/python -c 'import pathlib, site; pathlib.Path(site.getsitepackages()[0], "afluente.pth").write_text(str(pathlib.Path("src").resolve()))'
	@printf '#!%s\nimport sys\nfrom afluente.cli.main import main\nsys.exit(main())\n' "$(abspath $(BIN)/python)" > $(BIN)/afluente && chmod +x $(BIN)/afluente
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Setting up the development tools"
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# pyspark comes as source alone
$(VENV)/.spark: requirements-spark.lock $(VENV)/.dev
	@echo "Setting up Apache Spark"
	$(PIP) --no-binary pyspark --require-hashes -r requirements-spark.lock
	@touch $@

clients: $(VENV)/clients/.done

$(VENV)/clients/.done: tests/clients/requirements.lock | $(BIN)/python
	@echo "Setting up the clients that need an environment of their own"
	$(PYTHON) -m venv $(VENV)/clients
	$(VENV)/clients/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps --require-hashes -r tests/clients/requirements.lock
	@touch $@
