CREATE TABLE by_day (day date NOT NULL) PARTITION BY RANGE (day);
DO $$
BEGIN
    EXECUTE format('CREATE TABLE by_day_now PARTITION OF by_day FOR VALUES FROM (%L) TO (%L)',
                   current_date - 4, current_date + 3);
END
$$;
ALTER TABLE by_day_now ADD PRIMARY KEY (day);
CREATE TABLE by_day_rest PARTITION OF by_day DEFAULT;
ALTER TABLE by_day_rest ADD PRIMARY KEY (day);
