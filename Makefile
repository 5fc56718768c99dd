# Each target does all of its own set-up: a fresh clone needs nothing but Python 3.10 or later.
#   make course   run every lab headless on a fresh local cloud, and show the points
#   make lab      JupyterLab on the course, on the local cloud
#   make test     everything a change must pass
#   make conformance   what Google's own suites say of the local cloud: a quarter of an hour
#   make operations    how many operations of Google's storage clients and CLIs the local cloud passes: five minutes
#   make durability    a hundred kills under writers, a full disk
#   make bench-peers   the local cloud's storage beside two others
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ROUNDS ?= 120

.PHONY: course lab test lint bench bench-peers conformance operations durability clean

course: $(VENV)/lab.stamp
	@$(BIN)/labkit course

lab: $(VENV)/lab.stamp
	@$(BIN)/labkit lab

test: $(VENV)/test.stamp lint
	$(BIN)/labkit build --check
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(PYTEST)
	$(BIN)/labkit verify

lint: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/test.stamp
	$(BIN)/python -m tests.bench

bench-peers: $(VENV)/test.stamp
	$(BIN)/python -m tests.bench.peers

conformance: $(VENV)/test.stamp
	$(BIN)/python -m tests.conformance

operations: $(VENV)/test.stamp
	$(BIN)/python -m tests.operations

durability: $(VENV)/test.stamp
	LABKIT_KILL_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -s tests/durability

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/lab.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[lab]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[lab,test]'
	@touch $@ $(VENV)/lab.stamp

clean:
	rm -rf $(VENV) build
