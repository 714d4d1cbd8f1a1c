"""verify on a whole lab: after prepare, with clients at work through the poolers."""

import json

import pytest

DONE, USAGE, DIFFERENT = 0, 2, 3


@pytest.fixture(scope="module")
def ready(make_module_stage):
    made = make_module_stage()
    refused = made.run("verify", code=USAGE)
    assert "there is no run under way" in refused.err
    made.prepare()
    return made


def findings(stage, *arguments, code):
    return [each for each in json.loads(stage.run("verify", "--output=json", *arguments,
                                                  code=code).out)["findings"]]


def test_green_is_equal_to_blue_while_clients_write(ready):
    with ready.load(rate=40) as load:
        ready.wait_commits(load)
        for _ in range(3):
            said = json.loads(ready.run("verify", "--output=json", code=DONE).out)
            assert said["equal"] is said["complete"] is True
            assert said["databases"] == 4 and said["tables"] > 30 and said["rows"] > 1000
            assert all(each["weight"] == "advice" for each in said["findings"])
    assert load.summary["errors"] == 0


def test_what_somebody_changed_on_green_is_found_while_clients_write(ready):
    with ready.load(rate=40) as load:
        ready.wait_commits(load)
        for database, change, undo, found in (
                ("shop", "UPDATE sales.purchase SET net = net + 0.01 WHERE id = 17",
                 "UPDATE sales.purchase SET net = net - 0.01 WHERE id = 17",
                 ("table sales.purchase", "17", "not the same on green as on blue")),
                ("Billing", 'DELETE FROM "Ledger Books".booking WHERE "Id" = 5', None,
                 ("table Ledger Books.booking", "5", "missing on green")),
                ("events", "INSERT INTO event_2024 (id, at, kind) OVERRIDING SYSTEM VALUE "
                 "VALUES (-1, '2024-05-05', 'x')",
                 "DELETE FROM event WHERE kind = 'x'",
                 ("table public.event_2024", None, "only on green"))):
            connection = ready.lab.connect("green", database, "postgres")
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = off")
                cursor.execute("SET session_replication_role = replica")
                cursor.execute(change)
                said = [each for each in findings(ready, f"--database={database}", code=DIFFERENT)
                        if each["weight"] != "advice"]
                assert [(each["database"], each["object"], each["what"]) for each in said] == [
                    (database, found[0], found[2])]
                assert found[1] in (None, said[0]["key"])
                if undo:
                    cursor.execute(undo)
            connection.close()


def test_a_cutover_is_still_possible(ready):
    """Neither sessions nor locks of verify are left."""
    ready.run("cutover", "--execute", "--yes", code=DONE)
    ready.finish()
    assert "there is no run under way" in ready.run("verify", code=USAGE).err
