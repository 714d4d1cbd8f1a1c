"""Labs look for their passwords when they are taken down; this is whether they find them."""

import os

import pytest

import secrecy
from processes import LabError, write_file


def test_what_is_there_to_hold_them_may(tmp_path):
    for name in ("pgpass", "blue.pgpass", "userlist.txt", "pgcutover.ini",
                 "databases.ini.pgcutover-before"):
        write_file(f"{tmp_path}/{name}", "*:*:*:app:word-of-app\n")
    assert secrecy.passwords(f"{tmp_path}/pgpass") == ["word-of-app"]
    assert secrecy.search(str(tmp_path), ["word-of-app"]) == []


def test_whatever_else_has_one_is_named_without_it(tmp_path):
    os.mkdir(f"{tmp_path}/data")
    os.mkdir(f"{tmp_path}/data/base")
    write_file(f"{tmp_path}/data/PG_VERSION", "17\n")
    write_file(f"{tmp_path}/data/base/1", "a catalog: word-of-app")
    write_file(f"{tmp_path}/server.log", "one\nCREATE ROLE app PASSWORD 'word-of-app';\nthree\n")
    assert secrecy.search(str(tmp_path), ["other", "word-of-app"]) == [
        "server.log: CREATE ROLE app PASSWORD '***';"]
    assert secrecy.search(str(tmp_path), ["word-of-app"], allowed=("server.log",)) == []


def test_a_lab_is_not_taken_down_without_looking(stage):
    write_file(f"{stage.directory}/said", stage.passwords()["app"])
    with pytest.raises(LabError, match="passwords were written to\nsaid: "):
        stage.lab.down()
    assert not os.path.exists(stage.directory)
