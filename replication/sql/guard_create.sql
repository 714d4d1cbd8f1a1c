-- doing: making the event triggers that refuse DDL
-- returns: nothing
-- needs: superuser; the marker tables' schema; PL/pgSQL; PostgreSQL 10 and newer. What an object is
--        can only be known when the command has ended, and temporary ones are harmless; a command
--        that says CONCURRENTLY has committed by then, and would leave half of itself behind.
SET LOCAL client_min_messages = warning;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_concurrently;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_drop;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_ddl;
CREATE OR REPLACE FUNCTION pgcutover.refuse_ddl() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $guard$
DECLARE
    found text;
BEGIN
    IF current_setting('application_name') = :'application_name' OR tg_tag = 'REINDEX'
       OR NOT EXISTS (SELECT FROM pg_event_trigger
                       WHERE evtname = 'pgcutover_refuse_ddl' AND evtenabled <> 'D') THEN
        RETURN;
    END IF;
    IF tg_event = 'ddl_command_start' THEN
        IF current_query() !~* '\mconcurrently\M' THEN
            RETURN;
        END IF;
        found = 'a command that says CONCURRENTLY';
    ELSIF tg_event = 'sql_drop' THEN
        SELECT string_agg(format('%s %s', object_type, object_identity), ', ')
          INTO found
          FROM pg_event_trigger_dropped_objects()
         WHERE (original OR normal)
           AND NOT is_temporary
           AND coalesce(schema_name, address_names[1], '') !~ '^pg_(toast_)?temp(_[0-9]+)?$';
    ELSE
        SELECT string_agg(coalesce(object_type || ' ' || object_identity, lower(command_tag)), ', ')
          INTO found
          FROM pg_event_trigger_ddl_commands()
         WHERE coalesce(schema_name, substring(object_identity FROM ' on (pg_temp(_[0-9]+)?)[.]'), '')
               !~ '^pg_(toast_)?temp(_[0-9]+)?$';
        IF tg_tag = 'DROP OWNED' THEN
            found = coalesce(found, 'what a role owns or was granted');
        END IF;
    END IF;
    IF found IS NULL THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'pgcutover refuses %: this cluster is being moved to another server, and DDL is not replicated', tg_tag
    USING ERRCODE = 'object_not_in_prerequisite_state',
          DETAIL = left(found, 500),
          HINT = 'Wait until the cutover is finished or aborted. In an emergency a superuser can run, in this database: ALTER EVENT TRIGGER pgcutover_refuse_ddl DISABLE';
END
$guard$;
CREATE EVENT TRIGGER pgcutover_refuse_concurrently ON ddl_command_start
    WHEN TAG IN ('CREATE INDEX', 'DROP INDEX', 'ALTER TABLE')
    EXECUTE PROCEDURE pgcutover.refuse_ddl();
CREATE EVENT TRIGGER pgcutover_refuse_drop ON sql_drop EXECUTE PROCEDURE pgcutover.refuse_ddl();
CREATE EVENT TRIGGER pgcutover_refuse_ddl ON ddl_command_end
    EXECUTE PROCEDURE pgcutover.refuse_ddl()
