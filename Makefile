# make demo and make test need Python 3.11 and nothing else: each installs what it lacks.
PYTHON ?= python3.11
STUDY ?= studies/demo.yaml
# the demo's models are small enough for two at a time anywhere
WORKERS ?= $(if $(filter studies/demo.yaml,$(STUDY)),2,1)
VENV := .venv
# tests of one file, or of a group of files (tests/conftest.py), share what they train, so they stay in
# one process; the longest start first
AT_ONCE ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BIN := $(abspath $(VENV))/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
export PATH := $(BIN):$(PATH)
export HF_HUB_OFFLINE ?= 1
export MLFLOW_DISABLE_TELEMETRY ?= true
export MLFLOW_EXPERIMENT_NAME ?= brain-alignment
export MPLCONFIGDIR ?= $(abspath $(VENV))/matplotlib

.PHONY: demo test slow coverage mutants setup lock check format ui bench gpu docs picture clean clean-cache

demo: setup  ## run studies/demo.yaml, offline
	mlflow run . --env-manager local -P study=$(STUDY) -P workers=$(WORKERS)

test: setup  ## run the test suite
	python -m pytest $(AT_ONCE)

slow: setup  ## run the wide and long tests too, those in a browser among them
	.ci/browser
	python -m pytest $(AT_ONCE) -m "slow or not slow"

coverage: setup  ## the test suite, and which branches of the library it takes
	python -m pytest $(AT_ONCE) --cov --cov-report=term:skip-covered

mutants: setup  ## change the modules that decide results, and see which changes their tests notice
	$(PIP) cosmic-ray==8.7.0
	python .ci/mutants.py

setup: $(VENV)/installed  ## make .venv with the locked requirements

# the lock is of Linux on x86_64 with the CPU build of torch; elsewhere the pins alone are installed,
# but never where a package is not the one that was locked
$(VENV)/installed: requirements.txt requirements-dev.txt requirements.lock
	$(PYTHON) -m venv $(VENV)
	@if ! $(PIP) --require-hashes -r requirements.lock 2> $(VENV)/pip.txt; then \
	  if grep -q "DO NOT MATCH" $(VENV)/pip.txt; then cat $(VENV)/pip.txt; exit 1; fi; \
	  echo "requirements.lock does not fit this machine ($(VENV)/pip.txt says why): pins alone"; \
	  $(PIP) -r requirements-dev.txt || exit 1; \
	fi
	touch $@

lock:  ## write requirements.lock anew, after requirements have changed
	uv pip compile requirements-dev.txt --output-file requirements.lock --generate-hashes --quiet \
	  --python-version 3.11 --python-platform x86_64-manylinux_2_28 --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links $(addprefix --find-links ,$(PIP_FIND_LINKS))

check: setup  ## style, types, import contracts, and known weaknesses of what is installed
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	python .ci/audit.py

format: setup
	ruff format .
	ruff check --fix .

ui: setup  ## browse the runs on http://127.0.0.1:5000
	python -m entrypoints.ui

bench: setup  ## time and memory of alignment: beside its peers, at other shapes, and as sizes grow
	python -m benchmarks.align
	python -m benchmarks.shapes
	python -m benchmarks.growth

gpu:  ## tuning, extraction, alignment and tests of devices on one GPU; say PYTHON, whose torch has CUDA
	$(PYTHON) -m benchmarks.device
	$(PYTHON) -m benchmarks.extract
	$(PYTHON) -m benchmarks.align_device
	$(PYTHON) -m pytest tests/alignment/test_backends.py tests/models/test_devices.py tests/tuning/test_loop.py

docs: setup  ## build the pages of docs/ into site/, every link checked
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict --quiet

picture: demo  ## draw anew the demo's answer that README shows
	cp "$$(dirname "$$(python -m entrypoints.report | sed -n 's/^report: //p')")/figures/answer.svg" docs/

clean:  ## remove the store, not the environment
	rm -rf mlflow.db mlflow.db.lock mlruns unfinished running site

clean-cache:  ## remove what is made again when it is needed: measurements, converted bases, checks
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/brain-alignment" "$(MPLCONFIGDIR)"
	rm -rf "$${HF_HUB_CACHE:-$${HF_HOME:-$$HOME/.cache/huggingface}/hub}/timm-as-bases"
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
