# make app      the screens, on http://localhost:8501
# make test     every test, the browser's included
# make nightly  the same questions of more draws, requests and rows
# make check    format, lint, types, import order, known vulnerabilities of packages
# make rooms    the picture in docs/architecture.md
# make cases    files as people have them, through every door: FOLDER=…
# make docs     the pages of docs/ as a site, in site/
# make image    the container image (needs Docker)
# make pins     the hashes of what goes into it, after constraints.txt was changed

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

# Tests start many processes: what is compiled once should not be compiled in each of them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app test nightly check fix rooms docs cases image pins browser postgres newman

help:
	@sed -n 's/^# make/make/p' Makefile

app: .venv/.ready
	$(BIN)/streamlit run app.py --server.port $(PORT)

# Tests that share a resource stay on one worker: tests/groups.py. Three, as one of them often waits for a browser.
test: .venv/.ready-for-tests browser postgres newman
	$(BIN)/python -m pytest -n 3

nightly: .venv/.ready-for-tests browser postgres newman
	$(BIN)/python -m pytest -n 2 -m nightly

check: .venv/.ready-for-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python deploy/audited.py

fix: .venv/.ready-for-tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

rooms: .venv/.ready-for-tests
	$(BIN)/python docs/draw_rooms.py

docs: .venv/.ready-for-docs
	$(BIN)/python docs/draw_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

METHODS ?= adaptive independent value_seeded sequential
cases: .venv/.ready
	@test -n "$(FOLDER)" || { echo "Name a folder of files: make cases FOLDER=…"; exit 1; }
	$(BIN)/python bench/cases.py "$(FOLDER)" --methods $(METHODS)

image:
	docker build --tag synth .

pins: | $(BIN)/python
	$(BIN)/python deploy/pinned.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "synth needs Python 3.11 or newer, and '$(PYTHON)' is not that." \
	       "Install it, or name another: make PYTHON=/path/to/python3.12 app"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python could not make a virtual environment." \
	       "On Debian and Ubuntu: apt-get install python3-venv, then try again."; exit 1; }

.venv/.ready: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what synth needs into .venv (once; a few minutes)"
	$(PIP) --editable .
	@touch $@

.venv/.ready-for-tests: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what synth and its tests need into .venv (once; a few minutes)"
	$(PIP) --editable '.[test]'
	@touch .venv/.ready $@

.venv/.ready-for-docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[docs]'
	@touch .venv/.ready $@

# Never fail: without what they install, the tests that need it skip themselves, and the rest runs.
# $(1) whether it is there; $(2) Debian's package; $(3) which tests need it
define apt
	@if { $(1); } >/dev/null 2>&1; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then why="there is no apt-get to install it with"; \
	elif [ "$$(id -u)" = 0 ]; then sudo=; \
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo="sudo -n"; \
	else why="installing it takes root: sudo apt-get install $(2)"; fi; \
	if [ -z "$$why" ]; then echo "Installing $(2) for $(3)"; \
	  $$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends $(2) \
	    >/dev/null || why="apt-get could not install it"; fi; \
	if [ -n "$$why" ]; then echo "Skipping $(3): no $(2), and $$why."; fi
endef

browser:
	$(call apt,command -v chromium || command -v chromium-browser || command -v google-chrome,chromium,the browser tests)

postgres:
	$(call apt,ls /usr/lib/postgresql/*/bin/initdb || command -v initdb,postgresql,the tests of a real database)

# Never fails either: without newman the test of the Postman collection skips itself.
newman: | $(BIN)/python
	@if [ -x .venv/newman/node_modules/.bin/newman ]; then exit 0; fi; \
	if ! command -v npm >/dev/null; then why="there is no npm to install it with"; \
	else echo "Installing newman for the test of the Postman collection"; \
	  npm install --prefix .venv/newman newman@6.2.2 --no-audit --no-fund --silent >/dev/null 2>&1 \
	    || why="npm could not install it"; fi; \
	if [ -n "$$why" ]; then echo "The test of the Postman collection will be skipped: $$why."; fi
