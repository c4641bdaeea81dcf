# Everything that is done with a checkout. `make help` says what there is.
# The work is in scripts/, so that it can be read, and run, without make.

# Tests run in parallel, in one process for each core and at most four; tests/parallel.py says which never run at once.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run dev test test-fast test-asgi test-stores targets fuzz mutants bench bench-publish bench-pages autobahn drain chaos soak stalled check check-all messages docs screenshot lock release clean

help:  ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

run:  ## Start the server with the demo, on http://127.0.0.1:8000. STOPPRESS_DEMO=0 starts it without.
	@scripts/environment run
	@STOPPRESS_DEMO="$${STOPPRESS_DEMO:-1}" exec .venv/bin/stoppress serve

dev:  ## Start the server with the demo and /debug, and restart it whenever a file of the server or the client changes.
	@scripts/environment dev
	@STOPPRESS_DEMO="$${STOPPRESS_DEMO:-1}" STOPPRESS_DEBUG="$${STOPPRESS_DEBUG:-1}" STOPPRESS_DRAIN="$${STOPPRESS_DRAIN:-0.1}" \
		exec .venv/bin/watchfiles --sigint-timeout 30 '.venv/bin/stoppress serve' server/stoppress client

test:  ## Set up all that is needed, then check and test everything.
	@scripts/environment dev
	@scripts/environment docs
	@scripts/programs
	@scripts/check --all
	@exec .venv/bin/python -m pytest $(PARALLEL)

test-fast:  ## Run the tests that need no browser and no other outside program.
	@scripts/environment dev
	@exec .venv/bin/python -m pytest $(PARALLEL) -m 'not outside and not slow'

test-asgi:  ## Run the tables, the wire scripts and the live page on the ordinary path, on four ASGI servers.
	@scripts/environment dev
	@scripts/test-asgi

test-stores:  ## Test the store with redis-server and another Valkey as the embedded store. STORES="PROGRAM …".
	@scripts/environment dev
	@scripts/programs
	@exec scripts/test-stores $(STORES)

targets:  ## See on which platforms and Pythons the lock files can be installed, as a table (needs uv).
	@exec scripts/resolve-targets

fuzz:  ## Send arbitrary input to each parser and to the API, for some minutes. FUZZ_EXAMPLES=20000, EXAMPLES=200.
	@scripts/environment dev
	@FUZZ_EXAMPLES="$${FUZZ_EXAMPLES:-20000}" .venv/bin/python -m pytest tests/fuzz
	@EXAMPLES="$${EXAMPLES:-200}" exec .venv/bin/python -m pytest tests/e2e/test_openapi.py

mutants:  ## Change the program in 70 small ways, and see whether a test notices. MUTANTS="--seed 2 --number 20".
	@scripts/environment dev
	@exec .venv/bin/python bench/mutants/run.py $(MUTANTS)

bench-publish:  ## Measure what publishing costs, beside a bare XADD, and as a blog grows to 50,000 changes.
	@scripts/environment dev
	@exec .venv/bin/python bench/publish_cost.py

bench-pages:  ## Measure the page of a long blog from the server's cache, beside a bare Starlette Response (needs cc).
	@scripts/environment dev
	@exec .venv/bin/python bench/page_cost.py $(BENCH)

check:  ## Lint, types and layers of what has changed since the last commit, or since the branch left SINCE=main.
	@scripts/environment dev
	@scripts/programs node
	@scripts/check $(if $(SINCE),--since $(SINCE))

check-all:  ## Lint, types and layers of every file.
	@scripts/environment dev
	@scripts/programs node
	@scripts/check --all

messages:  ## Write the tables in docs/protocol.md and the client's types anew from the schema of the messages.
	@scripts/environment dev
	@exec .venv/bin/python scripts/messages.py

docs:  ## Build the documentation site in build/docs.
	@scripts/environment run
	@scripts/environment docs
	@.venv/bin/python scripts/site_pages.py build/site
	@exec .venv-docs/bin/zensical build --strict --clean

screenshot:  ## Take the picture in README.md anew: the page in the middle of the demo.
	@scripts/environment dev
	@scripts/programs
	@exec .venv/bin/python scripts/screenshot.py docs/images/page.png

lock:  ## Renew the lock files of Python's packages (needs uv).
	@command -v uv >/dev/null || { echo 'This needs uv: https://docs.astral.sh/uv/' >&2; exit 1; }
	@requirements/lock.sh --upgrade

bench:  ## Measure side by side with the floor, nchan, ws and Socket.IO (needs cc; nginx with nchan if it is to be in).
	@scripts/environment dev
	@npm ci --prefix bench --no-audit --no-fund --loglevel=error
	@exec .venv/bin/python bench/compare.py $(BENCH)

autobahn:  ## Hold the connection to RFC 6455 by Autobahn's fuzzing client (needs Python 2.7 or PyPy 2.7).
	@scripts/environment dev
	@exec bench/autobahn/run

drain:  ## Stop a process while another takes its 5,000 readers over; report and plot in bench/drain.md.
	@scripts/environment dev
	@exec .venv/bin/python bench/drain.py --report bench/drain.md $(BENCH)

chaos:  ## Kill one of two workers with 5,000 readers while changes are published; report in bench/chaos.md.
	@scripts/environment dev
	@exec .venv/bin/python bench/chaos.py --report bench/chaos.md $(BENCH)

soak:  ## Ten minutes with readers coming, going and stalling: is memory flat? Report and plot in bench/soak.md.
	@scripts/environment dev
	@exec .venv/bin/python bench/soak.py --report bench/soak.md $(BENCH)

stalled:  ## What 1,000 stalled readers cost the others; report in bench/stalled.md.
	@scripts/environment dev
	@exec .venv/bin/python bench/stalled.py --report bench/stalled.md $(BENCH)

release:  ## Check, build and tag a version: make release VERSION=0.2.0. TESTS=0 and IMAGE=0 leave these out.
	@[ -n "$(VERSION)" ] || { echo 'Name the version: make release VERSION=0.2.0' >&2; exit 1; }
	@exec python3 scripts/release.py "$(VERSION)"

clean:  ## Remove what was set up and cached; the data folder stays.
	rm -rf .venv .venv-docs .venv-release node_modules build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
