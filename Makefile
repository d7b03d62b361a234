# make = generate, build, test, lint. `make help` lists the targets.
.DEFAULT_GOAL := all
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# Schemas of Kubernetes objects are generated for these versions.
KUBERNETES_VERSIONS := v1.37.1
FUZZTIME ?= 30s
# All cluster tests, unless E2E names a part of the matrix.
E2E_PACKAGES := ./matrix $(if $(E2E),,./engine ./claims)
E2E_TIMEOUT ?= 6h

.PHONY: all
all: generate build test lint ## generate, build, test, lint

.PHONY: generate
generate: ## everything that is made from something else; CI fails on a diff
	go run ./schemas/generate/values
	go run ./schemas/generate/kubernetes $(KUBERNETES_VERSIONS)
	go run ./cmd/stateward rules -o markdown > docs/rules.md
	@$(MAKE) --no-print-directory support

.PHONY: build
build: ## bin/stateward
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/stateward ./cmd/stateward

.PHONY: test
test: shellcheck promtool ## unit tests, rule fixtures, CLI scripts, renders compared with Helm's
	go test ./...
	cd test/e2e && go vet ./... && go test ./client ./internal/... ./support
	@go test -v -run TestSize ./charts | sed -n 's/^ *charts_test.go:[0-9]*: //p'

.PHONY: shellcheck
shellcheck: ## the scripts of the charts
	shellcheck --external-sources --source-path=SCRIPTDIR charts/stateful/files/*.sh charts/stateful/files/*/*.sh \
		charts/stateful/files/*/*/*.sh tools/*.sh test/images/build.sh test/images/*/*.sh .ci/run

.PHONY: promtool
promtool: ## Prometheus's own checker of the alerts, from Debian's package
	tools/promtool.sh

.PHONY: images
images: ## stand-in images for the kind cluster of a machine that reaches no registry
	LAB_SCRIPTS=$(abspath ../shared/kindlab) test/images/build.sh $(IMAGES)

.PHONY: e2e
e2e: build ## cluster tests, E2E=smoke, PRESET/PATTERN, a check, or all; needs docker, kubectl and STATEWARD_KUBECONFIG or kind's node image
	ln -sf "$$(tools/helm.sh v3.22.0)" bin/helm
	test/images/client/prepare.sh
	docker build --quiet --tag=docker.io/stateward/e2e-client:dev test/images/client
	cd test/e2e && PATH="$(abspath bin):$$PATH" go test $(E2E_PACKAGES) -count=1 -v -p=1 -parallel=32 -timeout=$(E2E_TIMEOUT)

.PHONY: support
support: ## docs/support.md, from the results of the cluster tests
	cd test/e2e && go run ./support results ../../examples > ../../docs/support.md

.PHONY: helm
helm: ## renders of the examples by Helm 3.18 and 4, compared with ours; builds both the first time
	STATEWARD_HELM=1 go test ./charts -run TestHelmVersions -count=1

.PHONY: lint
lint: ## golangci-lint, with the layers of docs/architecture.md
	go build -modfile=tools/go.mod -o bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run
	cd test/e2e && ../../bin/golangci-lint run

.PHONY: race
race: ## the tests under the race detector
	go test -race ./...

.PHONY: bench
bench: ## benchmarks; those against Helm's engine give the ratio in one run
	go test -run='^$$' -bench=. -benchmem ./...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME
	go list -f '{{.Dir}}' ./... | while read -r dir; do \
		grep -hoE '^func Fuzz[A-Za-z]+' "$$dir"/*_test.go 2>/dev/null | sed 's/func //' | while read -r target; do \
			echo "$$target in $$dir"; (cd "$$dir" && go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) .); \
		done; \
	done

.PHONY: help
help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14
