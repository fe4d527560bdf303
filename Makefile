# The one list of commands, the same for people and CI.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
ASSIGNMENTS = $(sort $(patsubst source/%/,%,$(dir $(wildcard source/*/*.ipynb))))

.PHONY: help setup grade notebooks lab formgrader test preflight test-long test-browser pictures versions docs lite test-lite test-hub format

# The environment in .venv; nothing to do when it is there.
setup: .venv/ready

.venv/ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; name one: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[grading,cluster,preflight,dev,docs]'
	@touch $@

# What some of the words below add to it: an extra of pyproject.toml.
.venv/with-%: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# The main job: release all lessons, grade submitted/, make feedback, print the tables.
grade: setup
	@for name in $(ASSIGNMENTS); do nbgrader generate_assignment $$name --force --log-level=ERROR || exit 1; done
	@python -m tests.support.sample_class
	@failed=0; \
	python -m grading autograde $(ASSIGNMENTS) --force || failed=1; \
	python -m grading feedback $(ASSIGNMENTS) || failed=1; \
	echo "gradebook       gradebook.db"; \
	echo "feedback pages  feedback/<student>/<assignment>/, open one in a browser"; \
	echo "formgrader      run 'make formgrader': marks, comments, regrading by hand"; \
	[ ! -e submitted/who-is-who.txt ] || echo "who is who      submitted/who-is-who.txt: what each of the sample class handed in"; \
	exit $$failed

# The releases in notebooks/ and the expected values of the public tests, from source/.
#   make notebooks ASSIGNMENTS=01_rnn     of one lesson
notebooks: setup
	python -m grading.release $(ASSIGNMENTS)
	@for name in $(ASSIGNMENTS); do nbgrader generate_assignment $$name --force --no-db --log-level=ERROR || exit 1; done

# The lessons as students see them, whose menus the README's one line makes.
lab: export JUPYTER_CONFIG_DIR = $(CURDIR)/.venv/student
lab: setup
	@$$(grep '^jupyter labextension disable' README.md) --level=user
	cd notebooks && jupyter lab

# The instructor's view: marks, comments, regrading by hand.
formgrader: setup
	jupyter lab --LabApp.default_url=/formgrader

# Format, lint, types, imports, tests of every kind: for every change.
test: setup
	ruff format --check
	ruff check
	mypy
	lint-imports
	pytest -n auto --dist loadfile --no-loadscope-reorder

# Every lesson's own tests put to the test: for a change of a lesson, or of what judges it.
#   make preflight QUICK=--quick            fewer seeds and mutants, as CI does
preflight: setup
	python -m grading preflight $(QUICK) $(ASSIGNMENTS)

# What takes too long for every change: the rest of every table, fuzzing at full size.
test-long: setup
	pytest -m long -n auto --dist loadfile

# JupyterLab, formgrader and feedback in a real browser; needs Chromium.
# Leaves screenshots in reports/screenshots/.
test-browser: .venv/with-browser
	pytest -m browser -n 2 --dist loadfile

# The pictures of the README, from the same tests, and those of the start page, from the lessons.
pictures: .venv/with-browser
	pytest -m browser tests/places/test_jupyterlab.py tests/places/test_formgrader.py -k "not picture" -n 2 --dist loadfile
	python -m tests.support.pictures
	python -m grading.release.start_page

# The lessons on every Python and with the oldest and newest libraries that are promised.
versions: .venv/with-browser .venv/with-versions
	python -m tests.support.versions

# The pages of docs/, into build/docs.
docs: setup
	mkdocs build
	@echo "pages           build/docs/index.html, open it in a browser"

# The site on which the lessons run in a browser, in _site/. See docs/browser.md:
#   make lite ASSIGNMENTS="01_rnn 02_lstm"     only what has been given out
#   make lite PYODIDE=FOLDER_OR_ADDRESS        Pyodide from elsewhere than its CDN
lite: .venv/with-lite
	python deploy/lite/build.py $(ASSIGNMENTS) $(if $(PYODIDE),--pyodide $(PYODIDE))

# A student's round on that site, told step by step; needs Chromium, and npm for Pyodide.
test-lite: .venv/with-lite
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	pytest -m lite -s tests/places/test_lite.py

# A class on a real JupyterHub, for which it makes Unix users: as root.
test-hub: .venv/with-browser .venv/with-hub
	@command -v npm > /dev/null || [ $$(id -u) != 0 ] || apt-get install --yes npm
	pytest -m hub -s tests/places/test_hub.py

# Mend what can be mended by itself.
format: setup
	ruff format
	ruff check --fix

# What there is to type, from the line above each word.
help:
	@awk '/^# / {if (!said) said = substr($$0, 3); next} \
		/^[a-z-]+:/ {name = $$1; sub(":.*", "", name); \
			if (said && !told[name]++) printf "make %-14s %s\n", name, said} \
		{said = ""}' $(MAKEFILE_LIST)
