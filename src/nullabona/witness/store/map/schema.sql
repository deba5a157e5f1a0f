-- The mirror of one directory's map. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
CREATE TABLE leaf (
    label      BLOB NOT NULL PRIMARY KEY,
    commitment BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE page (
    place  INTEGER NOT NULL PRIMARY KEY,
    labels INTEGER NOT NULL,
    root   BLOB    NOT NULL
) STRICT;

CREATE TABLE mirrored (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    size   INTEGER NOT NULL,
    peaks  BLOB    NOT NULL,
    listed INTEGER NOT NULL
) STRICT;
