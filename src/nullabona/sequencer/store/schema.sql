-- A log's private state. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
CREATE TABLE staged (
    number INTEGER NOT NULL PRIMARY KEY,
    entry  BLOB    NOT NULL
) STRICT;

CREATE TABLE batch (
    key    BLOB    NOT NULL PRIMARY KEY,
    first  INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    digest BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- What may be signed: one row, which only ever grows.
CREATE TABLE tree (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    origin TEXT    NOT NULL,
    size   INTEGER NOT NULL,
    root   BLOB    NOT NULL CHECK (length(root) = 32),
    pruned INTEGER NOT NULL
) STRICT;

CREATE TRIGGER tree_never_forks BEFORE UPDATE ON tree
WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root) OR new.origin <> old.origin
BEGIN
    SELECT RAISE(ABORT, 'a log only grows');
END;

CREATE TRIGGER tree_stays BEFORE DELETE ON tree
BEGIN
    SELECT RAISE(ABORT, 'a log only grows');
END;
