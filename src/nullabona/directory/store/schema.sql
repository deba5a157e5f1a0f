-- The directory's database. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
-- Without rowids: a rowid would count arrivals.
CREATE TABLE card (
    name           TEXT    NOT NULL PRIMARY KEY,
    skeleton       TEXT    NOT NULL UNIQUE,
    encoded        BLOB    NOT NULL,
    registered_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE held (
    mark      BLOB    NOT NULL PRIMARY KEY,
    until_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
