"""What the lab's databases hold: the kinds of objects that upgrades of real clusters meet."""

import os

from processes import run

# Those the lab creates; postgres is there anyway.
DATABASES = ("shop", "Billing", "events")

ROLES = """
CREATE ROLE app LOGIN PASSWORD {app};
CREATE ROLE reporting LOGIN PASSWORD {reporting} CONNECTION LIMIT 20;
CREATE ROLE monitor LOGIN PASSWORD {monitor} IN ROLE pg_monitor;
COMMENT ON ROLE app IS 'the application''s role';
ALTER ROLE app SET statement_timeout = '60s';
ALTER ROLE reporting SET default_transaction_read_only = on;
ALTER ROLE ALL SET idle_in_transaction_session_timeout = '10min';
"""

# So that no log and no statistics keep the passwords.
UNSEEN = """
DO $$
BEGIN
    SET log_statement = 'none';
    SET log_min_duration_statement = -1;
    IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'pg_stat_statements.track') THEN
        SET pg_stat_statements.track = 'none';
    END IF;
END $$
"""

SETTINGS = """
ALTER DATABASE shop SET work_mem = '8MB';
ALTER DATABASE events SET timezone = 'Europe/Vienna';
ALTER DATABASE "Billing" SET datestyle = 'ISO, DMY';
ALTER DATABASE "Billing" CONNECTION LIMIT 120;
ALTER ROLE app IN DATABASE "Billing" SET search_path = public, "Ledger Books";
COMMENT ON DATABASE "Billing" IS 'invoices';
REVOKE CONNECT ON DATABASE events FROM PUBLIC;
GRANT CONNECT ON DATABASE events TO reporting;
"""

LOAD = """
CREATE SCHEMA load AUTHORIZATION app;
SET ROLE app;
CREATE SEQUENCE load.counter;
CREATE TABLE load.ledger (client integer NOT NULL, seq bigint NOT NULL, counter bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON load.ledger (client, seq);
CREATE TABLE load.keyless (client integer NOT NULL, seq bigint NOT NULL, note text);
CREATE TABLE load.account (id integer PRIMARY KEY, balance bigint NOT NULL DEFAULT 0);
INSERT INTO load.account SELECT generate_series(0, 127);
GRANT USAGE ON SCHEMA load TO reporting;
GRANT SELECT ON ALL TABLES IN SCHEMA load TO reporting;
RESET ROLE;
"""

SHOP_EXTENSIONS = """
CREATE EXTENSION pg_trgm;
CREATE EXTENSION pg_stat_statements;
"""

