# `make help` lists what there is. Everything is set up on first use; a second call does no work twice.

PYTHON ?= python3
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' tools/uv.txt)
JOBS ?= auto
# Most tests wait for disks, sockets and other processes: one more at a time than there are cores.
TEST_JOBS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
UV_STAMP := .uv/.installed-$(UV_VERSION)
STAMP := $(VENV)/.synced
DIST_STAMP := $(VENV)/.synced-dist
CRATE := crates/mls
CRATE_FILES := $(wildcard $(CRATE)/pyproject.toml $(CRATE)/Cargo.toml $(CRATE)/Cargo.lock) \
	$(shell find $(CRATE)/src -name '*.rs' 2>/dev/null)
PY_DIRS := $(shell find src tests bench fuzz tools -name "*.py" 2>/dev/null | cut -d / -f 1 | sort -u)
PAGE := src/nullabona/app/page/index.html
PAGE_FILES := $(wildcard ui/*.json ui/*.ts ui/*.js ui/*.html ui/build.py) $(shell find ui/src ui/public -type f 2>/dev/null)
# What runs on Windows, too: all but the servers, and what only they use (tests/system/test_gate.py).
EVERYWHERE := $(wildcard src/nullabona/*.py src/nullabona/cli/*.py) $(addprefix src/nullabona/, \
	app cli/log cli/person client log reading system wire words \
	$(addprefix machine/, deadlines.py disk.py failures.py http_answer.py http_client.py http_exchange.py \
	http_server.py http_tasks.py keyfile.py strict_http.py tls.py websocket.py) \
	$(addprefix updating/, __init__.py handover.py holding.py layout.py))
JOURNEYS := tests/browser/test_words.py tests/browser/test_talking.py tests/browser/test_search.py
VALKEY := tests/relay/test_engine_driver.py tests/relay/test_shelves.py tests/relay/test_engine.py \
	tests/relay/test_digest_processes.py tests/relay/test_wake_processes.py tests/relay/test_shared_digests.py \
	tests/relay/test_day_counts.py tests/operating/test_engine_care.py
CHECKS := check-types check-darwin check-win32 check-rust check-lint check-format check-imports check-pages check-ui
export UV_PYTHON_DOWNLOADS := never
# Tests, drills and benchmarks start thousands of processes: each would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup ui demo demo-cluster screens screens-readme screens-site test test-browser test-slow test-buckets test-valkey check format image mutants drill drill-mutants byzantine small-worlds fuzz bench bench-app bench-client bench-speed leakage soak guard guard-record dist test-dist cover generate lock clean $(CHECKS)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) $(PAGE) ## make everything from a bare clone (every other target does this first)

ui: $(PAGE) ## build the messenger's page

demo: $(STAMP) $(PAGE) ## the whole story, then the apps of those who played it (without a display: pictures of them)
	@rm -rf run/demo
	@$(BIN)/nulla drill demo --keep run/demo
	@$(BIN)/python tools/demo_apps.py run/demo

demo-cluster: $(STAMP) ## people talk on a cluster that loses one part after another, then all; two minutes, best as root
	@tools/need_programs.sh
	@tools/need_programs.sh s3
	@$(BIN)/nulla drill demo-cluster

screens: $(STAMP) $(PAGE) ## pictures of every screen of the app, in run/screens (SCREENS="chats privacy": only those)
	@tools/need_programs.sh
	@rm -rf run/screens
	@PYTHONPATH=. $(BIN)/python tools/screens.py run/screens $(SCREENS)

screens-readme: $(STAMP) $(PAGE) ## take the pictures of the README anew, into docs/pictures
	@tools/need_programs.sh
	@PYTHONPATH=. $(BIN)/python tools/screens_readme.py docs/pictures

screens-site: $(STAMP) ## pictures of the public record of demands, in run/screens-site (SCREENS="index log": only those)
	@tools/need_programs.sh
	@rm -rf run/screens-site
	@PYTHONPATH=. $(BIN)/python tools/screens_site.py run/screens-site $(SCREENS)

test: $(STAMP) $(PAGE) ## every test but the slow ones; of the journeys in browsers those of a conversation
	@tools/need_programs.sh
	@$(BIN)/python ui/build.py --test
	@$(BIN)/python tools/suite.py -n $(TEST_JOBS) --maxprocesses 8 --dist worksteal -q --ignore tests/browser
	@$(BIN)/python tools/suite.py -n $(JOBS) --maxprocesses 2 --dist loadfile -q $(JOURNEYS)

test-browser: $(STAMP) $(PAGE) ## every journey in browsers, and every screen with axe in both themes and languages
	@tools/need_programs.sh
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist worksteal -q -m "slow or not slow" --timeout 240 tests/browser

test-slow: $(STAMP) ## the slow tests: whole drills, many schedules, big rooms, crashes at every write
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist worksteal -q -m slow --timeout 900 --ignore tests/dist

test-buckets: $(STAMP) ## blobs in a real S3 server, which is built first (Go; a minute or two) and runs on loopback
	@tools/need_programs.sh
	@tools/need_programs.sh s3
	@$(BIN)/python -m pytest -q -m "slow or not slow" --timeout 300 tests/relay/test_s3.py tests/relay/test_blob_contract.py tests/relay/test_shared_processes.py tests/api/test_bucket_crash.py \
		tests/operating/test_cluster.py::test_both_processes_restart_while_people_talk tests/operating/test_cluster.py::test_any_process_serves_anybody \
		tests/operating/test_cluster_clients.py tests/operating/test_cluster_names.py

test-valkey: $(STAMP) ## boxes on a real Valkey, Debian 13's, which is brought first (as root); other tests use Redis
	@tools/need_programs.sh
	@tools/need_programs.sh valkey
	@PATH="$(CURDIR)/.cache/valkey/bin:$$PATH" $(BIN)/python -m pytest -q -n $(JOBS) -m "slow or not slow" --timeout 600 $(VALKEY)

check: $(STAMP) ## format, lint, types, import contracts, generated pages, Rust format and clippy
	@$(MAKE) --no-print-directory --keep-going --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) $(CHECKS)

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo 'hint: make format'; exit 1; }

check-lint:
	@$(BIN)/ruff check --quiet .

check-types:
	@$(BIN)/mypy --no-error-summary $(PY_DIRS)

# Without their own caches the three would throw each other's away.
check-darwin:
	@$(BIN)/mypy --no-error-summary --platform darwin --cache-dir .cache/mypy-darwin src

check-win32:
	@$(BIN)/mypy --no-error-summary --platform win32 --cache-dir .cache/mypy-win32 --follow-imports silent $(EVERYWHERE)

check-imports:
	@$(BIN)/lint-imports --no-logo >.cache/imports.txt || { cat .cache/imports.txt; exit 1; }

check-pages:
	@$(BIN)/python tools/check_generated.py

check-ui:
	@$(BIN)/python ui/build.py --check

# In the profile of the build, so that a fresh clone compiles the dependencies' build scripts and macros once.
check-rust:
	@cd $(CRATE) && cargo fmt --check && cargo clippy --quiet --release --locked --all-targets -- -D warnings

format: $(STAMP) ## format Python, Rust and the page, and repair what the linter can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@cd $(CRATE) && cargo fmt
	@$(BIN)/python ui/build.py --format

image: $(STAMP) ## build the relay's container image from packages that are pinned by hash, and start it (as root; 3 minutes)
	@tools/need_programs.sh image
	@deploy/image.sh
	@$(BIN)/python -m pytest -q -m slow --timeout 120 tests/repo/test_image.py

dist: $(STAMP) $(DIST_STAMP) ## build a release into dist/: wheels, source, offline folder, .deb packages, sums (of the last commit)
	@$(BIN)/python -m tools.dist build $(DIST)

test-dist: dist ## build it again elsewhere and compare, install it in empty places, start it
	@tools/need_programs.sh dist
	@$(BIN)/python -m pytest -q -m "slow or not slow" --timeout 3600 tests/dist

mutants: $(STAMP) ## random changes of the source: do the tests notice? (MUTANTS="--seed 7 --count 50 nullabona.docket.core")
	@$(BIN)/python -m tools.mutants $(MUTANTS)

drill: $(STAMP) ## every drill: each adversary plays for real, and what was learned is printed
	@$(BIN)/nulla drill all

drill-mutants: $(STAMP) ## take one defence after another out of the code: a drill has to fail each time (MUTANTS="tap": only those)
	@PYTHONPATH=. $(BIN)/python tools/drill_mutants.py $(MUTANTS)

byzantine: $(STAMP) ## schedules with a hostile device (SEEDS="0 10000"; "17 --times 5": one, again and again)
	@PYTHONPATH=. $(BIN)/python tools/byzantine.py $(or $(SEEDS),0 1000) --jobs 2

small-worlds: $(STAMP) ## every order of a few events, as far as an hour goes (docs/small-worlds.md; SMALL="--depth 3")
	@PYTHONPATH=. $(BIN)/python tools/small_worlds.py $(or $(SMALL),--depth 5 --minutes 60 --jobs 2)

fuzz: $(STAMP) ## every decoder of outside bytes, FUZZ_SECONDS each (default 60)
	@$(BIN)/python -m fuzz

bench: $(STAMP) ## figures of this machine, beside what the machine itself can do (`make bench-speed`: beside other servers)
	@$(BIN)/python -m bench

bench-speed: $(STAMP) ## the relay beside ejabberd, Prosody, NATS and others (bench/peers/install.sh gets them); 15 minutes
	@$(BIN)/python -m bench.speed $(SPEED)

bench-app: $(STAMP) $(PAGE) ## what a person feels: first screen, sending under load, scrolling (APP_SECONDS=1200: the long run)
	@tools/need_programs.sh
	@$(BIN)/python -m bench.app --seconds $(or $(APP_SECONDS),20)

bench-client: $(STAMP) ## what a client takes: start, a message's way, coming back, large rooms; 45 minutes (CLIENT="--turns 1": shorter)
	@$(BIN)/python -m bench.client $(CLIENT)

leakage: $(STAMP) ## what a server's machine learns of who talks with whom (LEAKAGE="--accounts 200": a larger society)
	@$(BIN)/python -m bench.leakage $(LEAKAGE)

soak: $(STAMP) ## whole and wire-level clients with churn against a real relay, 10 minutes (SOAK="--minutes 60": longer)
	@$(BIN)/python -m bench.soak $(SOAK)

guard: $(STAMP) ## what hot paths cost in counts, beside what is on record (a part of `make test`)
	@$(BIN)/python -m bench.guard

guard-record: $(STAMP) ## put on record what hot paths cost now: the commit says why it is more
	@$(BIN)/python -m bench.guard --record

# Subprocesses and pytest's workers are measured too ([tool.coverage] in pyproject.toml). Measured code is slower.
cover: $(STAMP) ## line and branch coverage of `make test` by package; fails if a core or the wire has too little
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(JOBS) --maxprocesses 8 --dist worksteal -q --timeout 300
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='src/nullabona/client/core/*,src/nullabona/log/*,src/nullabona/relay/core/*,src/nullabona/wire/*'
	@$(BIN)/coverage json --quiet -o .cache/coverage.json && $(BIN)/python tools/coverage_table.py .cache/coverage.json

generate: $(STAMP) ## rewrite the pages that are made from code
	@$(BIN)/python tools/check_generated.py --write

lock: $(UV_STAMP) ## resolve the dependencies anew (move exclude-newer in pyproject.toml first)
	@$(UV) lock --python $(PYTHON)
	@cd $(CRATE) && cargo update --workspace

clean: ## remove everything that was built
	rm -rf .venv .uv .cache .hypothesis htmlcov dist ui/node_modules src/nullabona/app/page $(CRATE)/target $(CRATE)/python/nullabona_mls/*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV_STAMP): tools/uv.txt | tools/check_machine.sh
	@tools/check_machine.sh $(PYTHON)
	@rm -rf .uv && $(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/uv.txt
	@touch $@

# uv decides by the cache-keys of crates/mls/pyproject.toml whether the crate is built again. The extension lies in the
# source tree: if it was removed, uv's cache does not know, so it is told.
$(STAMP): $(UV_STAMP) pyproject.toml bench/pyproject.toml uv.lock $(CRATE_FILES)
	@tools/check_machine.sh $(PYTHON)
	@$(UV) sync --frozen --only-group build --inexact --python $(PYTHON) --quiet
	@$(UV) sync --frozen --all-packages --extra pictures --extra relay --extra s3 --extra engine --extra docket --extra postgres --python $(PYTHON) --quiet \
		$(if $(wildcard $(CRATE)/python/nullabona_mls/_native*.so),,--reinstall-package nullabona-mls)
	@touch $@

# Zig and what checks a bill of materials: 400 MB that only a release needs.
$(DIST_STAMP): $(STAMP)
	@$(UV) sync --frozen --only-group dist --inexact --python $(PYTHON) --quiet
	@touch $@

$(PAGE): $(STAMP) $(PAGE_FILES)
	@$(BIN)/python ui/build.py
	@touch $@
