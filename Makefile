# Two commands matter: `make run` opens the demo, `make test` proves the house. Both set up what they need.
.PHONY: help setup check test run bench faults
.DEFAULT_GOAL := help

# What Python has compiled is kept, whatever the shell says: else each engine that a test starts compiles the whole house again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
ARGS ?=

help:
	@echo "make run     set up, start the demo world, print the address and the logins (ARGS='--port 8080' passes options)"
	@echo "make test    set up, check, and run every test, live ones included"
	@echo "make check   format, lint, types, and who may import whom"
	@echo "make bench   measure, and print the rows of docs/benchmarks.md"
	@echo "make faults  crash a real house at every failpoint, try every fault, kill it at random moments; on every setup"
	@echo "make setup   only set up: .venv, and the Debian packages that the tests need"

setup:
	@.ci/setup test

check:
	@.ci/setup run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup check
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder $(ARGS)

run:
	@.ci/setup run
	@exec $(BIN)/python -m cordboard up --demo $(ARGS)

bench: setup
	$(BIN)/python -m bench $(ARGS)

faults:
	@.ci/setup faults
	$(BIN)/python -m tests.faults.night $(ARGS)
