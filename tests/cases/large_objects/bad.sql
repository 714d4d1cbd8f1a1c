SELECT lo_create(0), lo_create(0);
