"""A schema of more than 1500 tables: no finding, and no more memory than one of a hundred. How long it
takes is measured by tests/bench/check."""

import json

import pytest

import blue as single
import large

TABLES = 1500


@pytest.fixture(scope="module")
def server(program):
    with single.Blue(program, 17, {"max_locks_per_transaction": 256}) as made:
        made.execute("postgres", "CREATE DATABASE shop")
        made.execute("shop", large.statements(100, 17))
        yield made


def checked(server):
    """Exit code, findings, and the most memory in kB; what was freed is not to be counted."""
    more = {"ASAN_OPTIONS": "exitcode=99:quarantine_size_mb=1:allocator_release_to_os_interval_ms=0"}
    code, text, _seconds, memory = single.measured_check(server.program,
                                                         server.write_configuration(), more)
    return code, json.loads(text)["findings"], memory


def test_a_large_schema_gives_no_finding_and_takes_no_more_memory(server):
    code, findings, small = checked(server)
    assert (code, findings) == (0, [])
    server.execute("postgres", "CREATE DATABASE large")
    server.execute("large", large.statements(TABLES, 17))
    [[tables, constraints, triggers]] = server.execute("large", """
        SELECT count(*) FILTER (WHERE relkind = 'r'),
               (SELECT count(*) FROM pg_constraint WHERE contype = 'f'),
               (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
          FROM pg_class WHERE oid >= 16384""")
    assert tables >= TABLES and constraints >= TABLES and triggers >= 1000
    code, findings, most = checked(server)
    assert (code, findings) == (0, [])
    assert most - small < 2048, f"{small} kB for 100 tables, {most} kB for {tables}"
