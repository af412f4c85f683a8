# Everything runs in one project-local environment made from requirements.lock; needs git, make and Python 3.11 or later.
#   make demo [REPO=path] [TASK="what you want to do"]     installs only what a user needs; without TASK the newest commit's
#   make bench [SYMPY=work tree] [OTHER=work tree] [AIDER=python that has aider-chat] [MADE_UP=files] [ARGS=--json]
#   make soak [SYMPY=work tree] [MINUTES=10] [ARGS=--json]
#   make walk [STEPS=1000] [SEED=1]     random edits, switches, kills and sleeps; no answer may be false or wrongly fresh; says every 100 steps how it goes
#   make flips [FLIPS=200] [SEED=0] [REPO=clone]     bits of a learned store flip; each command has to answer as before
#   make truth [CLONES=folder of clones] [ONLY="flask jq"] [ARGS="--examples 20"]     needs a network the first time
#   make live MODEL=name [REPO=path] [CHECK=name] [ADDRESS=url] [THINK_PRICE=read/written] [YES=1]     a small check with a real model; costs money
#   make paper MODEL=name FILE=GSM_p1.jsonl [LIMIT=20] [ADDRESS=url] [PRICES="in cached out"] [CAP=1] [YES=1]     the paper's first experiment, small
#   make vsix     the extension for VS Code, as vscode-extension/dist/noctule.vsix; needs Node 20 or later
#   make test-vscode     the extension's tests, last in a real VS Code in a browser; Linux, 1 GB in build/vscode
#   make docs [NOCTULE_REPOSITORY=https://...]     the site of docs/, in build/site, with every link checked
#   make packages OWNER=name     what is published, in dist/ and build/publish; publishes nothing
#   make test-plugin     the plugin in Claude Code and Codex, which npm installs into build/agents; needs no key
#   make test | lint | typecheck | capture | lock | clean

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
USER_READY := $(VENV)/user
INSTALL = $(PYTHON) packaging/install.py $(BIN)/python
PACKAGES := indexer lsp_server evals
REPO ?= .
# Byte code is written even where PYTHONDONTWRITEBYTECODE is set: without it each command starts up to 2.5 times slower.
COMPILE := $(BIN)/python -m compileall -q

.PHONY: help setup compiled test lint typecheck demo bench walk flips truth soak live paper capture lock clean vsix test-vscode test-plugin packages docs site

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "noctule needs Python 3.11 or later; set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

compiled: $(READY)
	@$(COMPILE) $(PACKAGES)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(READY)
	$(BIN)/mypy

# mypy uses one core, so that it runs beside the tests; what it says comes after them. More processes than cores, since
# many tests wait. All of it has the lowest priority, as background work has: the tests wait for that, and it gets its turn.
test: lint compiled
	@unset PYTHONDONTWRITEBYTECODE; \
	nice -n 19 $(BIN)/mypy > $(VENV)/mypy.log 2>&1 & types=$$!; \
	nice -n 19 $(BIN)/python -m pytest -n 4 --dist worksteal; tests=$$?; \
	wait $$types; types=$$?; \
	cat $(VENV)/mypy.log; \
	exit $$((tests > types ? tests : types))

STEPS ?= 1000
SEED ?= 1
walk: compiled
	@STEPS="$(STEPS)" SEED="$(SEED)" $(BIN)/python -m tests.walk

FLIPS ?= 200
flips: compiled
	@FLIPS="$(FLIPS)" SEED="$(if $(filter command line,$(origin SEED)),$(SEED),0)" REPO="$(if $(filter command line,$(origin REPO)),$(REPO))" \
		$(BIN)/python -m pytest -n 0 -q -s tests/e2e/test_flipped_bits.py

# REPO and TASK travel as environment variables, so that no character in them means anything to make or to the shell.
demo: export DEMO_REPO := $(value REPO)
demo: export DEMO_TASK := $(value TASK)
demo:
	@echo "Noctule on $$DEMO_REPO: first what it needs is installed into $(VENV), unless it is there"
	@test -e $(READY) || $(MAKE) --silent --no-print-directory $(USER_READY)
	@packaging/demo.sh $(BIN)/noctule "$$DEMO_REPO" "$$DEMO_TASK"

# What a user needs, and nothing for tests, linters or models.
$(USER_READY): requirements-user.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "noctule needs Python 3.11 or later; set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing $$(grep -c '==' requirements-user.lock) packages"
	@$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes --requirement requirements-user.lock
	$(INSTALL) --no-deps --editable .
	@$(COMPILE) $(PACKAGES) || true
	@touch $@

bench: compiled
	$(BIN)/python -m benchmarks --write docs/benchmarks.md $(ARGS)

# The relations that are told, judged by type checkers and compilers; docs/evidence/truth.md holds what came out.
truth: compiled
	$(BIN)/python -m benchmarks.truth $(if $(CLONES),--clones $(CLONES)) $(if $(ONLY),--only $(ONLY)) $(ARGS)

soak: compiled
	$(BIN)/python -m benchmarks.soak $(ARGS)

