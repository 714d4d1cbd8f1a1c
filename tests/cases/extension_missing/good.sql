DROP EXTENSION adminpack;
