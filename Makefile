# The two commands of the README are `make demo` and `make test`; CI runs these same targets.
PYTHON ?= python3
BIN := .venv/bin
DEMO_INDEX := demo-index
HOST ?= 127.0.0.1
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help setup demo index-demo test check lint types imports clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.done  ## make .venv with everything in it

.venv/.done: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed; name one with: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

index-demo: setup  ## index the sample knowledge base
	$(BIN)/triptych index examples/knowledge --into $(DEMO_INDEX)

demo: index-demo  ## set up, index the samples, serve the page
	$(BIN)/triptych serve --index $(DEMO_INDEX) --host $(HOST) --port $(PORT)

# A thread each: there is a process of tests for every core.
test: export OMP_NUM_THREADS := 1
test: setup  ## set up and run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: setup lint types imports test  ## all that CI checks

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

clean:  ## remove what set-up and the demo made
	rm -rf .venv $(DEMO_INDEX) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
