CREATE TABLE parted (a text COLLATE "en-x-icu") PARTITION BY RANGE (a);
