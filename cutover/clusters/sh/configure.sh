# doing: writing green's configuration
# needs: NEW_BIN DATA WORK RUN PORT SOCKET_DIR LISTEN; stdin: lines `name = 'value'` carried over from blue
# prints: `dropped NAME` for each that green's major does not know, `kept_out NAME` for each that must not be carried
set -eu
umask 077
NEW_BIN=$1 DATA=$2 WORK=$3 RUN=$4 PORT=$5 SOCKET_DIR=$6 LISTEN=$7
export LC_ALL=C

#include fail
#include directories
#include quote

setting() { # NAME: the value green would use
    "$NEW_BIN/postgres" -C "$1" -D "$DATA" -c config_file="$WORK/green.conf" 2>"$WORK/green.conf.errors" || {
        tail -n 5 "$WORK/green.conf.errors" >&2
        fail "green's major refuses the configuration carried over from blue; override the parameter in [green.parameters]"
    }
}

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
owned "$DATA" "$WORK/owns-data" || fail "$DATA was not made by run $RUN"

"$NEW_BIN/postgres" --describe-config | cut -f1 >"$WORK/known"
: >"$WORK/empty.conf"
{
    echo "# Written by pgcutover (run $RUN): first what was carried over from blue."
    while IFS= read -r line || [ -n "$line" ]; do
        name=${line%%[ =]*}
        case $name in
            '' | '#'*) continue ;;
            # Of blue's place in the world, not of its behaviour. Its archive must not get green's WAL.
            data_directory | config_file | hba_file | ident_file | external_pid_file | include | include_dir | \
                include_if_exists | port | unix_socket_directories | listen_addresses | wal_level | \
                primary_conninfo | primary_slot_name | restore_command | archive_cleanup_command | \
                recovery_* | promote_trigger_file | archive_mode | archive_command | archive_library | \
                synchronous_standby_names | standby_slot_names | synchronized_standby_slots | \
                default_transaction_read_only)
                echo "kept_out $name" >&3
                continue
                ;;
            *.*) ;; # of an extension
            *)
                # Parameters that are not in the sample file are not described: asked one by one.
                if ! grep -qxiF "$name" "$WORK/known" &&
                    ! "$NEW_BIN/postgres" -C "$name" -D "$DATA" -c config_file="$WORK/empty.conf" >/dev/null 2>&1; then
                    echo "dropped $name" >&3
                    continue
                fi
                ;;
        esac
        printf '%s\n' "$line"
    done
    echo
    echo "# Then what is green's own."
    printf '%s\n' "listen_addresses = $(quote "$LISTEN")"
    echo "port = $PORT"
    printf '%s\n' "unix_socket_directories = $(quote "$SOCKET_DIR")"
    echo "wal_level = logical"
    echo "hot_standby = on"
    echo "archive_mode = off"
    echo "synchronous_standby_names = ''"
} 3>&1 >"$WORK/green.conf"

# Read as green will read it, in its place, before it is put there.
port=$(setting port)
ssl=$(setting ssl)
[ "$port" = "$PORT" ] || fail "the new configuration does not end with port $PORT"
if [ "$ssl" = on ]; then
    for name in ssl_cert_file ssl_key_file ssl_ca_file ssl_crl_file; do
        file=$(setting "$name")
        case $file in '' | /*) ;; *) file=$DATA/$file ;; esac
        [ -z "$file" ] || [ -r "$file" ] ||
            fail "$name says $file, which this host does not have: put it there, or set $name or ssl in [green.parameters]"
    done
fi
sync "$WORK/green.conf"
# Copied into DATA first: a rename is only atomic inside one directory.
cp "$WORK/green.conf" "$DATA/postgresql.conf.new"
sync "$DATA/postgresql.conf.new"
mv -f "$DATA/postgresql.conf.new" "$DATA/postgresql.conf"
sync "$DATA"
if [ -n "$SOCKET_DIR" ]; then
    for directory in $(printf '%s' "$SOCKET_DIR" | tr ',' ' '); do
        [ -d "$directory" ] || (umask 022 && mkdir -p "$directory") || fail "the socket directory $directory cannot be made"
        [ -w "$directory" ] || fail "the socket directory $directory cannot be written by $(id -un)"
    done
fi
