DROP TABLE parted;
