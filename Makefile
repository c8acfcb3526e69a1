# Two commands need nothing but Python >= 3.11 (with venv), git and make: `make demo` and `make test`.
# `make help` lists the rest. The first one that is called makes .venv from the lock files.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types bench lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --require-hashes
TESTS ?= tests
ARGS ?=

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

demo: $(VENV)/runtime.stamp ## the main job on this machine; ARGS=--once stops after the last step
	@$(BIN)/rundbrief demo $(ARGS)

test: $(VENV)/dev.stamp ## all tests; TESTS=tests/web ARGS=-x for a part of them
	@$(BIN)/python -m pytest -n 2 $(TESTS) $(ARGS)

check: lint types test ## everything that has to hold before a commit

format: $(VENV)/dev.stamp ## put the code into the house's form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(VENV)/dev.stamp ## form and lint, changing nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/dev.stamp ## mypy --strict
	@$(BIN)/mypy --strict bridge

bench: $(VENV)/dev.stamp ## the benchmarks
	@$(BIN)/python -m bench $(ARGS)

clean: ## forget the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info

# --- the environment: what runs, and on top of it what develops --------------------------------------------------

$(VENV)/python.stamp:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        $$python -m venv $(VENV) && touch $@ && exit 0; \
	    fi; \
	done; \
	echo "Rundbrief needs Python 3.11 or newer with venv (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1

$(VENV)/runtime.stamp: $(VENV)/python.stamp requirements.lock pyproject.toml
	@echo "installing what Rundbrief runs on ..."
	@$(INSTALL) -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q bridge # as pip does for all that is not editable: each start, each hook would do it
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements-dev.lock requirements-wire.lock
	@echo "installing what the tests need ..."
	@$(INSTALL) -r requirements-dev.lock
	@$(INSTALL) --no-deps -r requirements-wire.lock
	@touch $@

# --- the lock files: exact versions with hashes, naming no index --------------------------------------------------

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock: $(VENV)/dev.stamp ## pin the dependencies of pyproject.toml again; ARGS=--upgrade for the newest
	@$(PIP) install --quiet uv
	@$(LOCK) $(ARGS) --group build --output-file requirements.lock pyproject.toml
	@$(LOCK) $(ARGS) --group dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml
	@$(LOCK) $(ARGS) --group wire --no-deps --output-file requirements-wire.lock
