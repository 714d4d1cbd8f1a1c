-- doing: making the table of the client probe
-- returns: nothing
-- needs: the marker tables' schema. Before the publication and the clone, as those: both servers have
--        it, with the same privileges. :{roles} are those that the poolers' probes come in as.
SET LOCAL client_min_messages = warning;
CREATE TABLE IF NOT EXISTS pgcutover.client_probe (
    pooler text PRIMARY KEY,
    number bigint NOT NULL,
    written timestamptz NOT NULL DEFAULT now());
GRANT USAGE ON SCHEMA pgcutover TO :{roles};
GRANT SELECT, INSERT, UPDATE ON pgcutover.client_probe TO :{roles}
