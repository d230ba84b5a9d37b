# The tasks of this repository. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
PREFIX ?= $(HOME)/.local
# Every folder with a main.rs is a program.
PROGRAMS := $(patsubst %/src/main.rs,%,$(wildcard rd-*/src/main.rs))
# Flags of plan, apply, status and destroy, for the programs that have them: make plan ARGS='-e staging'
ARGS ?=

export PATH := $(TARGET)/debug:$(PATH)

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

.PHONY: build
build: ## Build the programs (and the test helpers, so that nothing is built twice)
	cargo build --workspace --locked

.PHONY: demo
demo: build ## Run a whole session on the local AWS API: plan, apply, rotate, restore, deploy
	scripts/demo

.PHONY: test
test: build ## Run all tests, on a local AWS API that is started and stopped
	scripts/test

.PHONY: soak
soak: build ## Run the fault tests at every call of every command, not just at a few (many hours)
	RD_SOAK=1 scripts/test --test '*' faults:: -- rollouts:: commands:: runs:: shared_state:: unordered::

.PHONY: lint
lint: ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: bench
bench: ## Measure plans, start-up and sizes, compared with Terraform if it is installed
	scripts/bench

.PHONY: plan
plan: build ## Plan the whole stack of rd.toml
	scripts/plan $(ARGS)

.PHONY: apply
apply: build ## Plan, ask, and apply exactly that plan
	scripts/apply $(ARGS)

.PHONY: status
status: build ## Show the whole stack on one screen: what matters, and what is not well
	scripts/status $(ARGS)

.PHONY: destroy
destroy: build ## Show the resources of the stack, ask for its name, and delete the whole stack
	scripts/destroy $(ARGS)

.PHONY: schemas
schemas: ## Write docs/schema again, after a change to the records or the state
	UPDATE_SCHEMAS=1 cargo test --workspace --locked --lib --bins schema

.PHONY: dist
dist: ## Build a release archive with its sums in dist, for x86_64 Linux with glibc 2.17
	scripts/dist

.PHONY: dist-verify
dist-verify: ## Build all programs for release in two folders, and compare their bytes
	scripts/dist-verify

.PHONY: install
install: ## Install release builds, manual pages and completions under PREFIX (~/.local)
	scripts/install "$(PREFIX)" $(PROGRAMS)

.PHONY: clean
clean: ## Stop the local AWS API and delete build files; keep states and rd.toml
	-scripts/aws-local stop
	rm -rf .aws-local
	cargo clean
