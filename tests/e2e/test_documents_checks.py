"""The published schemas, and the page that is made from what the program says of itself."""

import json
import os
import subprocess

import jsonschema

from support import ROOT


def schema(name):
    with open(f"{ROOT}/docs/schemas/{name}.json") as stream:
        found = json.load(stream)
    jsonschema.Draft7Validator.check_schema(found)
    return found


def listed(program):
    done = subprocess.run([program, "check", "--list", "--output=json"], stdout=subprocess.PIPE,
                          timeout=20, check=True)
    return json.loads(done.stdout)


def test_the_list_of_checks_is_as_its_schema_says(program):
    found = listed(program)
    jsonschema.validate(found, schema("check-list"))
    ids = [check["id"] for check in found["checks"]]
    assert len(ids) == len(set(ids)) and len(ids) > 70


def test_every_check_says_why_and_what_to_do(program):
    for check in listed(program)["checks"]:
        assert check["why"].endswith(".") and check["cure"], check


def test_the_manual_lists_what_the_program_lists(program):
    done = subprocess.run([f"{ROOT}/scripts/document", "--check", program], timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_page_of_the_manual_that_a_check_names_is_there(program):
    for check in listed(program)["checks"]:
        if check["source"].startswith("docs/"):
            assert os.path.exists(f"{ROOT}/{check['source']}"), check