live: export MODEL := $(value MODEL)
live: export REPO := $(value REPO)
live: export CHECK := $(value CHECK)
live: export ADDRESS := $(value ADDRESS)
live: export THINK_PRICE := $(value THINK_PRICE)
live: export YES := $(value YES)
live: compiled
	@$(BIN)/python -m tests.live

# The smallest run of the paper's experiments with a real model; says what it costs, and sends nothing without YES=1.
LIMIT ?= 20
CAP ?= 1
paper: export PAPER_FILE := $(value FILE)
paper: export PAPER_MODEL := $(value MODEL)
paper: export PAPER_ADDRESS := $(value ADDRESS)
paper: compiled
	@test -n "$$PAPER_MODEL" && test -n "$$PAPER_FILE" || { echo "name MODEL=... and FILE=GSM_p1.jsonl, as Apple publishes it" >&2; exit 1; }
	@$(BIN)/noctule eval stateful gsm "$$PAPER_FILE" --model "$$PAPER_MODEL" --address "$$PAPER_ADDRESS" --limit $(LIMIT) \
		--cap $(CAP) $(if $(PRICES),--prices $(PRICES)) --out build/paper $(if $(YES),--yes)
	@test -z "$(YES)" || $(BIN)/noctule eval report build/paper

# The text on the first screen of README.md: what the commands really print, between its two markers.
capture: export DEMO_REPO := $(value REPO)
capture: export DEMO_TASK := $(value TASK)
capture: compiled
	$(BIN)/python docs/capture.py

# MkDocs lives in an environment of its own, since nothing else needs it. The reference is written from the code first.
SITE := build/site-tools
$(SITE)/ready: requirements-docs.lock
	@$(PYTHON) -m venv --clear --without-pip $(SITE)
	@$(PYTHON) packaging/install.py $(SITE)/bin/python --require-hashes --requirement requirements-docs.lock
	@touch $@

docs: $(READY)
	@$(BIN)/python docs/generate.py
	@$(MAKE) --silent --no-print-directory site

site: $(SITE)/ready
	@NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --strict --quiet && echo "the site is in build/site: open build/site/index.html"

# A newer uv installs from the next lock on: that of packaging/uv.lock makes the locks.
lock:
	@cd packaging && $(PYTHON) -c 'import sys, install; sys.exit(install.find_uv() is None)'
	echo uv | build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config --no-annotate \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --upgrade --output-file packaging/uv.lock -
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --group dev --extra models --extra share --upgrade \
		--output-file requirements.lock pyproject.toml
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config --no-annotate \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --constraint requirements.lock \
		--output-file requirements-user.lock pyproject.toml
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --extra agents --upgrade \
		--output-file requirements-agents.lock pyproject.toml
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --extra share --upgrade \
		--output-file deploy/requirements.lock pyproject.toml
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --upgrade \
		--output-file requirements-docs.lock --group docs
	echo 'ray[default]' | build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-config \
		--default-index https://pypi.org/simple --no-emit-index-url --no-header --extra share --extra fleet --upgrade \
		--output-file deploy/requirements-ray.lock pyproject.toml -

EXTENSION := vscode-extension

# Once the modules are installed, nothing here needs a network.
$(EXTENSION)/node_modules/.package-lock.json: $(EXTENSION)/package-lock.json
	cd $(EXTENSION) && npm ci --ignore-scripts --no-fund --no-audit
	@touch $@

# The package carries the server as a wheel, for those who have none yet; WHEEL names one that was built already.
vsix: $(EXTENSION)/node_modules/.package-lock.json $(READY)
	@mkdir -p $(EXTENSION)/dist && rm -f $(EXTENSION)/dist/*.whl
	$(if $(WHEEL),cp $(WHEEL) $(EXTENSION)/dist/,$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(EXTENSION)/dist .)
	cd $(EXTENSION) && npm run --silent types && npm run --silent lint && npm test --silent && npm run --silent build && npm run --silent vsix

test-vscode: vsix compiled
	node=$$($(EXTENSION)/test/e2e/setup.sh)/node && "$$node" $(EXTENSION)/test/e2e/run.mjs

# What is published, in dist/ and build/publish: the packages, and the entries of registries with their owner's name.
#   make packages OWNER=name
packages: $(READY)
	@test -n "$(OWNER)" || { echo "name the owner of the repository on GitHub: make packages OWNER=name" >&2; exit 1; }
	NOCTULE_REPOSITORY=https://github.com/$(OWNER)/noctule $(BIN)/python -m hatchling build
	@mkdir -p build/publish
	@sum=$$(sha256sum dist/noctule-*.tar.gz | cut -d ' ' -f 1 | tail -n 1); for file in server.json noctule.rb; do \
		sed -e "s/OWNER/$(OWNER)/g" -e "s/SHA256/$$sum/" packaging/$$file > build/publish/$$file; done

AGENTS := $(CURDIR)/build/agents
test-plugin:
	npm install --prefix $(AGENTS) --no-save --no-fund --no-audit @anthropic-ai/claude-code @openai/codex
	cd $(AGENTS)/node_modules/@anthropic-ai/claude-code && node install.cjs
	AGENTS=$(AGENTS) tests/packaging/plugin.sh

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
