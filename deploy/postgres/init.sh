#!/bin/bash
# Runs once, when the volume is empty: one role and one database for each service, and no way into another's.
set -euo pipefail
for service in feedback indicators notifier; do
    variable="SPPLUS_${service^^}_PASSWORD"
    # psql quotes the variables, whatever they hold.
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="$service" --set password="${!variable}" <<'SQL'
CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
