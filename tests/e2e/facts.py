"""Looking at servers, poolers and files from outside, so that two moments can be compared."""

import contextlib
import hashlib
import os

from support import DATABASES

# Of each database: everything that a run touches, or might.
DATABASE_QUERIES = {
    "relations": "SELECT n.nspname, c.relname, c.relkind, c.relreplident, c.relacl::text, "
                 "c.reloptions::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                 "WHERE n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname <> 'pg_catalog'",
    "identity indexes": "SELECT indexrelid::regclass::text FROM pg_index WHERE indisreplident",
    "publications": "SELECT pubname, puballtables FROM pg_publication",
    "schemas": "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'",
    "extensions": "SELECT extname, extversion FROM pg_extension",
    "triggers": "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
}
CLUSTER_QUERIES = {
    "slots": "SELECT slot_name, plugin, slot_type, database FROM pg_replication_slots",
    "subscriptions": "SELECT subname, subenabled, subsynccommit, subslotname FROM pg_subscription",
    "origins": "SELECT roname FROM pg_replication_origin",
    "settings of roles and databases":
        "SELECT coalesce(d.datname, ''), coalesce(r.rolname, ''), (SELECT array_agg(item ORDER BY "
        "item) FROM unnest(setconfig) AS item)::text FROM pg_db_role_setting s LEFT JOIN "
        "pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole",
    "privileges on databases":
        "SELECT datname, datallowconn, datconnlimit, datistemplate, coalesce(r.rolname, 'PUBLIC'), "
        "acl.privilege_type, acl.is_grantable FROM pg_database d, aclexplode(coalesce(datacl, "
        "acldefault('d', datdba))) acl LEFT JOIN pg_roles r ON r.oid = acl.grantee",
    "roles": "SELECT rolname, rolcanlogin, rolsuper, rolconnlimit, md5(rolpassword) FROM pg_authid",
    "parameters": "SELECT name, setting, source, sourcefile FROM pg_settings "
                  "WHERE name NOT IN ('application_name', 'transaction_read_only')",
    "prepared transactions": "SELECT gid FROM pg_prepared_xacts",
}
SEQUENCES = ("SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
             "ON n.oid = c.relnamespace WHERE c.relkind = 'S' ORDER BY 1, 2")
TABLES = ("SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
          "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND "
          "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcutover') ORDER BY 1, 2")


def quoted(*names):
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


@contextlib.contextmanager
def asking(lab, side, database):
    """query(text) -> rows, all of them by one session: to log in takes longer than most answers."""
    connection = lab.connect(side, database, "postgres")
    try:
        with connection.cursor() as cursor:
            def query(text):
                cursor.execute(text)
                return cursor.fetchall()
            yield query
    finally:
        connection.close()


def databases(lab, side):
    return [name for name, in lab.query(side, "postgres", "SELECT datname FROM pg_database "
                                        "WHERE NOT datistemplate ORDER BY datname")]


def catalogs(lab, side="blue"):
    """What a run may change on a server and has to put back."""
    found = {}
    with asking(lab, side, "postgres") as query:
        for what, text in CLUSTER_QUERIES.items():
            found[what] = sorted(map(repr, query(text)))
    for name in databases(lab, side):
        with asking(lab, side, name) as query:
            for what, text in DATABASE_QUERIES.items():
                found[f"{what} of {name}"] = sorted(map(repr, query(text)))
    return found


def _state(path):
    """A file as (kind, mode, owner, size, hash)."""
    status = os.lstat(path)
    content = ""
    if os.path.isfile(path) and not os.path.islink(path):
        with open(path, "rb") as stream:
            content = hashlib.sha256(stream.read()).hexdigest()
    return (oct(status.st_mode), status.st_uid, content)


def tree(directory, without=(".log", ".pid", "-shm", "-wal", ".lock")):
    """Every file beneath a directory with its mode, owner and content."""
    found = {}
    for where, names, files in os.walk(directory):
        for name in names:
            found[os.path.join(where, name)] = oct(os.lstat(os.path.join(where, name)).st_mode)
        for name in files:
            path = os.path.join(where, name)
            if not name.endswith(without) and not name.startswith(".s."):
                found[path] = _state(path)
    return found


def poolers(lab):
    """What the poolers run with, and their files."""
    found = {}
    for name, pooler in lab.poolers.items():
        found[f"files of {name}"] = tree(pooler.directory)
        for process in pooler.processes:
            found[f"config of {process.name}"] = [
                (row["key"], row["value"]) for row in process.command("SHOW CONFIG")]
            found[f"databases of {process.name}"] = sorted(
                (row["name"], row["host"], row["port"], row["database"], int(row["paused"]),
                 int(row["disabled"])) for row in process.command("SHOW DATABASES")
                # an automatic entry comes with its first client and goes when it is idle
                if row["name"] in pooler.databases())
    return found


def everything(lab, green=False):
    """Blue, the poolers and the files of green's host; with green also that server."""
    found = {f"blue: {what}": value for what, value in catalogs(lab).items()}
    found.update(poolers(lab))
    if green:
        found.update({f"green: {what}": value for what, value in catalogs(lab, "green").items()})
    else:
        found["files of green"] = tree(lab.green.directory)
    return found


def differences(before, after):
    """In words; [] when there are none."""
    found = []
    for what in sorted(set(before) | set(after)):
        old, new = before.get(what), after.get(what)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += [f"{what}: {line}" for line in differences(old, new)]
        elif isinstance(old, list) and isinstance(new, list):
            gone = [each for each in old if each not in new]
            came = [each for each in new if each not in old]
            found.append(f"{what}: gone {gone}, came {came}")
        else:
            found.append(f"{what}: {old!r} -> {new!r}")
    return found


def assert_same(before, after):
    found = differences(before, after)
    assert not found, "\n".join(found)


def sequences(lab, side):
    """(database, schema, name) -> (last_value, is_called)."""
    found = {}
    for database in databases(lab, side):
        with asking(lab, side, database) as query:
            for schema, name in query(SEQUENCES):
                found[database, schema, name], = query(
                    f"SELECT last_value, is_called FROM {quoted(schema, name)}")
    return found


def rows(lab, side):
    """(database, schema, table) -> (count, sum of the hashes of all rows)."""
    found = {}
    for database in databases(lab, side):
        with asking(lab, side, database) as query:
            for schema, name in query(TABLES):
                found[database, schema, name], = query(
                    "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) "
                    f"FROM {quoted(schema, name)} AS t")
    return found


def assert_equal_servers(lab):
    """Every row and every sequence of blue is on green; blue has to be at rest."""
    assert_same(rows(lab, "blue"), rows(lab, "green"))
    assert_same(sequences(lab, "blue"), sequences(lab, "green"))
    assert set(databases(lab, "green")) >= set(DATABASES)


def identities(lab, side):
    """(database, schema, table) -> replica identity and its index."""
    found = {}
    for database in databases(lab, side):
        for schema, name, identity, index in lab.query(
                side, database, "SELECT n.nspname, c.relname, c.relreplident, (SELECT "
                "ic.relname FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE "
                "i.indrelid = c.oid AND i.indisreplident) FROM pg_class c JOIN pg_namespace n ON "
                "n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN "
                "('pg_catalog', 'information_schema')"):
            found[database, schema, name] = (identity, index)
    return found
