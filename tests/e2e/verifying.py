"""What the tests of `verify` share: tables that move all the time, and every type there is."""

import contextlib
import random
import threading

# Hot ones: few rows, each changed again and again; all kinds of keys, and none.
HOT = """
CREATE TABLE hot (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0, note text);
INSERT INTO hot SELECT n, 0, md5(n::text) FROM generate_series(1, 400) AS n;
CREATE TABLE "Two ""Keys" ("A b" text, "select" integer, flag boolean DEFAULT false, n integer,
    PRIMARY KEY ("A b", "select"));
INSERT INTO "Two ""Keys" SELECT 'key''s ' || n % 7, n, false, 0 FROM generate_series(1, 200) AS n;
CREATE TABLE queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job text);
CREATE TABLE keyless (client integer, note text);
ALTER TABLE keyless REPLICA IDENTITY FULL;
INSERT INTO keyless SELECT n % 10, 'note ' || n % 50 FROM generate_series(1, 300) AS n;
CREATE TABLE single (value bigint);
ALTER TABLE single REPLICA IDENTITY FULL;
INSERT INTO single VALUES (0);
CREATE TABLE quiet (id uuid PRIMARY KEY, at timestamptz, amount numeric, data bytea);
INSERT INTO quiet SELECT md5(n::text)::uuid, timestamptz '2024-01-01 00:00+00' + n * interval '1 h',
    n / 7.0, decode(md5(n::text), 'hex') FROM generate_series(1, 30000) AS n;
CREATE INDEX quiet_amount ON quiet (amount);
CREATE SEQUENCE ticket INCREMENT 3;
CREATE TABLE settings (name text PRIMARY KEY, value integer DEFAULT 5);
INSERT INTO settings SELECT 'setting ' || n, n FROM generate_series(1, 50) AS n;
SELECT lo_from_bytea(70001, 'first'), lo_from_bytea(70002, decode(repeat('00ff', 3000), 'hex'));
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS count FROM quiet;
"""

CHANGES = (
    "UPDATE hot SET n = n + 1 WHERE id = %(small)s",
    "UPDATE hot SET n = n + 1, note = md5(n::text) WHERE id = 1",
    "UPDATE \"Two \"\"Keys\" SET flag = NOT flag WHERE \"select\" = %(small)s",
    "DELETE FROM \"Two \"\"Keys\" WHERE \"select\" = %(large)s",
    "INSERT INTO \"Two \"\"Keys\" VALUES ('key''s 1', %(large)s, true, 1) "
    "ON CONFLICT (\"A b\", \"select\") DO UPDATE SET n = \"Two \"\"Keys\".n + 1",
    "INSERT INTO queue (job) SELECT 'job ' || n FROM generate_series(1, 3) AS n",
    "DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id LIMIT 3)",
    "INSERT INTO keyless VALUES (%(small)s, 'note ' || %(large)s)",
    "DELETE FROM keyless WHERE client = %(small)s AND note = 'note ' || %(large)s",
    "UPDATE keyless SET note = 'note ' || %(large)s WHERE client = %(small)s AND note = 'note 7'",
    "UPDATE single SET value = value + 1",
)


class Writers:
    """Clients that change the hot tables of a side until they are told to stop."""

    def __init__(self, pair, side="blue", count=2, settings=("SET synchronous_commit = off",)):
        self.pair, self.side, self.settings = pair, side, settings
        self.ends, self.commits, self.errors = threading.Event(), 0, []
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True)
                        for number in range(count)]

    def _work(self, number):
        dice = random.Random(number)
        try:
            with contextlib.closing(self.pair.connect(self.side)) as connection, \
                    connection.cursor() as cursor:
                if number % 2:
                    for text in self.settings:
                        cursor.execute(text)
                while not self.ends.is_set():
                    cursor.execute(dice.choice(CHANGES), {"small": dice.randint(1, 8),
                                                          "large": dice.randint(190, 230)})
                    self.commits += 1
        except Exception as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self.ends.set()
        for thread in self.threads:
            thread.join(20)
        assert kind or not self.errors, self.errors


