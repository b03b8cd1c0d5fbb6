# What a person does here. `make` alone lists it; each target says after ## what it is for.
# Nothing is needed beforehand but Python 3.11 or later: everything else is fetched into .venv and .spplus.
.DEFAULT_GOAL := help
.PHONY: endurance nightly help bootstrap bootstrap-dev bootstrap-bench parts browser promtool up demo test suites check fix lock bench test-open-data clean

BIN := .venv/bin
MEMBERS := contracts/spplus_contracts $(wildcard services/*/spplus_*) deploy/embedded/spplus_embedded
FAST := $(wildcard tests/unit tests/architecture)
WORKERS ?= auto
PYTEST := $(BIN)/pytest -q -n $(WORKERS) --dist loadfile
# What failed beside others on a crowded machine is named, and must pass alone, on fresh parts; a real fault fails again.
AGAIN = echo "failed above: once more, alone" && $(BIN)/spplus parts run -- $(BIN)/pytest -q --last-failed --last-failed-no-failures none tests
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	$(foreach name,contracts chassis feedback indicators notifier embedded,--no-emit-package spplus-$(name))

help: ## list what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name text; \
		do printf '  make %-16s %s\n' "$$name" "$$text"; done

bootstrap: ## make .venv with what the platform needs (the other targets do it by themselves)
	@bash deploy/embedded/bootstrap.sh run

bootstrap-dev:
	@bash deploy/embedded/bootstrap.sh dev

bootstrap-bench: bootstrap
	@bash deploy/embedded/bootstrap.sh bench

parts:
	@$(BIN)/spplus parts fetch

browser:
	@bash deploy/embedded/browser.sh

promtool:
	@bash deploy/embedded/promtool.sh

up: bootstrap ## run the platform until Ctrl-C; data in .spplus/up (RESET=1 starts empty)
	@exec $(BIN)/spplus up $(if $(filter 1 yes true,$(RESET)),--reset)

demo: bootstrap ## play a year of one region through the public doors and show the figures
	@exec $(BIN)/spplus demo

test: check suites ## every check and every suite, on the real Kafka and PostgreSQL

# Long files stand first (e2e, faults): taken by their count of tests, as pytest-xdist would, the longest came last.
suites: bootstrap-dev parts browser promtool
	$(PYTEST) $(FAST)
	$(BIN)/spplus parts run -- $(PYTEST) --no-loadscope-reorder tests $(addprefix --ignore=,$(FAST)) || { [ $$? -eq 1 ] && $(AGAIN); }

check: bootstrap-dev ## linters, types, import rules, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(MEMBERS)
	$(BIN)/lint-imports
	$(BIN)/codespell

fix: bootstrap-dev ## put the code into the form that `make check` wants, as far as a program can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m spplus_contracts contracts/schemas
	$(BIN)/python -m tests.support.settings_page

lock: bootstrap-dev ## resolve the Python packages and Kafka's jars anew, with their hashes
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) --group bench -o requirements-bench.lock
	$(BIN)/spplus parts lock

bench: bootstrap-bench parts ## measure speed, growth, latency and more beside its peers; JSON in .spplus/bench (ARGS=--quick)
	@exec $(BIN)/python -m tests.bench $(ARGS)

endurance: bootstrap-dev parts ## a million random events through the killed service, then audit and judge (ARGS="--events 20000")
	@exec $(BIN)/python -m tests.endurance $(ARGS)

nightly: bootstrap-dev parts ## the properties on many more random histories
	$(BIN)/spplus parts run -- $(PYTEST) --hypothesis-profile=nightly tests/unit/indicators tests/integration/indicators/test_any_history.py

test-open-data: bootstrap-dev parts ## import the official open data of DATA=folder and check the published figures
	$(if $(DATA),,$(error say where the open data is: make test-open-data DATA=folder))
	$(BIN)/pytest -q tests/open_data --open-data "$(DATA)"

clean: ## delete what was made: .venv, .spplus (all local data), build, caches
	@if [ -e .spplus/platform.env ]; then echo "the platform runs (or was killed): stop it first, or delete .spplus/platform.env"; exit 1; fi
	rm -rf .venv .spplus build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
