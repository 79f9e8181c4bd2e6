#!/usr/bin/env bash
# No container engine runs here: docker-compose reads the file, and refuses it without the tenant's address and credentials.
set -euo pipefail
TITAN_URL=https://tenant.example TITAN_CLIENT_ID=id TITAN_CLIENT_SECRET=secret \
  docker-compose -f temporal-compose.yml config --quiet
if env -u TITAN_CLIENT_SECRET docker-compose -f temporal-compose.yml config --quiet 2>/dev/null; then
  echo 'the file was accepted without the credentials that the worker needs'
  exit 1
fi
echo 'temporal-compose.yml is sound'