# Every type whose text, or whose binary form, is not the same everywhere.
TYPES = r"""
CREATE SCHEMA "Odd ""Schema";
CREATE TYPE "Odd ""Schema".state AS ENUM ('new', 'it''s', 'Ünïcode');
CREATE DOMAIN "Odd ""Schema".ratio AS double precision CHECK (VALUE < 1e300 OR VALUE = 'NaN');
CREATE DOMAIN "Odd ""Schema".ratio2 AS "Odd ""Schema".ratio;
CREATE DOMAIN "Odd ""Schema".word AS varchar(20);
CREATE TYPE "Odd ""Schema".pair AS (x double precision, y text, z numeric);
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE numbers (id integer PRIMARY KEY, small smallint, big bigint, exact numeric,
    single real, double double precision, cash money, o oid, b boolean, bits bit varying,
    ratio "Odd ""Schema".ratio2);
INSERT INTO numbers VALUES
    (1, -32768, 9223372036854775807, 1.0, 0.1, 0.1, 12.34, 4294967295, true, '101', 0.3),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 0, 0, 1.00, '-0', '-0', -5, 0, false, '', '-0'),
    (4, 1, 1, 'NaN', 'NaN', 'NaN', 0, 1, true, '0', 'NaN'),
    (5, 1, 1, 1e-200, 'Infinity', '-Infinity', 1e10, 1, true, '1111', 1e-300),
    (6, 1, 1, 123456789012345678901234567890.123456789, 3.4028235e38, 1.7976931348623157e308,
     0.01, 1, true, '10', 1.1::float4::float8),
    (7, 1, 1, 0, 1.17549435e-38, 4.9406564584124654e-324, 0, 1, true, '1', 2.2250738585072014e-308);
CREATE TABLE times (at timestamptz PRIMARY KEY, local timestamp, day date, clock time, zoned timetz,
    long interval, span tstzrange, days daterange, several interval[], spare text);
INSERT INTO times VALUES
    ('2024-02-29 12:34:56.789012+05', 'infinity', '0044-03-15 BC', '24:00', '12:00+14',
     '1 year -2 mons 3 days 04:05:06.789', '[2024-01-01 00:00+02,)', 'empty',
     '{1 mon,30 days,720:00:00,NULL}'),
    ('-infinity', '4713-01-01 BC', '-infinity', '00:00', '00:00:00.000001-08', '30 days',
     '(,2024-01-01)', '[2024-01-01,2024-02-01]', '{}'),
    ('1999-12-31 23:59:59.999999', NULL, NULL, NULL, NULL, '1 mon', NULL, NULL, NULL);
CREATE TABLE words (id text PRIMARY KEY, fixed char(5), short varchar(9), loose text COLLATE loose,
    named name, letter "char", domain "Odd ""Schema".word, search tsvector, query tsquery);
INSERT INTO words VALUES ('', '', '', '', '', '', '', '', ''),
    (E'tab\t"quote" \\back, (paren) ''', 'ab', 'x ', 'ÄÖ', 'select', 'q', 'w', 'fat:1A cat:2', 'a & b'),
    ('Zoë', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (E'line\nbreak', 'NULL', 'NULL', 'null',
     'NULL', 'N', 'NULL', NULL, NULL);
CREATE TABLE "Odd ""Schema"."Táble, with ""all"" of it" ("Key  " "Odd ""Schema".state PRIMARY KEY,
    "select" jsonb, "a,b" json, raw bytea, doc xml, net inet, block cidr, mac macaddr, mac8 macaddr8,
    id uuid, "Odd ""Schema" "Odd ""Schema".pair, many "Odd ""Schema".pair[], lists text[][],
    doubles float8[], singles float4[], ratios "Odd ""Schema".ratio[], range numrange, wide floats,
    p point, l line, s lseg, bx box, pa path, po polygon, ci circle, path_lsn pg_lsn,
    states "Odd ""Schema".state[], twice integer GENERATED ALWAYS AS (length(raw::text)) STORED);
INSERT INTO "Odd ""Schema"."Táble, with ""all"" of it" VALUES
    ('new', '{"b": 1.00, "a": [null, "ü", 1e3], "": {}}', '{"b":1.00 , "b": 2}', '\x00ff5c27',
     '<a b="c">&lt;<!-- x --></a>', '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03',
     '08:00:2b:01:02:03:04:05', '00000000-0000-0000-0000-000000000001', ROW(0.1, 'a "b", c', 1.10),
     ARRAY[ROW('NaN', NULL, NULL), NULL]::"Odd ""Schema".pair[], '{{a,"b c"},{NULL,"NULL"}}',
     '{0.1,NaN,-0,1e-320}', '{0.1,3.4028235e38}', '{0.3,NaN}', '[1.0,2.50)', '[0.1,0.30000000000000004)',
     '(0.1,1e-300)', '{1,2,3}', '[(0,0),(0.1,0.2)]', '(1,1),(0,0)', '[(0,0),(1,0.1)]',
     '((0,0),(1,1),(1,0))', '<(0,0),0.1>', '16/B374D848', '{new,"it''s",NULL}'),
    ('it''s', 'null', 'null', '', '', '::1', '::/0', NULL, NULL, NULL, ROW(NULL, '', NULL), '{}', '{}',
     '{}', '{}', '{}', 'empty', '(,)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
    ('Ünïcode', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE documents (id integer PRIMARY KEY, a jsonb, b json, c xml, d float8[], e text[], f path);
INSERT INTO documents SELECT n, '{"a": 1.00}', '{"a":1}', '<a>b</a>', '{-0,0.1}', '{}', '[(0.1,0)]'
    FROM generate_series(1, 8) AS n;
CREATE TABLE close (id integer PRIMARY KEY, a bigint, b bigint, d date, e date, f float8, r float4,
    s boolean, t boolean);
INSERT INTO close SELECT n, 1, -1, '-infinity', NULL, 'NaN', NULL, NULL, false
    FROM generate_series(1, 12) AS n;
CREATE TABLE by_float (f double precision PRIMARY KEY, n integer);
INSERT INTO by_float VALUES (0.1, 1), ('NaN', 2), ('Infinity', 3);
CREATE TABLE by_loose (w text COLLATE loose PRIMARY KEY, n integer);
INSERT INTO by_loose VALUES ('a', 1), ('b', 2);
CREATE TABLE by_expression (a integer, b integer);
CREATE UNIQUE INDEX ON by_expression ((a + b));
ALTER TABLE by_expression REPLICA IDENTITY FULL;
INSERT INTO by_expression VALUES (1, 2), (2, 2), (NULL, 2);
CREATE TABLE by_descending (a integer NOT NULL, b integer);
CREATE UNIQUE INDEX descending ON by_descending (a DESC);
ALTER TABLE by_descending REPLICA IDENTITY USING INDEX descending;
INSERT INTO by_descending SELECT n, n FROM generate_series(1, 100) AS n;
CREATE TABLE parent (id integer PRIMARY KEY, kind text) ;
CREATE TABLE child (more text, PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO parent VALUES (1, 'parent'); INSERT INTO child VALUES (2, 'child', 'x');
CREATE TABLE parts (id integer, part integer, v text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE part_2 (v text, part integer NOT NULL, id integer NOT NULL, gone text);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION part_2 FOR VALUES IN (2);
INSERT INTO parts SELECT n, 1 + n % 2, 'v' || n FROM generate_series(1, 100) AS n;
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
CREATE UNLOGGED TABLE scratch (id integer PRIMARY KEY);
"""

