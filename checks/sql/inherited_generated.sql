-- doing: looking for generated columns of children only
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 12 to 15. A column that is inherited neither goes nor becomes a plain one;
--        12 makes no plain column of a generated one.
-- reads
WITH found AS (
    SELECT c.oid, c.relispartition, child.attname,
           format('%I.%I', n.nspname, c.relname) AS child, n.nspname, c.relname,
           string_agg(pn.nspname || '.' || p.relname, ', ' ORDER BY i.inhseqno)
               FILTER (WHERE parent.attgenerated = '') AS parents,
           string_agg(format('ALTER TABLE %I.%I NO INHERIT %I.%I;',
                             n.nspname, c.relname, pn.nspname, p.relname), ' ' ORDER BY i.inhseqno)
               AS leave,
           string_agg(format('ALTER TABLE %I.%I INHERIT %I.%I;',
                             n.nspname, c.relname, pn.nspname, p.relname), ' ' ORDER BY i.inhseqno)
               AS enter,
           min(format('%I.%I', pn.nspname, p.relname)) AS partitioned,
           pg_get_expr(c.relpartbound, 0) AS bound
      FROM pg_inherits AS i
      JOIN pg_class AS c ON c.oid = i.inhrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_class AS p ON p.oid = i.inhparent
      JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
      JOIN pg_attribute AS child ON child.attrelid = c.oid AND child.attgenerated <> ''
                                AND NOT child.attisdropped
      JOIN pg_attribute AS parent ON parent.attrelid = p.oid AND parent.attname = child.attname
                                 AND parent.attnum > 0 AND NOT parent.attisdropped
     WHERE :'green_version'::int >= 160000
     GROUP BY c.oid, c.relispartition, child.attname, n.nspname, c.relname, c.relpartbound
)
SELECT format('%s.%s.%s', nspname, relname, attname) AS what,
       format('generated here, but not in its parent %s', parents) AS evidence,
       CASE WHEN current_setting('server_version_num')::int < 130000 THEN
                format('take %s from its parents, drop the column, add a plain one and fill it, and '
                       'let the table inherit again', child)
            WHEN relispartition THEN
                format('ALTER TABLE %s DETACH PARTITION %s; ALTER TABLE %2$s ALTER COLUMN %3$I DROP '
                       'EXPRESSION; ALTER TABLE %1$s ATTACH PARTITION %2$s %4$s; in one '
                       'transaction: clients write the column from then on',
                       partitioned, child, attname, bound)
            ELSE format('%s ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION; %s in one transaction: '
                        'clients write the column from then on', leave, child, attname, enter)
       END AS cure
  FROM found
 WHERE parents IS NOT NULL
 ORDER BY nspname, relname, attname;
