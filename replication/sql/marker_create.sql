-- doing: making the marker tables
-- returns: nothing
-- needs: CREATE on the database; PostgreSQL 10 and newer. They exist before the publication, so that
--        markers are replicated, and before the clone, so that green has them.
SET LOCAL client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS pgcutover;
CREATE TABLE IF NOT EXISTS pgcutover.marker (
    id integer PRIMARY KEY,
    value text NOT NULL,
    written timestamptz NOT NULL DEFAULT now());
COMMENT ON SCHEMA pgcutover IS 'pgcutover: markers of a cutover; dropped by "pgcutover finish"'
