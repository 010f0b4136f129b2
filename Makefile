# make run   the line on http://127.0.0.1:8000 (PORT and HOST settable), with one demonstration call
# make demo  the demonstration call alone, on a free port; exit 0 only if it was filed right
# make test  all tests; make bench  measurements (slow)

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
AXE := $(VENV)/node/node_modules/axe-core/axe.min.js
# Images of containers often forbid Python to keep what it compiled; the tests start it a hundred times and collect for 25 s instead of 11.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run demo test bench model system clean
.DELETE_ON_ERROR:

run: $(VENV)/run model
	@exec $(PY) -m hotline run

demo: $(VENV)/run model
	@exec $(PY) -m hotline demo

# Most tests wait for speech to be spoken, so three run side by side on two cores; a module stays together.
test: $(VENV)/test model system $(AXE)
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

bench: $(VENV)/test model
	@$(PY) -m bench

model: $(VENV)/run
	@$(PY) -m hotline models --fetch
	@$(PY) -m hotline models --fetch --lang en || echo "English callers are not heard without it: keys do the work."

# Made without ensurepip, which Debian ships apart: the pip that is there installs into it.
$(VENV)/run: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: apt install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) is here. Name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "pip is needed: apt install python3-pip"; exit 1; }
	@echo "Installing what the line needs into $(VENV) …"
	@test -x $(PY) || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(PY) install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test: requirements-test.txt $(VENV)/run
	@echo "Installing what the tests need …"
	@$(PYTHON) -m pip --python $(PY) install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

# A browser and a PostgreSQL for the tests: installed where we may, else those tests say why they are skipped.
system:
	@sh tests/system-packages.sh

$(AXE): | $(VENV)/test system
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/node axe-core@4.14.1 || echo "axe-core did not come from npm: the accessibility tests are skipped"

clean:
	rm -rf $(VENV) var
