# Everything one needs while working on Epistle. `make check` is exactly what CI
# runs; .ci/run installs what it needs beyond Go and calls it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# SQLite is C.
export CGO_ENABLED := 1

# A zone with an offset of 12:45 or 13:45 hours: a test that takes the machine's
# clock for UTC, or for a whole hour, fails in it. `make test TZ=` overrides it.
TZ := Pacific/Chatham

# How long `make fuzz` stays with each target.
FUZZTIME ?= 10s

# Test files with an -update flag: they hold goldens or watch over a generated file.
UPDATABLE = $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd internal templates data | xargs -r -n1 dirname | sort -u | sed 's|^|./|')

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./epistle
	go build -trimpath -o epistle ./cmd/epistle

.PHONY: demo
demo: ## the whole program on sample data, with an inbox that catches every mail
	go run ./cmd/epistle demo

.PHONY: dev
dev: ## the same with the race detector, always at the same address
	go run -race ./cmd/epistle demo --listen 127.0.0.1:8080

.PHONY: test
test: ## every test, with the race detector, without network
	TZ=$(TZ) go test -race -shuffle=on -timeout 15m ./...

.PHONY: check
check: lint modules ## what CI runs: linters, modules, then every test
	@$(MAKE) test

# Each tool's version is pinned in go.mod. There are no exceptions; one that must be
# made stands beside the line in question, as //lint:ignore CHECK reason.
.PHONY: lint
lint: ## formatting, vet and the linters
	@unformatted="$$(go tool gofumpt -l cmd internal templates data)"; \
	if [ -n "$$unformatted" ]; then printf 'not formatted, run make format:\n%s\n' "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go tool errcheck -exclude .errcheck ./...
	go tool ineffassign ./...
	@unreachable="$$(go tool deadcode -test ./...)"; \
	if [ -n "$$unreachable" ]; then printf 'reached neither by the program nor by a test:\n%s\n' "$$unreachable"; exit 1; fi

.PHONY: modules
modules: ## go.mod is tidy, and the modules are what go.sum says
	go mod tidy -diff
	go mod verify

.PHONY: format
format: ## format the Go files
	go tool gofumpt -w cmd internal templates data

# A generated file is watched over by a test whose name ends in IsCurrent, so that
# `make test` fails when it is not, without a clean working tree being needed.
.PHONY: generate
generate: ## write the generated files anew (references, schema)
	go test -run 'IsCurrent$$' $(UPDATABLE) -update

.PHONY: golden
golden: ## write the golden files of the tests anew; look at the difference afterwards
	go test $(UPDATABLE) -update

.PHONY: bench
bench: ## every benchmark
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz
fuzz: ## every fuzz target, for FUZZTIME each (10s)
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' cmd internal templates data | sort | \
	while IFS=: read -r file target; do \
		target="$${target#func }"; dir="./$$(dirname "$$file")"; \
		echo "$$dir $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$dir"; \
	done

.PHONY: judge-deps
judge-deps: ## fetch the HTML validators that some tests ask (needs npm and network)
	cd .ci && npm ci
