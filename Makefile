# The front door. `make run` and `make test` set up everything by themselves, in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test setup clean

help:
	@echo "make run    set up, then run the bundled scenarios against the reference sender"
	@echo "make test   set up, then run all tests"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once, until pyproject.toml or constraints.txt changes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable .
	@touch $@

run: setup
	@$(BIN)/harness run

test: setup
	@$(BIN)/python -m pytest

clean:
	rm -rf $(VENV) .tox build dist