SHOP = """
CREATE SCHEMA sales;
CREATE SCHEMA "Mixed Case";
CREATE TYPE sales.state AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE DOMAIN sales.email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE sales.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    mail sales.email UNIQUE,
    tags text[] NOT NULL DEFAULT '{{}}',
    profile jsonb NOT NULL DEFAULT '{{}}',
    since date NOT NULL DEFAULT current_date);
CREATE INDEX customer_name_trgm ON sales.customer USING gin (name gin_trgm_ops);
CREATE INDEX ON sales.customer USING gin (profile);
CREATE TABLE sales.purchase (
    id serial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES sales.customer,
    state sales.state NOT NULL DEFAULT 'new',
    net numeric(12, 2) NOT NULL,
    tax numeric(12, 2) GENERATED ALWAYS AS (net * 0.2) STORED,
    at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON sales.purchase (customer_id, at);
CREATE TABLE sales.item (
    purchase_id integer NOT NULL REFERENCES sales.purchase ON DELETE CASCADE,
    line smallint NOT NULL,
    "order" text, "json" jsonb,
    PRIMARY KEY (purchase_id, line));
CREATE TABLE sales.audit (table_name text NOT NULL, operation text NOT NULL,
    row_id bigint, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION sales.write_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales.audit VALUES (TG_TABLE_NAME, TG_OP, NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON sales.purchase
    FOR EACH ROW EXECUTE FUNCTION sales.write_audit();
CREATE VIEW sales.turnover AS
    SELECT customer_id, date_trunc('month', at) AS month, sum(net + tax) AS gross
    FROM sales.purchase GROUP BY 1, 2;
CREATE SEQUENCE sales.ticket INCREMENT -1 MINVALUE -1000000 MAXVALUE -1 START -1;
CREATE SEQUENCE sales.batch CACHE 50;
CREATE SEQUENCE "Mixed Case"."Unowned Seq" AS integer START 1000 INCREMENT 7 CYCLE;
CREATE TABLE "Mixed Case"."Odd ""Name"" Table" (
    "Key" integer NOT NULL, "a value" text, "Price €" numeric);
CREATE UNIQUE INDEX "Odd Index" ON "Mixed Case"."Odd ""Name"" Table" ("Key");
CREATE TABLE "Mixed Case".settings (name text PRIMARY KEY, value bytea, span int4range,
    mac macaddr, net inet, id uuid DEFAULT gen_random_uuid());
GRANT USAGE ON SCHEMA sales, "Mixed Case" TO reporting;
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO reporting;
ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO reporting;

INSERT INTO sales.customer (name, mail, tags, profile, since)
    SELECT 'customer ' || md5(n::text), n || '@example.com', ARRAY['t' || n % 7, 'ü' || n % 3],
        jsonb_build_object('n', n, 'nested', jsonb_build_array(n % 5, null, 'x')),
        date '2020-01-01' + n % 1500
    FROM generate_series(1, {rows}) AS n;
INSERT INTO sales.purchase (customer_id, state, net, at)
    SELECT 1 + n % {rows}, (enum_range(NULL::sales.state))[1 + n % 4], n % 1000 + 0.99,
        timestamptz '2024-01-01 00:00+00' + n * interval '7 min'
    FROM generate_series(1, {rows} * 2) AS n;
INSERT INTO sales.item SELECT 1 + n % ({rows} * 2), n / ({rows} * 2), 'order ' || n, to_jsonb(n)
    FROM generate_series(0, {rows} * 3) AS n;
INSERT INTO "Mixed Case"."Odd ""Name"" Table"
    SELECT n, 'it''s "' || n || '"', n / 3.0 FROM generate_series(1, {rows}) AS n;
INSERT INTO "Mixed Case".settings (name, value, span, mac, net)
    SELECT 'setting ' || n, decode(md5(n::text), 'hex'), int4range(n, n + 10),
        '08:00:2b:01:02:03', '10.0.0.0/8' FROM generate_series(1, 50) AS n;
SELECT nextval('sales.ticket') FROM generate_series(1, 37);
SELECT nextval('sales.batch');
SELECT nextval('"Mixed Case"."Unowned Seq"') FROM generate_series(1, 11);
"""

BILLING = """
CREATE SCHEMA "Ledger Books";
CREATE TABLE invoice (
    id bigint GENERATED BY DEFAULT AS IDENTITY (START 100000) PRIMARY KEY,
    number text NOT NULL UNIQUE,
    amount numeric NOT NULL CHECK (amount >= 0),
    paid boolean,
    details jsonb);
CREATE TABLE "Ledger Books".booking (
    "Id" bigserial PRIMARY KEY,
    invoice bigint NOT NULL REFERENCES public.invoice,
    amount numeric(14, 4) NOT NULL, rate double precision, note text);
CREATE TABLE "Ledger Books"."Import" (line integer, raw text, loaded timestamp DEFAULT now());
INSERT INTO invoice (number, amount, paid, details)
    SELECT 'R-' || n, n * 1.10, (ARRAY[true, false, NULL])[1 + n % 3], jsonb_build_object('n', n)
    FROM generate_series(1, {rows}) AS n;
INSERT INTO "Ledger Books".booking (invoice, amount, rate, note)
    SELECT 99999 + n, n / 7.0, n / 3.0::float8, repeat('x', n % 40)
    FROM generate_series(1, {rows}) AS n;
INSERT INTO "Ledger Books"."Import" SELECT n % 100, 'raw ' || n FROM generate_series(1, {rows}) AS n;
GRANT SELECT ON invoice TO reporting;
"""

