# Two commands do everything: `make demo` and `make test`.  `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= demo-data
PORT   ?= 5006

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint types contracts unit ui browser format lock bench wheel clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "minian-web needs Python 3.11 or later; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

install: $(VENV)/.installed ## make the virtual environment and install minian-web
install-dev: $(VENV)/.installed-dev ## the same with the tools that tests need

demo: install ## write a demo dataset, serve it, print the URL
	@test -d $(DEMO) || $(BIN)/minian-web demo $(DEMO)
	$(BIN)/minian-web serve $(DEMO) --port $(PORT)

test: lint types contracts unit ui ## lint, types, import contracts, unit tests, browser tests

lint: install-dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev ## mypy
	$(BIN)/mypy

contracts: install-dev ## import contracts
	$(BIN)/lint-imports --no-cache

unit: install-dev ## unit tests
	$(BIN)/python -m pytest tests/unit -n auto

browser: ## install Chromium and ffmpeg when missing, or say what to install
	@.ci/browser

ui: install-dev browser ## browser tests in headless Chromium
	$(BIN)/python -m pytest tests/ui || { echo "browser tests that failed are tried once more, alone"; $(BIN)/python -m pytest tests/ui --last-failed; }

format: install-dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: install-dev ## write the lock files anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -c requirements.lock -o requirements-dev.lock

bench: install-dev browser ## measure the budgets of docs/performance.md
	$(BIN)/python -m benchmarks

wheel: install-dev ## build the wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what the commands above made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
