#!/usr/bin/env bash
# The second start in the same checkout, this time with Temporal's CLI on the PATH: the one that the first start has cached.
set -euo pipefail
bin="${TIDEMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemark}/bin"
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
if [ -x "$bin/temporal" ]; then
  # An empty cache proves that the one on the PATH is used.
  PATH="$bin:$PATH" TIDEMARK_CACHE="$empty" npm start --silent
  [ -z "$(ls -A "$empty")" ]
else
  command -v temporal
  npm start --silent
fi
