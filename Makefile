# Holdspace. Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test check fmt bench faces pictures lock clean

demo: $(VENV)/.runtime
	$(BIN)/holdspace demo --with-company

# Most tests wait for real time to pass, so three run at once; those that measure, or run several browsers, have the machine alone.
GAPS   := tests/media/plane/test_wire_offers.py tests/media/plane/test_wire_spray.py
ALONE  := $(GAPS) tests/bench tests/line tests/web/call
# It asks what is left over and not how fast, and takes a minute whatever else runs.
SOAK   := tests/bench/test_soak.py
# In this order: what takes longest begins first, so that no worker is left alone with it at the end.
BESIDE := $(SOAK) tests/media/plane tests/server/contract tests/web/pages tests/server tests/signaling tests/media

test: $(VENV)/.dev
	@$(BIN)/python tests/install_packages.py
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(addprefix --ignore ,$(GAPS)) $(BESIDE)
	$(BIN)/python -m pytest $(ALONE) --ignore $(SOAK)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

# The blur beside OpenCV, and what each level leaves of a face: in an environment of its own, since what it needs is large.
faces: $(VENV)-faces/.made
	$(VENV)-faces/bin/python -m tests.bench blur faces --write

$(VENV)-faces/.made: requirements-dev.lock pyproject.toml
	@$(PYTHON) -m venv $(VENV)-faces
	$(VENV)-faces/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(VENV)-faces/bin/pip install --quiet --disable-pip-version-check --no-build-isolation -e .[faces]
	@touch $@

pictures: $(VENV)/.dev
	@$(BIN)/python tests/install_packages.py
	$(BIN)/python -m tests.web.take_pictures

# The lock files hold for every supported Python and platform; each file's hash is checked on installing.
lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --no-emit-index-url --custom-compile-command "make lock" pyproject.toml \
	    --extra build -o requirements.lock
	$(VENV)-lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --no-emit-index-url --custom-compile-command "make lock" pyproject.toml \
	    --extra build --extra dev -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Holdspace needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	    { echo "This Python can't make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }

LANE   := hatch_build.py $(wildcard media/plane/lane/*.c media/plane/lane/*.h) media/plane/lane/build.py

$(VENV)/.runtime: requirements.lock pyproject.toml $(LANE) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python media/plane/lane/build.py
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml $(LANE) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python media/plane/lane/build.py
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) $(VENV)-lock $(VENV)-faces .pytest_cache .mypy_cache .ruff_cache .hypothesis
