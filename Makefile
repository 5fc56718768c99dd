# Each target does all of its own set-up: a fresh clone needs nothing but Python 3.10 or later.
#   make course   run every lab headless on a fresh local cloud, and show the points
#   make lab      JupyterLab on the course, on the local cloud
#   make test     everything a change must pass
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: course lab test lint bench clean

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
