"""Programs for servers that come without them: of some majors there is a server, initdb and pg_ctl only.

What asks a server (psql, pg_dumpall, pg_basebackup) is taken from a newer major. pg_controldata and
pg_upgrade have to be of the server's own: scripts stand for them, pg_upgrade's by dump and restore.
So everything but the upgrade itself is the real thing: the copy, its recovery to an LSN, and all
that is said to both servers.
"""

import os

from processes import write_file

CLIENTS = ("psql", "pg_basebackup", "pg_dump", "pg_dumpall", "pg_restore", "vacuumdb", "pgbench",
           "pg_isready", "createdb")

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

# pg_upgrade alone would call it.
RESETWAL = """\
#!/bin/sh
echo "stands for pg_resetwal, and can nothing" >&2
exit 1
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


def is_complete(directory):
    return os.path.exists(f"{directory}/psql")


def complete_blue(directory, source, major, newest):
    """Makes that directory, with what is asked of a server of this major; see complete()."""
    _make(directory)
    write_file(f"{directory}/pg_controldata", CONTROLDATA.replace("$major", str(major)), 0o755)
    write_file(f"{directory}/pg_resetwal", RESETWAL, 0o755)
    _link_all(source, directory, os.listdir(source))
    _link_all(newest, directory, CLIENTS)


def complete_green(directory, source, major, newest):
    """The same, with what makes a green of this major."""
    _make(directory)
    write_file(f"{directory}/pg_upgrade", UPGRADE, 0o755)
    if not is_complete(source):
        write_file(f"{directory}/pg_controldata", CONTROLDATA.replace("$major", str(major)), 0o755)
    _link_all(source, directory, os.listdir(source))
    _link_all(newest, directory, CLIENTS)


def complete(directory, bins, majors, newest):
    """Bin directories beneath `directory` for those of `bins` (side -> directory) that lack programs.

    newest is the bin directory of a major that can be asked for everything.
    """
    if is_complete(bins["blue"]):
        return bins
    blue, green = f"{directory}/programs-blue", f"{directory}/programs-green"
    complete_blue(blue, bins["blue"], majors["blue"], newest)
    complete_green(green, bins["green"], majors["green"], newest)
    return {"blue": blue, "green": green}
