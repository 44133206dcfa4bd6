# make demo and make test need Python 3.11 and nothing else: each installs what it lacks.
PYTHON ?= python3.11
STUDY ?= studies/demo.yaml
VENV := .venv
# tests of one file share what they train, so a file stays in one process
AT_ONCE ?= -n auto --maxprocesses 4 --dist loadfile
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)
export HF_HUB_OFFLINE ?= 1
export MLFLOW_DISABLE_TELEMETRY ?= true
export MLFLOW_EXPERIMENT_NAME ?= brain-alignment
export MPLCONFIGDIR ?= $(abspath $(VENV))/matplotlib

.PHONY: demo test slow setup check format ui docs picture clean

demo: setup  ## run studies/demo.yaml, offline
	mlflow run . --env-manager local -P study=$(STUDY)

test: setup  ## run the test suite
	python -m pytest $(AT_ONCE)

slow: setup  ## run the wide and long tests too
	python -m pytest $(AT_ONCE) -m "slow or not slow"

setup: $(VENV)/installed  ## make .venv with the pinned requirements

$(VENV)/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

check: setup  ## style, types and import contracts
	ruff format --check .
	ruff check .
	mypy
	lint-imports

format: setup
	ruff format .
	ruff check --fix .

ui: setup  ## browse the runs on http://127.0.0.1:5000
	python -m entrypoints.ui

docs: setup  ## build the pages of docs/ into site/, every link checked
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict --quiet

picture: demo  ## draw anew the demo's answer that README shows
	cp "$$(dirname "$$(python -m entrypoints.report | sed -n 's/^report: //p')")/figures/answer.svg" docs/

clean:  ## remove the store, not the environment
	rm -rf mlflow.db mlflow.db.lock mlruns unfinished running site