# One row each: what comes nearest to being equal, and is not.
NEAREST = (
    ("numbers", "exact = 1.00", "id = 1"), ("numbers", "small = 0", "id = 2"),
    ("numbers", "double = 0", "id = 3"), ("numbers", "bits = '00'", "id = 4"),
    ("numbers", "single = '3.4028233e38'", "id = 6"), ("numbers", "ratio = 3e-308", "id = 7"),
    ("times", "long = '1 mon'", "at = '-infinity'"),
    ("times", "zoned = '11:00+13'", "clock = '24:00'"),
    ("times", "spare = ''", "local IS NULL"),
    ("words", "short = NULL", "id = ''"), ("words", "loose = 'äö'", "fixed = 'ab'"),
    ("words", "letter = 'n'", "id LIKE 'line%'"), ("words", "fixed = 'z'", "id = 'Zoë'"),
    ("documents", "a = '{\"a\": 1.0}'", "id = 1"), ("documents", "b = '{\"a\": 1}'", "id = 2"),
    ("documents", "c = '<a>b </a>'", "id = 3"), ("documents", "d = '{0,0.1}'", "id = 4"),
    ("documents", "e = '{\"\"}'", "id = 5"), ("documents", "e = NULL", "id = 6"),
    ("documents", "f = '[(0.10000000000000002,0)]'", "id = 7"),
    # the other half of a bigint, NULL and what is nearest to it, values in each other's columns
    ("close", "a = 4294967296", "id = 1"), ("close", "b = 4294967295", "id = 2"),
    ("close", "a = -1, b = 1", "id = 3"), ("close", "d = NULL", "id = 4"),
    ("close", "d = 'infinity'", "id = 5"), ("close", "e = '-infinity'", "id = 6"),
    ("close", "d = NULL, e = '-infinity'", "id = 7"), ("close", "f = NULL", "id = 8"),
    ("close", "r = 'NaN'", "id = 9"), ("close", "f = NULL, r = 'NaN'", "id = 10"),
    ("close", "s = false", "id = 11"), ("close", "s = false, t = NULL", "id = 12"),
)
