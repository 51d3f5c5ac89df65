# `make check test` is what a contributor runs; .ci/run adds the slow sweeps and the story.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# A window without a screen, a browser, and fonts for what the browser shows.
WINDOW := libgl1 libegl1
BROWSER := chromium fonts-noto-cjk
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.PHONY: check test slow bench demo screenshots clean

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: $(READY)
	@tools/need $(WINDOW) $(BROWSER)
	$(BIN)/pytest -n 2 --dist loadgroup -m 'not slow'

slow: $(READY)
	@tools/need $(WINDOW) $(BROWSER)
	$(BIN)/pytest -n 2 --dist loadgroup -m slow --timeout 1800

bench: $(READY)
	$(BIN)/python tests/benchmarks/run.py

# With ONCE=1 the story is played and compared, and that is all. What it leaves is in var/demo.
demo: $(READY)
	@tools/need $(WINDOW) $(BROWSER)
	$(BIN)/python -m tests.story.play $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

screenshots: $(READY)
	@tools/need $(WINDOW) $(BROWSER)
	$(BIN)/python -m tests.looks.sheets --out var/screenshots

clean:
	rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Fieldfare needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| tools/need python3-venv
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable '.[server,mobile,dev]'
	@touch $@
