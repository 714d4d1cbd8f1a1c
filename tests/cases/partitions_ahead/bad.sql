CREATE TABLE by_day (day date NOT NULL) PARTITION BY RANGE (day);
DO $$
BEGIN
    EXECUTE format('CREATE TABLE by_day_now PARTITION OF by_day FOR VALUES FROM (%L) TO (%L)',
                   current_date - 4, current_date + 3);
END
$$;
ALTER TABLE by_day_now ADD PRIMARY KEY (day);
-- made far ahead
CREATE TABLE ahead (at timestamptz NOT NULL) PARTITION BY RANGE (at);
DO $$
BEGIN
    EXECUTE format('CREATE TABLE ahead_now PARTITION OF ahead FOR VALUES FROM (%L) TO (%L)',
                   current_date - 4, current_date + 400);
END
$$;
ALTER TABLE ahead_now ADD PRIMARY KEY (at);
-- nothing is written to it any more
CREATE TABLE past (day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE past_all PARTITION OF past FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
ALTER TABLE past_all ADD PRIMARY KEY (day);
-- by something else than a date
CREATE TABLE by_number (n integer NOT NULL) PARTITION BY RANGE (n);
CREATE TABLE by_number_1 PARTITION OF by_number FOR VALUES FROM (1) TO (100);
ALTER TABLE by_number_1 ADD PRIMARY KEY (n);
-- a month by days: the next month is there, but for its days
CREATE TABLE by_month (day date NOT NULL) PARTITION BY RANGE (day);
DO $$
BEGIN
    EXECUTE format('CREATE TABLE by_month_now PARTITION OF by_month FOR VALUES FROM (%L) TO (%L)'
                   ' PARTITION BY RANGE (day)', current_date - 4, current_date + 3);
    EXECUTE format('CREATE TABLE by_month_day PARTITION OF by_month_now FOR VALUES FROM (%L) TO (%L)',
                   current_date - 4, current_date + 3);
    EXECUTE format('CREATE TABLE by_month_next PARTITION OF by_month FOR VALUES FROM (%L) TO (%L)',
                   current_date + 3, current_date + 400);
END
$$;
ALTER TABLE by_month_day ADD PRIMARY KEY (day);
ALTER TABLE by_month_next ADD PRIMARY KEY (day);
-- without an end
CREATE TABLE for_ever (day date NOT NULL) PARTITION BY RANGE (day);
DO $$
BEGIN
    EXECUTE format('CREATE TABLE for_ever_1 PARTITION OF for_ever FOR VALUES FROM (%L) TO (%L)',
                   current_date - 4, current_date + 3);
    EXECUTE format('CREATE TABLE for_ever_2 PARTITION OF for_ever FOR VALUES FROM (%L) TO (%L)',
                   current_date + 3, 'infinity');
END
$$;
ALTER TABLE for_ever_1 ADD PRIMARY KEY (day);
ALTER TABLE for_ever_2 ADD PRIMARY KEY (day);
