"""Every folder of tests/cases on every major that can be had: what is bad is found, nothing else is.

One server a major, and few answers of `check` for all cases: see tests/cases/README.md. The older
majors are in test_cases_older.py, so that both run at the same time.
"""

import pytest

import blue as single
import cases
import casing
import test_cases_statements
import test_check_green
import test_check_hosts
import test_check_poolers
import test_check_poolers_newer
import test_check_upgrade

MAJORS = cases.MAJORS[4:]
STANDING = (test_cases_statements, test_check_green, test_check_hosts, test_check_poolers,
            test_check_poolers_newer, test_check_upgrade)
# What no folder can make bad, and the test that covers it, by name.
ELSEWHERE = {
    "long_transactions": "test_a_transaction_that_has_been_open_for_long_is_found",
    "green_minor_version": "test_a_minor_release_that_is_too_old_is_found",
    "wraparound": "test_a_database_whose_transactions_are_old_is_found",
    "slots_lost": "test_a_slot_that_has_lost_its_wal_ends_the_run",
    "green_apply_errors": "test_an_error_of_apply_is_told_also_when_it_was_cured",
    "green_conflicts": "test_a_row_that_green_does_not_have_is_an_error",
    "green_synchronous_standbys": "test_green_that_waits_for_a_standby_is_a_warning",
    "green_program_version": "test_programs_of_an_old_minor_release_are_told_before_green_is_made",
    "pending_restart": "test_parameters_that_wait_for_a_restart_are_told",
    "pg_upgrade_check": "test_pg_upgrade_is_tried_on_the_schema_and_leaves_nothing",
    "wal_disk_tight": "test_a_disk_with_room_for_once_but_not_for_three_times_is_a_warning",
    "dns_ttl": "test_a_name_whose_ttl_nobody_tells",
    "pooler_md5_passwords": "test_md5_passwords_when_green_gives_them_up",
    "pooler_version": "test_a_pgbouncer_that_will_not_go_back_is_told_where_that_is_wanted",
}


@pytest.fixture(scope="module")
def play(program):
    """play(major); a test a case tells what came of it."""
    return casing.plays(program)


@pytest.mark.parametrize("major", MAJORS)
def test_a_clean_server_gives_no_finding(play, major):
    casing.assert_clean(play(major))


@pytest.mark.parametrize("major, case", casing.pairs(MAJORS))
def test_what_is_bad_is_found_and_nothing_else(play, major, case):
    casing.assert_found(play(major), case)


@pytest.mark.parametrize("major", MAJORS)
def test_before_green_exists_its_checks_are_named_and_all_others_are_made(play, major, program):
    casing.assert_green_not_asked(play(major).baseline, program)
    casing.assert_green_not_asked(play(major).usual, program)


def test_every_check_has_a_case(program):
    covered = {each["id"] for case in cases.all_cases() for each in case.get("expect")}
    assert set(single.listed(program)) - covered == set(ELSEWHERE)


def test_no_case_expects_another_severity_than_the_list_has(program):
    """What could not be measured is as severe as the check, which it names."""
    listed = single.listed(program)
    wrong = [f"{case}: {each}" for case in cases.all_cases() for each in case.get("expect")
             if listed.get(each["what"] if each["id"] == "not_measured" else each["id"],
                           {}).get("severity") != each["severity"]]
    assert wrong == []


def test_the_tests_that_stand_for_cases_exist():
    for name in ELSEWHERE.values():
        assert any(callable(getattr(module, name, None)) for module in STANDING), name
