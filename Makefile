# Two commands do all the set-up on a machine with Python 3.11 and make: `make run` and `make test`.
UV_VERSION := 0.13.8
PYTHON := $(shell command -v python3.11 || command -v python3)
UV := .uv/bin/uv
ALL := .venv/.synced-all
RUN := .venv/.synced-run
# Where it is set (in container images), each process would compile every module it imports: seconds of every start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run seat test check fmt browser bench soak

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: $(RUN)  ## the page; without a key, the keyless planner answers
	.venv/bin/streamlit run vibehuntr_playground.py

seat: export NAME =
seat: export FACTS =
seat: export PORT = 8801
seat: export HOST = 127.0.0.1
seat: $(RUN)  ## a friend's agent for a meeting elsewhere; `make seat NAME=Ben FACTS="vegan, free after 18" PORT=8801`
	@.venv/bin/python -m vibehuntr_agent.serve_seat --name "$$NAME" --facts "$$FACTS" --port "$$PORT" --host "$$HOST"

test: $(ALL)  ## every test; browser tests need Chromium and are skipped without it, but never in CI
	.venv/bin/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(ALL)  ## lint, format, types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/basedpyright --level error

fmt: $(ALL)  ## format, and mend what the linter can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

browser: $(ALL)  ## only the browser tests
	.venv/bin/python -m pytest -q -m browser $(ARGS)

bench: $(ALL)  ## the measurements; `make bench ARGS="--only chunk_to_dom"` for one row
	.venv/bin/python benchmarks/run.py $(ARGS)

soak: $(ALL)  ## an hour of 50 users; `make soak ARGS="--minutes 3"` for less
	.venv/bin/python benchmarks/soak.py $(ARGS)

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(ALL): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --all-groups --python $(PYTHON)
	@touch $(ALL) $(RUN)

$(RUN): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --python $(PYTHON) --inexact
	@touch $(RUN)
