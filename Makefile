# The two commands of the README: `make ring` and `make test`. Both obtain an OTP release first
# if the machine has none, as the system's Debian packages unpacked under the target folder.

CARGO ?= cargo
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

# What tests and benchmarks run.
export GIRDER_BIN := $(TARGET)/release/girder
export GIRDER_ZEAL_BIN := $(TARGET)/zeal/release/girder

# Tests compare with the stock `erl` on the path; without one, with what `make otp` unpacked.
export PATH := $(PATH):$(TARGET)/otp/bin

.PHONY: ring test bench figures conformance conformance-fast same-beams girder zeal loom otp lint help

help:
	@echo "make ring   build Girder and run the process ring, on stock Erlang too if it runs here"
	@echo "make test   everything a change must pass"
	@echo "make bench  every benchmark against stock Erlang (ARGS=--help for options)"
	@echo "make figures  measure all that docs/benchmarks.md and docs/natives.md quote, and write it there"
	@echo "make conformance  OTP's own test suites (ARGS=--help; hours for all of them)"
	@echo "make same-beams  compile OTP's own sources on Girder and on stock and compare the results"
	@echo "make otp    only obtain an OTP release if there is none"

ring: girder
	$(CARGO) run -q -p benches -- --filter ring --pairs 3 $(ARGS)

bench: girder
	$(CARGO) run -q -p benches -- $(ARGS)

# The figures and the chart of docs/benchmarks.md, which says what it needs, and docs/natives.md.
figures: girder
	$(CARGO) run -q -p benches -- --schedulers 1,2 --instructions --pairs 5 \
		--chart docs/charts/ratios.svg --docs docs/benchmarks.md $(ARGS)
	$(CARGO) run -q -p benches -- --natives --docs docs/natives.md $(ARGS)

test: lint girder zeal loom
	$(CARGO) test --workspace --no-fail-fast
	$(MAKE) conformance-fast

# OTP's own test suites against tests/conformance/ (docs/conformance.md).
conformance: girder
	$(CARGO) run -q -p tests --bin conformance -- $(ARGS)

# The part of them that `make test` runs.
conformance-fast: girder
	$(CARGO) run -q -p tests --bin conformance -- --fast $(ARGS)

# What the compiler on Girder makes of OTP's own sources against what it makes of them on stock.
same-beams: girder
	$(CARGO) run -q -p tests --bin same_beams -- $(ARGS)

# Models of what threads share without a lock, in every order that the memory model allows.
loom: otp
	$(CARGO) test -p vm --lib --features loom signal::model

lint: otp
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@# Native code is made in builds with optimisation alone.
	$(CARGO) clippy --release -p vm -- -D warnings

girder: otp
	$(CARGO) build --release -p cli

# Girder that collects garbage at every chance and poisons what it left.
zeal: otp
	$(CARGO) build --release -p cli --features gc_zeal --target-dir $(TARGET)/zeal

otp:
	@$(CARGO) run -q -p stdlib-beams --no-default-features --bin fetch-otp -- --if-missing $(TARGET)/otp
