CREATE TABLE item (id integer PRIMARY KEY, kind integer, name text);
CREATE INDEX item_id_again ON item (id);
CREATE INDEX item_kind ON item (kind);
CREATE INDEX item_kind_again ON item (kind);
CREATE INDEX item_kind_desc ON item (kind DESC);
CREATE INDEX item_kind_some ON item (kind) WHERE kind > 3;
CREATE INDEX item_kind_hash ON item USING hash (kind);
CREATE INDEX item_name ON item (name);
CREATE INDEX item_name_pattern ON item (name text_pattern_ops);
CREATE INDEX item_name_c ON item (name COLLATE "POSIX");
-- their texts stand at other places in their statements
CREATE INDEX item_lower ON item (lower(name)) WHERE kind + 1 > 3;
CREATE INDEX item_lower_once_more ON item (lower(name)) WHERE kind + 1 > 3;
