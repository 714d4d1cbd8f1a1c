-- doing: reading pg_stat_statements
-- returns: a row a statement, those that took most time first: database, "user" (who spent most time on
--          it; NULL: no role any more), queryid, calls, total_ms, share (0 to 1, of all statements),
--          length (of its text, bytes; NULL: it is not kept), text (NULL: longer than :'bytes')
-- needs: pg_read_all_stats; PostgreSQL 10 and newer. The view holds the statements of all databases. Ours
--        are not in it (session_setup); what clients' sessions ask of our schema is left out. With track
--        = all EXPLAIN leaves its own text under the id of what it explains: of several texts that is
--        taken which can be planned. What cannot be planned comes last.
-- reads
WITH known AS (
    SELECT dbid, userid, queryid, calls, :"total" AS total, query,
           query ~* ('^(\s|\(|--[^\n]*\n|/\*([^*]|\*+[^*/])*\*+/)*'
                     '(select|insert|update|delete|merge|with|values|table)\M') AS is_planned
      FROM :"schema".pg_stat_statements
     WHERE query IS NULL OR query NOT LIKE '%pgcutover%'
), counted AS (
    SELECT dbid, userid, queryid, sum(calls) AS calls, sum(total) AS total,
           (array_agg(query ORDER BY is_planned DESC NULLS LAST, total DESC))[1] AS query,
           bool_or(is_planned) AS is_planned
      FROM known
     GROUP BY dbid, userid, queryid, CASE WHEN queryid IS NULL THEN query END
), merged AS (
    SELECT dbid, queryid, (array_agg(userid ORDER BY total DESC))[1] AS userid,
           sum(calls) AS calls, sum(total) AS total,
           (array_agg(query ORDER BY is_planned DESC NULLS LAST, total DESC))[1] AS query,
           bool_or(is_planned) AS is_planned
      FROM counted
     GROUP BY dbid, queryid, CASE WHEN queryid IS NULL THEN query END
), listed AS (
    SELECT *, sum(total) OVER () AS of_all
      FROM merged
)
SELECT d.datname AS database, r.rolname AS "user", s.queryid::text AS queryid,
       s.calls::bigint AS calls, s.total AS total_ms,
       CASE WHEN s.of_all > 0 THEN s.total / s.of_all ELSE 0 END AS share,
       octet_length(s.query) AS length,
       CASE WHEN octet_length(s.query) <= :'bytes'::int THEN s.query END AS text
  FROM listed AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
 WHERE d.datallowconn AND NOT d.datistemplate
 ORDER BY coalesce(s.is_planned, true) DESC, s.total DESC, d.datname, s.queryid
 LIMIT :'limit'::int
