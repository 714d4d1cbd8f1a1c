"""check --plans from older majors: plans that are alike are found alike, however a release writes them."""

import pytest

from support import DONE
from test_pairs import fetch
from test_plans import act, by_line, compare, compare_file, statement_of, used

PAIRS = ((10, 17), (11, 15), (12, 17), (13, 17), (14, 15), (16, 18))
ALWAYS = ((10, 17), (13, 17))

# Where releases write the same plan otherwise: one input of an Append, with an InitPlan, subplans, those
# among which the server chooses, SetOp, inherited updates. Without parameters, then with.
PLAIN = """\
\\connect events app
SELECT * FROM event WHERE at = '2024-05-05 00:00+00' AND id = 1;
SELECT count(*) FROM event;
UPDATE event SET kind = 'x' WHERE kind = 'y';
DELETE FROM event WHERE at < '2020-01-01';
SELECT * FROM event WHERE at = '2024-05-05 00:00+00' AND id =
    (SELECT count(*) FROM event WHERE at = '2024-05-06 00:00+00');
\\connect shop app
SELECT id FROM sales.customer EXCEPT SELECT customer_id FROM sales.purchase;
SELECT * FROM sales.customer WHERE id = (SELECT max(customer_id) FROM sales.purchase);
SELECT * FROM (SELECT id, name FROM sales.customer OFFSET 0) AS c WHERE name = 'x';
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT * FROM n;
SELECT id FROM sales.customer AS c
 WHERE id = 3 OR EXISTS (SELECT FROM sales.purchase AS p WHERE p.customer_id = c.id);
SELECT EXISTS (SELECT FROM sales.purchase AS p WHERE p.customer_id = c.id) FROM sales.customer AS c;
SELECT c.name, p.id FROM sales.customer AS c LEFT JOIN sales.purchase AS p ON p.customer_id = c.id;
"""
PARAMETERS = """\
\\connect events app
SELECT * FROM event WHERE at = $1;
SELECT * FROM event WHERE id = $1 AND at BETWEEN $2 AND $3;
UPDATE event SET kind = $2 WHERE kind = $1;
\\connect shop app
SELECT * FROM sales.customer WHERE id = $1;
INSERT INTO sales.item VALUES ($1, $2, $3, $4);
"""


def spread():
    return [pytest.param(pair, marks=() if pair in ALWAYS else pytest.mark.full,
                         id=f"{pair[0]}-{pair[1]}") for pair in PAIRS]


@pytest.mark.parametrize("majors", spread())
def test_plans_of_other_majors(majors, make_stage):
    for major in majors:
        fetch(major)
    stage = make_stage(blue_major=majors[0], green_major=majors[1], poolers=("p1",))
    act(stage, "blue", "postgres", "ALTER ROLE app SUPERUSER")
    # up to 13 an empty table is planned as if it had ten pages
    act(stage, "blue", "events", "INSERT INTO event (at, kind) SELECT timestamptz '2025-01-01' "
        "+ n * interval '6 hours', 'late' FROM generate_series(0, 3000) AS n")
    for database in ("shop", "events"):
        act(stage, "blue", database, "VACUUM ANALYZE")
    stage.prepare()
    for database in ("shop", "events"):  # which pages are all visible is known behind VACUUM only
        act(stage, "green", database, "VACUUM ANALYZE")

    said = compare_file(stage, PLAIN, "--analyze")
    assert [each["reason"] for each in said["not_compared"]] == []
    assert [(each["statement"], each["changes"]) for each in said["flips"]
            if each["shape_changed"]] == []
    assert said["counts"]["run"] == 10 and said["counts"]["not_run"] == 2

    said = compare_file(stage, PARAMETERS)
    if majors[0] < 12:
        assert said["counts"]["not_compared"] == 5
        assert all("before 12" in each["reason"] for each in said["not_compared"])
    else:
        assert [each["reason"] for each in said["not_compared"]] == []
        assert [(each["statement"], each["changes"]) for each in said["flips"]] == []

    used(stage, "SELECT name FROM sales.customer WHERE id = 7", "TABLE sales.customer")
    said = compare(stage)
    found = statement_of(said, "WHERE id = $1")
    assert found["calls"] == 20 and found["total_ms"] > 0
    assert ("before 12" in found["reason"]) if majors[0] < 12 else found["factor"] < 1.5
    assert statement_of(said, "TABLE sales.customer")["factor"] < 1.5
    assert by_line(said).keys() == {None}
    stage.run("abort", "--execute", "--yes", code=DONE)
