#!/usr/bin/env bash
# The suites about PostgreSQL once more, on the major version that the system brings: `npm test` runs them on the one from npm.
# They are those that have `postgres` or `ingest` in the file's name, but for those that look at what is around it: workflows and
# their sources, the command, declarations, bytes before they reach a server.
set -euo pipefail
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
"$bin/postgres" --version
around='cli-|dev-|ams-|declare|workflow|source-(files|glob|titanrdm)|incremental-upload|byte-reader|store-(sync|large)'
TIDEMARK_POSTGRES_BIN=$bin npm test --silent -- "test/(?![a-z-]*($around))[a-z0-9-]*(postgres|ingest)[a-z0-9-]*\.test\.ts\$"
