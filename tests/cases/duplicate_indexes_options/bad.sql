CREATE TABLE item (id integer PRIMARY KEY, words tsvector);
CREATE INDEX item_id_small ON item USING brin (id) WITH (pages_per_range = 8);
CREATE INDEX item_id_large ON item USING brin (id) WITH (pages_per_range = 128);
CREATE INDEX item_words_short ON item USING gist (words tsvector_ops (siglen = 100));
CREATE INDEX item_words_long ON item USING gist (words tsvector_ops (siglen = 2000));
-- how full its pages are makes no other index of it
CREATE INDEX item_words_long_again ON item USING gist (words tsvector_ops (siglen = 2000)) WITH (fillfactor = 80);
