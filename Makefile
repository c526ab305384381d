# Every target makes its own virtual environment from the locks; nothing needs doing before. What runs nights needs
# requirements-runtime.lock; requirements.lock adds what tests and checks need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUNNING := $(VENV)/.installed-runtime
STAMP := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
# Bytecode is made once and by all cores: where Python may not write it as it goes, every start would cost seconds.
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/(tests?|testing|geodata|carrierdata|tzdata)/'
WORKSPACE ?= data
DEMO_OPTIONS ?=
TEST_OPTIONS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check format ui docs bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(RUNNING): requirements-runtime.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements-runtime.lock
	$(INSTALL) --no-build-isolation -e .
	-@$(COMPILE) $(VENV)/lib pipeline models assets
	@touch $@

$(STAMP): requirements.lock $(RUNNING)
	$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

demo: $(RUNNING) ## write a sample retailer into data/ and run one night on it
	$(BIN)/huitou --workspace $(WORKSPACE) demo $(DEMO_OPTIONS)

test: $(STAMP) ## the whole test suite but the slow marks
	$(BIN)/python -m pytest $(TEST_OPTIONS)

test-slow: $(STAMP) ## the tests marked slow
	$(BIN)/python -m pytest -m slow $(TEST_OPTIONS)

check: $(STAMP) ## format, lint, types, SQL style, direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 sql
	$(BIN)/lint-imports

format: $(STAMP) ## mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --processes 2 sql

docs: $(STAMP) ## write the generated pages again
	$(BIN)/python -m pipeline.schemas.dictionary docs/data-dictionary.md

ui: $(RUNNING) ## Dagster's web pages and daemon on the workspace
	$(BIN)/huitou --workspace $(WORKSPACE) ui

bench: $(STAMP) ## seconds, rows per second and peak memory of the night by stage
	$(BIN)/python benchmarks/night.py

clean: ## remove what the targets above made, but no workspace
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
