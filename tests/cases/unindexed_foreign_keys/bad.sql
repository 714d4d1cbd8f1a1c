CREATE TABLE orders (id integer PRIMARY KEY, a integer, b integer, UNIQUE (a, b));
INSERT INTO orders SELECT n, n, n FROM generate_series(1, 10) AS n;
CREATE TABLE line (id integer PRIMARY KEY, "Order" integer, a integer, b integer,
                   CONSTRAINT line_order_fkey FOREIGN KEY ("Order") REFERENCES orders,
                   CONSTRAINT line_ab_fkey FOREIGN KEY (a, b) REFERENCES orders (a, b));
CREATE INDEX ON line (b, a, id);
INSERT INTO line SELECT n, 1 + n % 10, 1, 1 FROM generate_series(1, 2000) AS n;
-- few rows: not worth an index
CREATE TABLE small (id integer PRIMARY KEY, o integer REFERENCES orders);
ANALYZE line;
ANALYZE small;
ANALYZE orders;
-- an index of those that refer to something serves, one of some of them does not
CREATE TABLE partial (id integer PRIMARY KEY, a integer, b integer,
                      whole integer CONSTRAINT partial_whole_fkey REFERENCES orders,
                      partly integer CONSTRAINT partial_some_fkey REFERENCES orders,
                      CONSTRAINT partial_ab_fkey FOREIGN KEY (a, b) REFERENCES orders (a, b));
CREATE INDEX ON partial (whole) WHERE whole IS NOT NULL;
CREATE INDEX ON partial (a, b) WHERE a IS NOT NULL AND b IS NOT NULL;
CREATE INDEX ON partial (partly) WHERE partly IS NOT NULL AND a IS NOT NULL;
INSERT INTO partial (id, partly) SELECT n, 1 FROM generate_series(1, 1500) AS n;
ANALYZE partial;
