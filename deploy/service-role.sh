#!/bin/sh
# Run once, by the database's container, when the database is made: the role that the service signs in with.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$SERVICE_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE cairn_service LOGIN PASSWORD :'password';
SQL
