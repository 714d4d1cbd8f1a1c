CREATE TABLE t (f float8, g float4);
