DROP TABLE sorted;
