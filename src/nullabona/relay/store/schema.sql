-- The relay's database. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
CREATE TABLE box (
    num         INTEGER PRIMARY KEY,
    address     BLOB    NOT NULL UNIQUE,
    incarnation BLOB    NOT NULL,
    floor       INTEGER NOT NULL,
    expiry_day  INTEGER NOT NULL
) STRICT;

CREATE TABLE frame (
    id         INTEGER PRIMARY KEY,
    expiry_day INTEGER NOT NULL,
    body       BLOB    NOT NULL
) STRICT;
