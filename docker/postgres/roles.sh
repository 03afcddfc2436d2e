#!/bin/sh
# Creates Chasqui's two roles and its database. The postgres image runs it once, when its volume is empty; a second call
# changes the passwords. The owner runs the migrations; the application reads and writes rows.
set -eu
: "${CHASQUI_OWNER_PASSWORD:?}" "${CHASQUI_APP_PASSWORD:?}"

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner_password CHASQUI_OWNER_PASSWORD
\getenv app_password CHASQUI_APP_PASSWORD
SELECT 'CREATE ROLE ' || name FROM unnest(ARRAY['chasqui_owner', 'chasqui_app']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE chasqui_owner WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE chasqui_app WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
SELECT 'CREATE DATABASE chasqui OWNER chasqui_owner'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'chasqui') \gexec
REVOKE ALL ON DATABASE chasqui FROM PUBLIC;
GRANT CONNECT ON DATABASE chasqui TO chasqui_app;
\connect chasqui
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO chasqui_owner;
GRANT USAGE ON SCHEMA public TO chasqui_app;
ALTER DEFAULT PRIVILEGES FOR ROLE chasqui_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chasqui_app;
ALTER DEFAULT PRIVILEGES FOR ROLE chasqui_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO chasqui_app;
-- The superuser cannot log in over the network; inside the container, the local socket needs no password.
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
