-- A witness's database. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
CREATE TABLE cosigned (
    origin TEXT    NOT NULL PRIMARY KEY,
    size   INTEGER NOT NULL,
    root   BLOB    NOT NULL CHECK (length(root) = 32),
    note   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cosigned_never_forks BEFORE UPDATE ON cosigned
WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root)
BEGIN
    SELECT RAISE(ABORT, 'a log only grows');
END;

CREATE TRIGGER cosigned_stays BEFORE DELETE ON cosigned
BEGIN
    SELECT RAISE(ABORT, 'what was cosigned is not forgotten');
END;
