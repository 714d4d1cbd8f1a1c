"""Passwords where none may be: in whatever a lab's programs, servers and poolers have written.

A lab looks when it is taken down, so that every test is one of this. A server keeps the connection
string of a subscription in its catalog: what is in the relations of a server is not looked at.
"""

import os
import re
import stat

# What is there to hold them: passfiles, those of PgBouncer, and what their users may write them into.
OWN_FILES = re.compile(r"pgpass$|^userlist\.txt$|\.ini(\.pgcutover-\w+)?$")
RELATIONS = ("base", "global", "pg_wal")


def passwords(passfile):
    with open(passfile) as stream:
        return sorted({line.rstrip("\n").split(":")[4] for line in stream if line.count(":") >= 4})


def _is_server(path):
    return os.path.exists(f"{path}/PG_VERSION") or os.path.exists(f"{path}/global")


def _files(directory):
    for path, directories, names in os.walk(directory):
        if _is_server(path):
            directories[:] = [each for each in directories if each not in RELATIONS]
        for name in names:
            found = f"{path}/{name}"
            if not OWN_FILES.search(name) and stat.S_ISREG(os.lstat(found).st_mode):
                yield found


def search(directory, words, allowed=()):
    """Files beneath it with one of the words in them, each with the line; allowed: their ends."""
    pattern = re.compile(b"|".join(re.escape(word.encode()) for word in words))
    leaks = []
    for path in _files(directory):
        if path.endswith(tuple(allowed)):
            continue
        with open(path, "rb") as stream:
            content = stream.read()
        match = pattern.search(content)
        if match:
            start = content.rfind(b"\n", 0, match.start()) + 1
            end = content.find(b"\n", match.end())
            line = pattern.sub(b"***", content[start:end if end >= 0 else len(content)])
            leaks.append(f"{os.path.relpath(path, directory)}: "
                         f"{line[:200].decode('utf-8', 'replace')}")
    return leaks
