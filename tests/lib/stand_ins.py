"""Programs for servers that come without them: of some majors there is a server, initdb and pg_ctl only.

What asks a server (psql, pg_dumpall, pg_basebackup) is taken from a newer major. pg_controldata and
pg_upgrade have to be of the server's own: scripts stand for them, pg_upgrade's by dump and restore.
So everything but the upgrade itself is the real thing: the copy, its recovery to an LSN, and all
that is said to both servers.
"""

import os

from processes import write_file

CLIENTS = ("psql", "pg_basebackup", "pg_dump", "pg_dumpall", "pgbench", "pg_isready", "createdb")

# The settings are those of the lab's blue; state and identity are at the same place in every major.
CONTROLDATA = """\
#!/bin/sh
# Stands for pg_controldata [-D] DIRECTORY
set -eu
[ "$1" != -D ] || shift
file=$1/global/pg_control
number() { od -An -t "$1" -j "$2" -N "$3" "$file" | tr -d ' '; }
case $(number u4 16 4) in
0) state='starting up' ;; 1) state='shut down' ;; 2) state='shut down in recovery' ;;
3) state='shutting down' ;; 4) state='in crash recovery' ;; 5) state='in archive recovery' ;;
6) state='in production' ;; *) echo "no state in $file" >&2; exit 1 ;;
esac
echo "Database system identifier:           $(number u8 0 8)"
echo "Database cluster state:               $state"
echo 'max_connections setting:              150'
echo 'max_worker_processes setting:         20'
[ $major -lt 12 ] || echo 'max_wal_senders setting:              20'
echo 'max_prepared_xacts setting:           0'
echo 'max_locks_per_xact setting:           64'
"""

# What is in template1 and what initdb made is there already; every other complaint is an error.
UPGRADE = """\
#!/bin/sh
# Stands for pg_upgrade: the same contents, by dump and restore.
set -eu
mode=$1
shift
while getopts b:B:d:D:U:p:P:s:j: option; do
    case $option in
    b) old_bin=$OPTARG ;; B) new_bin=$OPTARG ;; d) old=$OPTARG ;; D) new=$OPTARG ;; U) user=$OPTARG ;;
    p) old_port=$OPTARG ;; P) new_port=$OPTARG ;; s) socket=$OPTARG ;; *) : ;;
    esac
done
[ "$mode" = --link ] || exit 0
"$old_bin/pg_ctl" start -w -t 120 -D "$old" -l "$new.old.log" -o "-p $old_port -k $socket" >/dev/null
"$new_bin/pg_ctl" start -w -t 120 -D "$new" -l "$new.new.log" -o "-p $new_port -k $socket" >/dev/null
"$new_bin/pg_dumpall" -h "$socket" -p "$old_port" -U "$user" --no-sync -f "$new.sql"
grep -v "^CREATE ROLE $user;$" "$new.sql" >"$new.roles.sql"
"$new_bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$socket" -p "$new_port" -U "$user" -d postgres \
    -f "$new.roles.sql" >/dev/null
"$new_bin/pg_ctl" stop -w -D "$old" -m fast >/dev/null
"$new_bin/pg_ctl" stop -w -D "$new" -m fast >/dev/null
rm -f "$new.old.log" "$new.new.log" "$new.sql" "$new.roles.sql"
"""


def _link_all(source, directory, names):
    for name in names:
        if not os.path.lexists(f"{directory}/{name}"):
            os.symlink(f"{source}/{name}", f"{directory}/{name}")


def _make(directory):
    os.mkdir(directory)
    os.chmod(directory, 0o755)


def complete(directory, bins, majors, newest):
    """Bin directories beneath `directory` for those of `bins` (side -> directory) that lack programs.

    newest is the bin directory of a major that can be asked for everything.
    """
    if os.path.exists(f"{bins['blue']}/psql"):
        return bins
    blue, green = f"{directory}/programs-blue", f"{directory}/programs-green"
    _make(blue)
    write_file(f"{blue}/pg_controldata", CONTROLDATA.replace("$major", str(majors["blue"])), 0o755)
    _link_all(bins["blue"], blue, os.listdir(bins["blue"]))
    _link_all(newest, blue, CLIENTS)
    _make(green)
    write_file(f"{green}/pg_upgrade", UPGRADE, 0o755)
    _link_all(bins["green"], green, os.listdir(bins["green"]))
    return {"blue": blue, "green": green}
