CREATE DATABASE pattern IS_TEMPLATE true;
\connect pattern
CREATE TABLE odd (a regproc);
\connect template1
CREATE TABLE odd (a regproc);
