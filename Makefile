# One word per chore; CI runs the same words.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install docs demo lint format test test-cluster faults faults-long drills conformance bench bench-webhooks bench-micro clean

install: .venv/.installed

.venv/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Poplin needs Python 3.11 or newer; set PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What the documents show of the code: the table of annotations, the reference of commands.
docs: install
	$(BIN)/python -m tests.annotation_table
	$(BIN)/python -m tests.command_reference

demo: install
	$(BIN)/python examples/01-quickstart/demo.py

# The tests run on the embedded Valkey and on Redis 7; as root the latter is installed when absent.
.PHONY: redis-server
redis-server:
	@command -v redis-server >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq redis-server >/dev/null; \
	else echo "the tests need redis-server 7 or newer: apt-get install redis-server"; exit 1; fi

# Two at a time, file by file: much of it is waiting for processes.
test: install redis-server
	$(BIN)/pytest --numprocesses 2 --dist loadfile

# The page of the Kubernetes source has commands with kubectl; without an API server nobody runs them.
.PHONY: kubectl
kubectl:
	@[ -z "$$KUBEBUILDER_ASSETS" ] || [ -x "$$KUBEBUILDER_ASSETS/kubectl" ] || command -v kubectl >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq kubernetes-client >/dev/null; \
	else echo "the tests need kubectl: apt-get install kubernetes-client"; exit 1; fi

# Against a real Kubernetes API server, found through KUBEBUILDER_ASSETS; says how to get one.
test-cluster: install redis-server kubectl
	$(BIN)/pytest tests/cluster --numprocesses 2 --dist worksteal

# Knative's contract, items 37-93, against a Poplin of its own; the table goes to standard output.
conformance: install
	@folder=$$(mktemp -d) && $(BIN)/python -m tests.conformance http://127.0.0.1:18080 \
	    --callback-port 18090 --metrics http://127.0.0.1:18081/metrics --folder "$$folder/yaml" -- \
	    $(BIN)/poplin up -f "$$folder/yaml" --port 18080 --admin-port 18081 \
	    --data-dir "$$folder/data" 2>"$$folder/up.log"; status=$$?; \
	[ $$status = 0 ] || tail -20 "$$folder/up.log"; rm -rf "$$folder"; exit $$status

# Faults against a whole fabric, with a ledger that says what was lost; docs/reliability.md.
.PHONY: fault-tools
fault-tools: redis-server
	@command -v cc >/dev/null && ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq gcc libc6-dev faketime >/dev/null; \
	else echo "the fault tests need a C compiler and faketime: apt-get install gcc libc6-dev faketime"; exit 1; fi

# Two at a time, but for those that judge a pace.
faults: install fault-tools
	$(BIN)/pytest tests/faults -m "not alone" --numprocesses 2 --dist worksteal
	$(BIN)/pytest tests/faults -m alone

faults-long: install fault-tools
	POPLIN_FAULTS=long $(BIN)/pytest tests/faults

# Promises broken on purpose: each must turn a test red.
drills: install fault-tools
	$(BIN)/python -m tests.drills

bench: install
	@$(BIN)/python -m bench $(BENCH)

# Webhooks a second, verified and emitted into the fabric beside the receiver.
bench-webhooks: install
	@$(BIN)/python -m bench.webhooks

bench-micro: install
	@$(BIN)/python -m bench.micro

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
