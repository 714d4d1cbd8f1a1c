-- doing: writing a marker
-- returns: one row: xid of the transaction
-- needs: the marker tables; synchronous_commit is on in our sessions, so it is flushed when it returns
INSERT INTO pgcutover.marker AS old (id, value) VALUES (:'id'::integer, :'value')
    ON CONFLICT (id) DO UPDATE SET value = excluded.value, written = now()
    RETURNING txid_current() AS xid
