# libpq's variables of who works on green for as long as it takes
[ ! -e "$WORK/green.pgpass" ] || export PGPASSFILE="$WORK/green.pgpass"
export PGCONNECT_TIMEOUT=30 PGAPPNAME=pgcutover
# What is locked for so long is worth an error: it would hold up replication as well.
export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=5min -c idle_in_transaction_session_timeout=0
 -c default_transaction_read_only=off'
