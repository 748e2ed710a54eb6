#!/bin/bash
# The role that postgres-exporter reads statistics with, and the view of statements. On each start, so that a database
# that is older than this gets both, and a password that was changed is taken over. Ends when it is done.
set -euo pipefail
PGPASSWORD=$(<"${DATABASE_PASSWORD_FILE:?}")
monitoring=$(<"${MONITORING_PASSWORD_FILE:?}")
export PGPASSWORD monitoring

# The password comes from the environment: arguments can be listed by everyone. Statements of this session are neither
# counted nor logged, as it stands in one of them.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host=postgres --username=shop --dbname=shop <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SET pg_stat_statements.track = none;
SET log_statement = none;
SET log_min_error_statement = panic;
\getenv password monitoring
SELECT 'CREATE ROLE monitoring' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitoring') \gexec
ALTER ROLE monitoring LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5 PASSWORD :'password';
GRANT pg_monitor TO monitoring;
SQL
echo 'the role monitoring can read statistics'
