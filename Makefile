# Everything is installed into .venv and .toolchain of this folder; nothing outside it is written.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILDS := .toolchain/model-builds
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r

.PHONY: help run test lint bench peers docs builds lock install develop toolchain clean

help:  ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/run.stamp  ## start both services and walk one model from its config to an admission decision
	@$(BIN)/python -m deploy.local.walkthrough

test: toolchain  ## all tests, with a real API server and a real Backstage
	$(BIN)/python -m pytest

lint: $(VENV)/dev.stamp  ## format, lint, types, layers, docstrings, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet neuroscale actions_service admission_webhook deploy
	$(BIN)/python -m neuroscale.rules.documentation --check docs/rules
	$(BIN)/python -m neuroscale.architecture.documentation --check docs/architectures.md
	$(BIN)/python -m tests.sizing.observations.table --check docs/memory-observations.md
	$(BIN)/python -m tests.sizing.throughput.page --check docs/throughput-measurements.md

bench: toolchain $(BUILDS)/stamp  ## measurements, each as a ratio against a baseline of the same run
	$(BIN)/python -m tests.bench.webhook_latency
	$(BIN)/python -m pytest tests/bench/test_architecture_bench.py --benchmark-enable --benchmark-group-by=param \
		--benchmark-columns=median,ops,rounds
	$(BUILDS)/bin/python -m tests.bench.peers.measure
	$(BIN)/python -m tests.bench.check_beside_kyverno
	$(BIN)/python -m tests.bench.plans

peers: $(BUILDS)/stamp  ## ask other tools about the same deployments and write docs/peers.md
	$(BUILDS)/bin/python -m tests.bench.peers.memory --write docs/peers.md

docs: $(VENV)/dev.stamp  ## write the generated pages
	$(BIN)/python -m neuroscale.rules.documentation --write docs/rules
	$(BIN)/python -m neuroscale.architecture.documentation --write docs/architectures.md
	$(BIN)/python -m tests.sizing.observations.table --write docs/memory-observations.md
	$(BIN)/python -m tests.sizing.throughput.page --write docs/throughput-measurements.md

builds: $(BUILDS)/stamp  ## record the parameters of real model builds anew (TYPES="llama qwen3" for some)
	$(BUILDS)/bin/python -m tests.architecture.model_builds.record $(TYPES)
	$(BUILDS)/bin/python -m tests.architecture.model_builds.record_modules $(TYPES)

install: $(VENV)/run.stamp  ## what the services and the command need

develop: $(VENV)/dev.stamp  ## what tests and linters need as well

toolchain: $(VENV)/dev.stamp  ## the control plane, kubectl and Backstage that the tests run against
	$(BIN)/python -m tests.rigs.control_plane.build
	$(BIN)/python -m tests.rigs.backstage.install

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-emit-index-url \
	--python-version 3.11 --custom-compile-command "make lock"

lock: $(VENV)/dev.stamp  ## pin the newest versions that pyproject.toml allows
	$(COMPILE) requirements/build.in -o requirements/build.lock
	$(COMPILE) pyproject.toml -o requirements/run.lock
	$(COMPILE) pyproject.toml --group dev --group rigs -o requirements/dev.lock
	$(COMPILE) pyproject.toml --group model-builds -o requirements/model-builds.lock

clean:  ## remove what was installed and built
	rm -rf $(VENV) .toolchain

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock requirements/build.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) requirements/build.lock -r requirements/run.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(INSTALL) requirements/dev.lock
	@touch $@

$(BUILDS)/stamp: requirements/model-builds.lock
	$(PYTHON) -m venv $(BUILDS)
	$(BUILDS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/model-builds.lock
	@touch $@
