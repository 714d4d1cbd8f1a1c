"""junit.py FILE: prints how many tests passed, failed and were skipped, as three numbers."""

import sys
import xml.etree.ElementTree


def count(path):
    """(passed, failed, skipped) of the test cases of a JUnit file, of ctest or pytest."""
    outcomes = {}
    for number, case in enumerate(xml.etree.ElementTree.parse(path).getroot().iter("testcase")):
        # pytest writes a second case for a test whose teardown fails: it is one test, and failed.
        name = case.get("classname", ""), case.get("name", number)
        tags = {child.tag for child in case}
        if tags & {"failure", "error"} or case.get("status") == "fail":
            outcomes[name] = "failed"
        elif "skipped" in tags or case.get("status") in ("notrun", "disabled"):
            outcomes.setdefault(name, "skipped")
        else:
            outcomes.setdefault(name, "passed")
    values = list(outcomes.values())
    return tuple(values.count(each) for each in ("passed", "failed", "skipped"))


if __name__ == "__main__":
    print(*count(sys.argv[1]))
