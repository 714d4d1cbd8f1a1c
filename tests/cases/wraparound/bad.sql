DO $$
BEGIN
    FOR n IN 1 .. 130000 LOOP
        PERFORM txid_current();
        COMMIT;
    END LOOP;
END
$$;
