#!/usr/bin/env bash
# `npm start` on a fresh copy, in a folder whose name has a space, by a user who is not root and has an empty home.
set -euo pipefail
if [ "$(id -u)" != 0 ]; then
  echo 'this user is not root: the other starts have shown it'
  exit 0
fi
work=$(mktemp -d "/tmp/tidemark fresh XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/checkout" "$work/home"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | tar --null --files-from=- -c | tar -x -C "$work/checkout"
chown -R nobody "$work"
cd "$work/checkout"
unset TIDEMARK_CACHE XDG_CACHE_HOME
runuser -u nobody -- env HOME="$work/home" npm start --silent
