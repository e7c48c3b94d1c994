# The front door. `make run` and `make test` set up everything by themselves, in .venv.

VENV := .venv
BIN := $(VENV)/bin

# The first Python that is new enough; PYTHON=… on the command line chooses another one.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHONS := 3.15 3.14 3.13 3.12 3.11
ifndef PYTHON
PYTHON := $(shell for python in python3 $(addprefix python,$(PYTHONS)); do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)
endif
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# Where pyenv keeps Pythons that are not on the PATH; nothing where there is no pyenv.
PYENV_PYTHONS = $(shell pyenv root >/dev/null 2>&1 && for bin in "$$(pyenv root)"/versions/*/bin; do \
	printf ':%s' "$$bin"; done)

# Compiled modules are kept whatever the environment says: the tests start hundreds of programs, and
# pytest's rewriting of 700 modules, in every worker, is two thirds of what collecting them takes.
export PYTHONDONTWRITEBYTECODE :=

# A file of tests stays with one worker, because what its tests share takes time to set up. The
# order is that of conftest.py.
PYTEST_WORKERS := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What a person adds: make run ARGS="--select 'tls/**'", make test ARGS="-k spool".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test fuzz bench clean

help:
	@echo "make run     set up, then run the bundled scenarios against the reference sender"
	@echo "make test    set up, then run all tests, and parts of them on the other Pythons from 3.11"
	@echo "make fuzz    set up, then throw 100,000 arbitrary inputs at fakes and readers: half an hour of processor"
	@echo "make bench   set up, then measure ours beside its peers, which it installs into .bench"
	@echo "make setup   only set up: the package and its tools, in $(VENV)"
	@echo "make clean   remove what the others made"
	@echo ""
	@echo "PYTHON=python3.12 chooses the Python; ARGS=\"…\" is handed to harness run or pytest."

# Done again when the Python, the place or the pinned versions are not those of the last time.
setup:
	@set -e; \
	test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer is needed and none is on the PATH; try make PYTHON=/path/to/python3"; \
		exit 1; }; \
	$(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not; try make PYTHON=python3.12"; \
		exit 1; }; \
	place="$$($(PYTHON) -V) in $(CURDIR)"; \
	pins="$$(cat pyproject.toml constraints.txt | cksum)"; \
	if [ "$$(sed -n 1p $(VENV)/.ready 2>/dev/null)" != "$$place" ]; then \
		echo "setting up $(VENV) with $$($(PYTHON) -V): once, about half a minute"; \
		$(PYTHON) -m venv --clear $(VENV); \
	elif [ "$$(sed -n 2p $(VENV)/.ready)" != "$$pins" ]; then \
		echo "bringing $(VENV) up to date with pyproject.toml and constraints.txt"; \
	else \
		exit 0; \
	fi; \
	rm -f $(VENV)/.ready; \
	$(PIP) install --constraint constraints.txt pip; \
	$(PIP) install --constraint constraints.txt --group dev --editable '.[ses]'; \
	printf '%s\n%s\n' "$$place" "$$pins" > $(VENV)/.ready

run: setup
	@$(BIN)/harness run $(ARGS)

# The other Pythons come first, so that the last lines are the summary of this one's tests, which
# has a line on each of the others.
test: setup
	@rm -f .tox/result.json
	@export PATH="$$PATH$(PYENV_PYTHONS)"; \
	own=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	here=; newest=; tried=; \
	for each in $(PYTHONS); do \
		if [ $$each = $$own ] || python$$each -c '' 2>/dev/null; then \
			here="$$here $$each "; newest=$${newest:-$$each}; oldest=$$each; \
		fi; \
	done; \
	for each in $(PYTHONS); do \
		case "$$own $$newest $$oldest" in *$$each*) ends=yes ;; *) ends= ;; esac; \
		case "$$here" in *" $$each "*) suffix=$${ends:--pure} ;; *) suffix= ;; esac; \
		if [ $$each != $$own ]; then tried=$$tried,$$each$${suffix#yes}; fi; \
	done; \
	on_others() { \
		$(BIN)/tox run --quiet --result-json .tox/result.json -e $${tried#,} -- \
			--quiet $(PYTEST_WORKERS) $(ARGS); \
	}; \
	if [ $$newest = $$oldest ]; then \
		echo "there is no other Python here"; \
		on_others >/dev/null 2>&1 || true; \
	else \
		echo "the pure and wire tests on the newest and the oldest Python here, some pure ones between"; \
		on_others || true; \
	fi
	@echo "every test on $$($(BIN)/python -V)"
	@HARNESS_TOX_RESULT=.tox/result.json $(BIN)/pytest $(PYTEST_WORKERS) $(ARGS)

# As tests/fuzz does it among all tests with a few hundred; HARNESS_FUZZ=… is another number.
HARNESS_FUZZ ?= 100000
fuzz: setup
	@HARNESS_FUZZ=$(HARNESS_FUZZ) $(BIN)/pytest $(PYTEST_WORKERS) tests/fuzz $(ARGS)

# The peers are not needed for anything else, and have a place of their own, which git ignores.
# Without npm there is no prism, and the table is without it.
PRISM := @stoplight/prism-cli@5.14.2
bench: setup
	@set -e; \
	pins="$$($(PYTHON) -V) $$(cat benchmarks/peers.txt | cksum) $(PRISM)"; \
	if [ "$$(cat .bench/.ready 2>/dev/null)" != "$$pins" ]; then \
		echo "installing the peers into .bench: once, about a minute"; \
		$(PYTHON) -m venv --clear .bench; \
		echo '*' > .bench/.gitignore; \
		.bench/bin/python -m pip --quiet --disable-pip-version-check --no-input install \
			--requirement benchmarks/peers.txt; \
		if command -v npm >/dev/null; then \
			npm install --silent --no-audit --no-fund --prefix .bench/node $(PRISM); \
		fi; \
		printf '%s\n' "$$pins" > .bench/.ready; \
	fi
	@$(BIN)/python benchmarks/run.py $(ARGS)

clean:
	rm -rf $(VENV) .tox .bench .strangers build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
