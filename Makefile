# `make check test` is what a contributor runs; .ci/run adds the slow sweeps and the story.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# A window without a screen, a browser, and fonts for what the browser shows.
WINDOW := libgl1 libegl1
BROWSER := chromium fonts-noto-cjk
# What makes a process fall at one call to the system, or the call find no room.
WATCH := strace
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

# What is compiled is kept, also on a machine that says otherwise: the tests start processes by
# the dozen, and each would compile the whole product anew before it does anything.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: check test slow postgres postgres-newest postgres-oldest postgres-faces simulate kills disk fuzz soak bench demo screenshots clean

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# A file runs in one process, so what its tests share is made once. Three processes on two cores,
# because one of them mostly waits for a browser, a server or a disk. What needs PostgreSQL is run by
# `make postgres`, which runs all of the server's.
test: $(READY)
	@tools/need $(WINDOW) $(BROWSER) $(WATCH)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not slow and not postgres'

slow: $(READY)
	@tools/need $(WINDOW) $(BROWSER) $(WATCH)
	$(BIN)/pytest -n 2 --dist worksteal -m slow --timeout 1800

# Tests with a server's books once more, on PostgreSQL instead of SQLite, on the newest release and on
# the oldest; postgres-faces are those of the console and of whole processes, on RELEASE or the newest.
postgres: postgres-newest postgres-oldest

postgres-newest: $(READY)
	$(BIN)/pytest -n 3 --dist loadfile -m 'not slow' --timeout 600 --database postgres \
		tests/server tests/contracts tests/test_postgres.py

postgres-oldest: $(READY)
	$(BIN)/pytest -n 3 --dist loadfile -m 'not slow' --timeout 600 --database postgres --postgres 16 \
		tests/server tests/contracts tests/test_postgres.py

postgres-faces: $(READY)
	@tools/need $(WINDOW) $(BROWSER)
	$(BIN)/pytest -n 3 --dist loadfile -m 'not slow' --timeout 600 --database postgres \
		$(if $(RELEASE),--postgres $(RELEASE)) tests/console tests/e2e

# SEEDS weeks from the seed FROM on, each different; see docs/proof.md.
simulate: $(READY)
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),500) --from $(or $(FROM),1)

# Servers and phones killed at random, so many rounds of it; `make slow` has forty.
kills: $(READY)
	$(BIN)/pytest -n 2 -m 'slow or not slow' --kill-rounds $(or $(ROUNDS),200) \
		--dist worksteal -rP tests/e2e/test_kills.py

# A process falls, or its disk is full, at every call that writes or syncs: SHARE of them, 1 for all;
# and CUTS power cuts in each scene.
disk: $(READY)
	@tools/need $(WATCH)
	$(BIN)/python -m tests.disk --share $(or $(SHARE),1) --cuts $(or $(CUTS),100)

# CASES of each kind of wrong thing, each made of SEED and its number; see docs/proof.md.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --cases $(or $(CASES),5000) --seed $(or $(SEED),1)

# DEVICES phones at one real server for MINUTES; the figures are in var/soak.json.
soak: $(READY)
	$(BIN)/python -m tests.soak --devices $(or $(DEVICES),500) --minutes $(or $(MINUTES),15)

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
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Fieldfare needs Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| tools/need python3-venv
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable '.[server,mobile,dev]'
	@touch $@
