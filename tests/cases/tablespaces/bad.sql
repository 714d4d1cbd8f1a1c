\set place :directory/home/fast
CREATE TABLESPACE fast LOCATION :'place';
