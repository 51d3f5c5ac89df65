# `make check test` is what a contributor runs; .ci/run adds the slow sweeps and the demo.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.PHONY: check test slow bench demo clean

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: $(READY)
	$(BIN)/pytest -n 2 -m 'not slow'

slow: $(READY)
	$(BIN)/pytest -m slow --timeout 1800

bench: $(READY)
	$(BIN)/python tests/benchmarks/run.py

demo: $(READY)
	$(BIN)/python fieldfare.py demo

clean:
	rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Fieldfare needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq -y install python3-venv; } \
		|| { echo 'Missing Debian package: python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable '.[server,mobile,dev]'
	@touch $@
