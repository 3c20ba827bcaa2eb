# `make` does what CI does. Every target makes .venv and installs what it needs by itself.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.DEFAULT_GOAL := test
.PHONY: test serve fmt validate build help clean

test: .venv/dev ## format check, lint, types, tests, validate: what CI does
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/kgraph fmt --check
	$(BIN)/pytest -n 2
	$(BIN)/kgraph validate

serve: .venv/serve ## build a snapshot and answer on http://localhost:8000 (PORT=… for another)
	$(BIN)/kgraph build
	$(BIN)/kgraph serve --port $(PORT)

fmt: .venv/dev ## write Turtle and Python in their canonical form
	$(BIN)/kgraph fmt
	$(BIN)/ruff format .

validate: .venv/core ## check the data set
	$(BIN)/kgraph validate

build: .venv/core ## build a snapshot in build/
	$(BIN)/kgraph build

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

clean: ## remove .venv and everything built
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11; run make PYTHON=python3.12, for instance."; exit 2; }
	$(PYTHON) -m venv .venv

.venv/core: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --editable . --constraint constraints.txt
	touch $@

.venv/serve: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --editable '.[serve]' --constraint constraints.txt
	touch $@

.venv/dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --editable '.[serve,dev]' --constraint constraints.txt
	touch $@
