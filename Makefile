# make demo         serve the demo on http://localhost:6543 (another port: make demo PORT=7001)
# make example-NAME run one of examples/ beside the demo: make example-native-app
# make test         run the tests, some of them: make test TESTS=tests/protocol; all that CI runs,
#                   where a program that is missing is a failure: make test TEST_DEMAND=all
# make clients      install the relying parties that make test also runs, if they are there
# make lowest       the same on the lowest version of everything that pyproject.toml allows
# make bench        the CPU time of a request, and what it sends to the store, by workload and
#                   store; beside that of another commit: make bench AGAINST=REVISION; in a full
#                   store: make bench SIZE=1000000; beside other servers, over HTTP:
#                   make bench PEERS=1; what the settings of production buy: make bench SERVERS=1
# make lint         formatting, lint, types, and the documentation's build
# make docs         build the documentation in docs/_build/html
# make reference    after a change of the code: write the pages of docs/reference that are made from it
# make screenshots  pictures of every page in build/screenshots, and those of README and docs
# make links        ask every outside address that the documentation names
# make mutants      show ten times that the contract of the stores detects broken ones
# make rotation     change the signing keys under load for two minutes, instead of the 15 seconds of
#                   make test
# make translations after a change of the pages' words: bring the catalogues up to date
# make clean        remove everything that these made
#
# Each makes the virtual environment that it needs. Another Python: make demo PYTHON=python3.12

PYTHON ?= python3
PORT ?= 6543
TEST_ROUNDS ?= 0.1
export TEST_ROUNDS

ifneq ($(PORT),$(or $(shell printf %s '$(PORT)' | tr -cd 0-9),none))
$(error PORT is a number, as in: make demo PORT=7001)
endif

BIN = .venv/bin
SUFFIX = $(if $(filter 6543,$(PORT)),,-$(PORT))
INI = development$(SUFFIX).ini
API = api
API_INI = examples/resource_server/$(API)$(SUFFIX).ini
RELYING_PARTY_INI = examples/relying_party/relying_party$(SUFFIX).ini
SPHINX = $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --builder
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo example-machine-client example-mcp-server example-native-app example-relying-party
.PHONY: example-resource-server
.PHONY: test clients lowest mutants rotation bench lint docs reference screenshots links translations clean

demo: .venv/demo $(INI)
	@$(BIN)/poauth2 $(INI) db upgrade
	@$(BIN)/python -m pyramid_oauth2.demo $(INI)
	@exec $(BIN)/pserve $(INI)

example-machine-client example-mcp-server example-native-app: export ISSUER ?= http://localhost:$(PORT)

example-machine-client: .venv/examples
	@exec $(BIN)/python examples/machine_client/machine_client.py

example-mcp-server: .venv/mcp
	@exec $(BIN)/python examples/mcp_server/mcp_client.py

example-native-app: .venv/examples
	@exec $(BIN)/python examples/native_app/native_app.py

example-resource-server: .venv/examples $(API_INI)
	@export PYTHONPATH="examples/resource_server$${PYTHONPATH:+:$$PYTHONPATH}"; \
	  exec $(BIN)/pserve $(API_INI)

example-relying-party: .venv/examples $(RELYING_PARTY_INI)
	@export PYTHONPATH="examples/relying_party$${PYTHONPATH:+:$$PYTHONPATH}"; \
	  exec $(BIN)/pserve $(RELYING_PARTY_INI)

# The tests start hundreds of processes, each of which would compile the package anew.
test: export PYTHONDONTWRITEBYTECODE =

