# SPDX-License-Identifier: Apache-2.0
# Two commands for newcomers: make demo, make test. Everything is installed into .venv; nothing else is touched,
# except that `make test` installs PostgreSQL and Chromium with apt where it may.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# A file stays with one process, and the slow ones, which come first, are begun first.
# Two more processes than a small machine has cores: some tests wait most of their time, for a lease or for a browser.
# What pytest makes of the tests' source is kept, whatever the machine says, since every process needs it in both runs.
PROCESSES ?= 4
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
# Pages and the API have no reads and no writes of their own (tests hold that), so on PostgreSQL those are run that lead through whatever
# the two databases do differently: JSON, order, times, locks. `make everywhere` runs all of them there.
PAGES_ON_POSTGRES := $(addprefix tests/web/,api/test_bookings.py $(addprefix pages/test_,hold_pages.py pages_and_file_agree.py))
# Of the operations those in which several are at work at once, or in which a key is made, changed or taken back.
OPERATIONS_ON_POSTGRES := $(addprefix tests/operations/test_,$(addsuffix .py,backup bookings brake holds key_clock key_places key_returns \
  key_sweep key_urgency keys limits lock_systems numbers openings reissue switching_off))
# Of the catalogue those rows in which somebody dies, several are at work, or answers are lost: there the databases differ.
FAULTS_ON_POSTGRES := $(addprefix tests/faults/test_,calls.py changes.py crashes.py machines.py)
ON_POSTGRES := tests/chaos $(FAULTS_ON_POSTGRES) tests/conf $(OPERATIONS_ON_POSTGRES) tests/queries tests/jobs $(PAGES_ON_POSTGRES)

.PHONY: demo compiled test everywhere check chaos screens bench format lint types contracts services clean

$(INSTALLED): pyproject.toml uv.lock
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.9,<1" \
	  && $(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode --extra dev --python $(BIN)/python \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $(INSTALLED)

demo: $(INSTALLED)
	@exec $(BIN)/einlass demo

# Tests start many processes, and some machines tell Python to keep nothing of what it has compiled.
compiled: $(INSTALLED)
	@$(BIN)/python -m compileall -q src tests

test: compiled services
	$(PYTEST) tests
	EINLASS_TEST_DATABASE=postgres $(PYTEST) $(ON_POSTGRES)

everywhere: compiled services
	EINLASS_TEST_DATABASE=postgres $(PYTEST) tests/chaos tests/faults tests/conf tests/operations tests/queries tests/jobs tests/web

check: $(INSTALLED)
	@$(MAKE) --no-print-directory -j2 format lint types contracts
	@$(MAKE) --no-print-directory test

format: $(INSTALLED)
	$(BIN)/ruff format --check --quiet .

lint: $(INSTALLED)
	$(BIN)/ruff check --quiet .

types: $(INSTALLED)
	$(BIN)/mypy --no-error-summary

contracts: $(INSTALLED)
	$(BIN)/lint-imports --no-cache

services:
	@sh scripts/test_services.sh

# Many more runs of the state machine than in `make test`, then everything killed under load; QUICK=1 is a short storm.
chaos: $(INSTALLED) services
	EINLASS_TEST_CHAOS=many $(BIN)/python -m pytest -q tests/chaos tests/faults/test_crashes.py tests/e2e/test_panel_faults.py -s
	EINLASS_TEST_CHAOS=many EINLASS_TEST_DATABASE=postgres $(BIN)/python -m pytest -q tests/chaos tests/faults/test_crashes.py -s
	$(BIN)/python -m tests.chaos.storm $(if $(QUICK),--quick)

screens: $(INSTALLED) services
	$(BIN)/python scripts/screens.py

# How heavy and how quick things are. QUICK=1 measures shortly and keeps nothing; MEASURES=speed only that (docs/benchmarks.md).
bench: $(INSTALLED) services
	$(BIN)/python -m bench $(if $(QUICK),--quick) $(MEASURES)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache screens
