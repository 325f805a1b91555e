# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header --no-annotate

unexport PYTHONDONTWRITEBYTECODE  # the tests start metabot hundreds of times: what it compiles is kept

.PHONY: help demo test test-all lint types lock bench wheel clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# uv fetches beside each other what pip fetches in turn. pip goes on where an index is set up for pip alone.
$(READY): requirements-uv.txt requirements.txt pyproject.toml instrument/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements-uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt \
	  || $(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable ./instrument --editable .
	@touch $(READY)

demo: $(READY)  ## run the example application and take it the whole way to pull requests
	$(BIN)/metabot demo

test: $(READY)  ## the suite without its slow lane and with fewer examples of each property, under 5 minutes
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not slow" --hypothesis-profile quick

test-all: $(READY)  ## the suite with its slow lane
	$(BIN)/python -m pytest -q -n 4 --dist worksteal $(if $(PYTEST_REPORT),--junitxml=$(PYTEST_REPORT))

lint: $(READY)  ## ruff, both halves
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

lock: $(READY)  ## pin every dependency with its hashes, for every platform and Python from 3.11 on
	$(PIN) --group dev --group examples --no-emit-package metabot-instrument pyproject.toml -o requirements.txt
	echo uv | $(PIN) --constraint requirements.txt - -o requirements-uv.txt

bench: $(READY)  ## measure speed and memory, and write docs/performance.md
	$(BIN)/python -m benchmarks --write $(if $(PHOENIX),--phoenix $(PHOENIX))

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel
	cd instrument && ../$(BIN)/python -m hatchling build -t wheel -d ../dist

clean:  ## forget the environment and the demo
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .hypothesis
