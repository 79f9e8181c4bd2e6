#!/usr/bin/env bash
# What the checks need of the system and no package registry brings: a browser, docker-compose to read the compose file, Go, and a
# PostgreSQL of an older major version than the one from npm.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v docker-compose >/dev/null || missing+=(docker-compose)
# The S3-compatible server of the peers' tests is built from its Go sources.
command -v go >/dev/null || missing+=(golang)
command -v python3 >/dev/null || missing+=(python3 python3-venv)
if ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then missing+=(postgresql); fi
if [ ${#missing[@]} = 0 ]; then
  echo 'nothing is missing'
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # The tests start servers of their own: Debian's package need not set up one and start it.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  echo "installed: ${missing[*]}"
else
  echo "missing, and only root can install them with apt-get: ${missing[*]}"
  exit 1
fi