EVENTS = """
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    payload jsonb,
    PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_later PARTITION OF event DEFAULT;
CREATE TABLE consumer (name text PRIMARY KEY, position bigint NOT NULL, moved timestamptz);
INSERT INTO event (at, kind, payload)
    SELECT timestamptz '2024-01-01 00:00+00' + n * interval '3 hours', 'kind ' || n % 9,
        jsonb_build_object('n', n) FROM generate_series(1, {rows} * 2) AS n;
INSERT INTO consumer SELECT 'consumer ' || n, n * 100, now() FROM generate_series(1, 20) AS n;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting;
"""

POSTGRES = """
CREATE TABLE IF NOT EXISTS public.maintenance (job text PRIMARY KEY, last_run timestamptz);
INSERT INTO public.maintenance VALUES ('vacuum', now()), ('reindex', NULL);
"""

CONTENT = {"shop": SHOP, "Billing": BILLING, "events": EVENTS}
SCALES = {"full": (5000, 5), "tiny": (200, 1)}


# What older majors do not know, and what they are given instead: below major, text, another text.
OLDER = (
    (13, "DEFAULT gen_random_uuid()", "DEFAULT md5(random()::text)::uuid"),
    (12, "tax numeric(12, 2) GENERATED ALWAYS AS (net * 0.2) STORED", "tax numeric(12, 2) DEFAULT 1"),
    (11, "EXECUTE FUNCTION", "EXECUTE PROCEDURE"),
    (11, "    payload jsonb,\n    PRIMARY KEY (id, at)) PARTITION", "    payload jsonb) PARTITION"),
    (11, "PARTITION OF event FOR", "PARTITION OF event (PRIMARY KEY (id, at)) FOR"),
    (11, "event_later PARTITION OF event DEFAULT",
     "event_later PARTITION OF event (PRIMARY KEY (id, at)) "
     "FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)"),
)


def _for_major(major, text):
    for below, new, old in OLDER:
        if major < below:
            text = text.replace(new, old)
    return text


def _quote(text):
    return "'" + text.replace("'", "''") + "'"


def _execute(lab, database, user, text):
    connection = lab.connect("blue", database, user)
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
    finally:
        connection.close()


def fill(lab, passwords, scale):
    """Roles, databases and rows on blue. scale: a key of SCALES."""
    rows, pgbench_scale = SCALES[scale]
    lab.tell_secret("blue", "postgres",
                    ROLES.format(**{name: _quote(word) for name, word in passwords.items()}))
    for name in DATABASES:
        _execute(lab, "postgres", "postgres", f'CREATE DATABASE "{name}" OWNER app')
    _execute(lab, "postgres", "postgres", SETTINGS)
    _execute(lab, "shop", "postgres", SHOP_EXTENSIONS)
    for name in DATABASES:
        content = _for_major(lab.options.blue_major, CONTENT[name])
        _execute(lab, name, "app", content.format(rows=rows))
    for name in (*DATABASES, "postgres"):
        _execute(lab, name, "postgres", LOAD)
    _execute(lab, "postgres", "postgres", POSTGRES)
    run([f"{lab.blue.bin_directory}/pgbench", "-i", "-q", "-s", str(pgbench_scale),
         lab.conninfo("blue", "shop", "app")], timeout=300,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})


def scram_secrets(lab):
    """Lines of a PgBouncer auth_file with the secrets as the server stores them."""
    connection = lab.connect("blue", "postgres", "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
            return "".join(f'"{name}" "{secret}"\n' for name, secret in cursor.fetchall())
    finally:
        connection.close()
