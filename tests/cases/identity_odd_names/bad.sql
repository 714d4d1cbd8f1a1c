CREATE SCHEMA "Odd ""Schema""";
CREATE TABLE "Odd ""Schema"""."a.b 'c'" (a int);
