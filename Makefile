# Every target prints what it does. `make` alone lists them.

PREFIX ?= /usr/local
DESTDIR ?=
PART ?=
SHARD ?=
DESKTOP ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo check test nightly mutants bench install

help:
	@printf '%s\n' \
	    'make demo                one phone calls another through the service, on this machine, without sound or display' \
	    'make demo DESKTOP=1      you call: on your own bus, with your microphone and loudspeakers; somebody answers' \
	    'make check               the quick gate: format, lints, licences, flows, journeys on a private bus' \
	    'make test                everything that gates, and the demo with its figures checked' \
	    'make nightly PART=...    what takes too long for that: core, service, audio, ui, soak, advisories or all' \
	    'make mutants SHARD=K/N   whether the flows notice each small change of the core; K from 0 (default all of it, over an hour)' \
	    'make bench               figures against their bars, also written to target/bench.json' \
	    'make install PREFIX=DIR  build for release and install (default /usr/local; DESTDIR for packages)' \
	    'make setup               install what demo, test and bench need; it asks first'

setup:
	@echo 'Checking and installing what demo, test and bench need.'
	@scripts/setup.sh demo
	@scripts/setup.sh test
	@scripts/setup.sh bench

demo:
ifeq ($(DESKTOP),)
	@echo 'Demo: two phones, two private buses, one exchange. Building first; the call itself takes under a minute.'
else
	@echo 'Demo: your bus, your microphone, your loudspeakers, and somebody who answers. Building first.'
endif
	@scripts/setup.sh demo
	@cargo build --locked --workspace --bins
	@scripts/demo.sh $(if $(DESKTOP),--desktop)

check:
	@echo 'Check: format, lints, licences, flows, journeys on a private bus.'
	@scripts/check.sh

test:
	@echo 'Test: everything that gates, and the demo. Up to 30 minutes when nothing is built yet.'
	@scripts/test.sh

nightly:
	@echo 'Nightly: $(if $(PART),$(PART),no part given).'
	@scripts/nightly.sh $(PART)

mutants:
	@echo 'Mutants: crates/core, $(if $(SHARD),part $(SHARD),all of it).'
	@scripts/mutants.sh $(SHARD)

bench:
	@echo 'Bench: building for release, then measuring against the floor of this machine. Leave it alone meanwhile.'
	@scripts/setup.sh bench
	@scripts/bench.sh

install:
	@echo 'Install: building for release, then installing below $(DESTDIR)$(PREFIX).'
	@scripts/install.sh '$(PREFIX)' '$(DESTDIR)'