# What CI runs as well: the contract on more stores than one of each kind, processes that race, and
# the tests of the contract and of make bench.
ONLY_CI = tests/race $(wildcard tests/*/test_*races.py tests/test_benchmarks*.py) \
  $(addprefix tests/backends/test_, mariadb.py pgbouncer.py redis_topologies.py third_party.py \
  contract.py mutants.py sqlalchemy_kills.py)
LEFT_OUT = $(if $(TESTS)$(filter all,$(TEST_DEMAND)),,$(ONLY_CI))

test: .venv/test tests/node/node_modules
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 $(addprefix --ignore=,$(LEFT_OUT)) $(TESTS)
	$(if $(LEFT_OUT),@echo "Left out (CI runs all: make test TEST_DEMAND=all): $(LEFT_OUT)")

CLIENTS = .venv/clients

clients: $(CLIENTS)/ready tests/relying_parties/node_modules

# A range that no test runs is a guess.
LOWEST = .venv-lowest
LOWEST_TESTS = tests/protocol tests/jose tests/functional tests/scripts $(addprefix tests/backends/test_, \
  memory.py migrations.py sqlalchemy.py sqlalchemy_engine.py sqlalchemy_session.py postgresql.py \
  redis.py redis_cluster.py redis_failures.py)
# Whether calls that meet exclude each other is no matter of a library's version.
LOWEST_TESTS += -k "not interleaving and not crash and not test_race"

lowest: export PYTHONDONTWRITEBYTECODE =

lowest: $(LOWEST)/ready
	@$(LOWEST)/bin/python -m pytest --numprocesses auto --maxprocesses 4 $(LOWEST_TESTS)

mutants: export MUTANT_ROUNDS ?= 10

mutants: .venv/test
	@$(BIN)/python -m pytest tests/backends/test_mutants.py

rotation: export ROTATION_SECONDS ?= 120

rotation: .venv/test
	@$(BIN)/python -m pytest tests/race/test_rotation.py

PEERS_ENVIRONMENT = .venv-peers
BENCHMARKS = benchmarks$(if $(SIZE),.sizes $(SIZE))$(if $(PEERS),.peers)$(if $(SERVERS),.servers)

bench: .venv/test $(if $(PEERS)$(SERVERS),$(PEERS_ENVIRONMENT)/ready)
	@$(BIN)/python -m $(BENCHMARKS) $(if $(AGAINST),--against $(AGAINST)) $(BENCH)

lint: .venv/lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(SPHINX) html docs docs/_build/html

docs: .venv/docs
	$(SPHINX) html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

reference: .venv/docs
	$(BIN)/python -m docs.reference.pages

screenshots: .venv/test
	$(BIN)/python -m docs.pictures.screenshots

links: .venv/docs
	$(SPHINX) linkcheck docs docs/_build/links

LOCALE = pyramid_oauth2/locale
CATALOGUES = -D pyramid_oauth2 -d $(LOCALE)

# A new language: pybabel init -i pyramid_oauth2/locale/pyramid_oauth2.pot $(CATALOGUES) -l it
translations: .venv/test
	$(BIN)/pybabel extract -F pyproject.toml -o $(LOCALE)/pyramid_oauth2.pot \
	  --omit-header --no-location --sort-output pyramid_oauth2
	$(BIN)/pybabel update -i $(LOCALE)/pyramid_oauth2.pot $(CATALOGUES) \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel compile $(CATALOGUES)

clean:
	rm -rf .venv $(LOWEST) $(PEERS_ENVIRONMENT) tests/*/node_modules build dist docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f development-*.ini examples/*/*-*.ini demo-client*.secret demo-client.cookie-secret demo-server.secret *.sqlite *.sqlite-shm *.sqlite-wal
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A variable of the command line loses against the file's own [DEFAULT], so the
# port is written into a copy.
%-$(PORT).ini: %.ini
	@sed 's/localhost:6543/localhost:$(PORT)/g' $< > $@

.venv/bin/python:
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON) here: name another, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or later, and $(PYTHON) is older:"; \
	  echo "name another, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment in .venv ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(LOWEST)/ready: pyproject.toml constraints.txt tests/lowest_versions.py
	@echo "Installing the lowest versions in $(LOWEST) ..."
	@rm -rf $(LOWEST)
	@$(PYTHON) -m venv $(LOWEST)
	@$(PYTHON) tests/lowest_versions.py > $(LOWEST)/requirements.txt
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --requirement $(LOWEST)/requirements.txt --editable .
	@touch $@

$(PEERS_ENVIRONMENT)/ready: benchmarks/peers/requirements.txt benchmarks/peers/package.json pyproject.toml constraints.txt
	@echo "Installing other servers in $(PEERS_ENVIRONMENT) ..."
	@rm -rf $(PEERS_ENVIRONMENT)
	@$(PYTHON) -m venv $(PEERS_ENVIRONMENT)
	@$(PEERS_ENVIRONMENT)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --requirement benchmarks/peers/requirements.txt --editable .
	@cp benchmarks/peers/package.json $(PEERS_ENVIRONMENT)
	@if command -v npm > /dev/null; then cd $(PEERS_ENVIRONMENT) && \
	  npm install --no-audit --no-fund --no-package-lock --silent; \
	  else echo "There is no Node here: without oidc-provider."; fi
	@touch $@

$(CLIENTS)/ready: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing relying parties in $(CLIENTS) ..."
	@rm -rf $(CLIENTS)
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[clients]'
	@touch $@

# Without npm, or without a network, what needs them is skipped, and the run says so.
tests/%/node_modules: tests/%/package.json
	@if command -v npm > /dev/null; then cd $(@D) && \
	  npm install --no-audit --no-fund --no-package-lock --silent && touch node_modules; \
	  else true; fi || echo "The packages of $(@D) could not be installed. Is there a network?"

.venv/demo .venv/examples .venv/mcp .venv/test .venv/lint .venv/docs: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what make $(@F) needs ..."
	@$(INSTALL) --editable '.[$(@F)]' > .venv/install.log 2>&1 || { \
	  echo "The packages could not be installed. Is there a network? $$(sed -n 's/^ *ERROR: *//p' .venv/install.log | head -n 1)"; \
	  echo "All that was said is in .venv/install.log."; exit 1; }
	@touch $@
