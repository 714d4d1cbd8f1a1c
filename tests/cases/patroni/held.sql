SET application_name = 'Patroni heartbeat';
