#!/bin/sh
# Starts Postgres in a container: initialises an empty data folder, then becomes the server. Runs as root until then, to read the
# password's file and to own the volume.
set -eu
user=${POSTGRES_USER:-postgres}
as_postgres() { su -p -s /bin/sh -c 'exec "$@"' -- postgres sh "$@"; }
chown postgres:postgres "$PGDATA"
chmod 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then cat "$POSTGRES_PASSWORD_FILE" > /tmp/password
  else printf '%s\n' "${POSTGRES_PASSWORD:?a password is needed}" > /tmp/password; fi
  chown postgres /tmp/password
  as_postgres initdb -D "$PGDATA" -U "$user" --pwfile=/tmp/password -A scram-sha-256 --auth-local=trust -E UTF8 --locale=C --no-sync
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
    echo "create database \"$POSTGRES_DB\"" | as_postgres postgres --single -D "$PGDATA" postgres > /dev/null
  fi
fi
unset POSTGRES_PASSWORD
exec su -p -s /bin/sh -c 'exec "$@"' -- postgres sh "$@" -D "$PGDATA" -c listen_addresses=0.0.0.0 -c unix_socket_directories=/tmp
