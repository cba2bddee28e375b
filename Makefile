# `make run` serves the hub; `make test` checks all of it. Both bring what they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test simulate bench lint lock translations clean

run: $(VENV)/.run
	$(BIN)/python -m tasks.supervisor

test: $(VENV)/.dev
	$(BIN)/python -m tests.run

simulate: $(VENV)/.dev
	SIMULATE=big $(BIN)/python -m pytest tests/simulation

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(VENV)/.dev
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file=requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file=requirements-dev.txt requirements-dev.in

translations: $(VENV)/.run
	$(BIN)/pybabel extract --no-location --sort-output -F app/checkout/babel.cfg -k _l -o app/checkout/translations/messages.pot app/checkout
	$(BIN)/pybabel update -i app/checkout/translations/messages.pot -d app/checkout/translations --no-fuzzy-matching
	$(BIN)/pybabel compile -d app/checkout/translations

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
