# Hearth. "make" alone says what there is.
export CGO_ENABLED := 0

TOOL := go tool -modfile=.ci/tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help run dev test test/short test/race bench bench/micro storm lint fmt build db/reset db/psql clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: postgres build ## everything on http://localhost:8080, with demo data and the Stripe sandbox
	@exec bin/hearth dev

dev: postgres ## the same, started again whenever a file changes
	@$(TOOL) wgo run -file '\.(go|html|css|js|sql|svg)$$' -xdir '^(\.data|bin|\.ci)$$' ./cmd/hearth dev

test: bin/testrun ## all tests: unit, real PostgreSQL, end to end in Chromium
	@bin/testrun

test/short: bin/testrun ## all but the slow ones
	@bin/testrun -short

test/race: bin/testrun ## all tests under the race detector; needs gcc
	@bin/testrun -race

bench: postgres ## how quick it is, each beside its limit, in a minute (docs/benchmarks.md)
	@go run ./.ci/bench

bench/micro: postgres ## the benchmarks of single functions
	@go test -run '^$$' -bench . ./internal/... | grep -v 'no test files'

storm: postgres ## the storm: Stripe fails, processes die, not a cent is missing (SEED= BOOKINGS= KILLS=)
	@go run ./.ci/storm $(if $(SEED),-seed $(SEED)) $(if $(BOOKINGS),-bookings $(BOOKINGS)) $(if $(KILLS),-kills $(KILLS))

# What gosec is not asked, and why:
#   G104        errors not looked at: what is left closes what was read, or writes to memory
#   G204, G304  programs and files named by variables: the machine's owner names them, and the
#               one name that comes from a request (the outbox) is letters and digits
#   .ci, testkit  tools and tests, which meet nobody's input
GOSEC := -quiet -exclude-generated -exclude=G104,G204,G304 -exclude-dir=.ci -exclude-dir=internal/testkit

# The pattern ./... leaves out folders that begin with a dot.
OURS := ./... ./.ci/testrun ./.ci/bench ./.ci/storm ./.ci/database

lint: ## staticcheck and gosec
	@go vet $(OURS)
	@$(TOOL) staticcheck $(OURS)
	@$(TOOL) gosec $(GOSEC) ./...

fmt: ## gofmt everything
	@gofmt -l -w cmd internal web migrations .ci

build: ## bin/hearth
	@go build -o bin/ ./cmd/hearth

db/reset: ## delete the development database
	@go run ./.ci/database reset

db/psql: postgres ## a prompt in the development database
	@go run ./.ci/database psql

clean: ## delete what was built; the data stays
	@rm -rf bin .ci/artifacts

# What is missing on this machine, and quick when nothing is.
.PHONY: postgres bin/testrun
postgres:
	@[ -n "$$DATABASE_URL" ] || .ci/setup postgres
bin/testrun:
	@go build -o $@ ./.ci/testrun
