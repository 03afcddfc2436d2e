#!/bin/sh
# Writes docker/.env with new passwords and secrets, readable only by you. Refuses to overwrite an existing file.
set -eu
cd "$(dirname "$0")"
umask 077
set -C
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
{
  for name in POSTGRES_PASSWORD CHASQUI_OWNER_PASSWORD CHASQUI_APP_PASSWORD REDIS_PASSWORD JWT_SECRET; do
    echo "$name=$(random)"
  done
} > .env
echo 'Wrote docker/.env.'
