-- The directory's database. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
-- Without rowids: a rowid would count arrivals.
CREATE TABLE card (
    name           TEXT    NOT NULL PRIMARY KEY,
    skeleton       TEXT    NOT NULL UNIQUE,
    encoded        BLOB    NOT NULL,
    registered_day INTEGER NOT NULL,
    label          BLOB    NOT NULL,
    epoch          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cards that are shown until the one after them stands in a published epoch.
CREATE TABLE replaced (
    name        TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    until_epoch INTEGER NOT NULL,
    encoded     BLOB    NOT NULL,
    PRIMARY KEY (name, epoch)
) STRICT, WITHOUT ROWID;

CREATE INDEX replaced_until ON replaced (until_epoch);

CREATE TABLE held (
    mark      BLOB    NOT NULL PRIMARY KEY,
    until_day INTEGER NOT NULL,
    label     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE spent (
    mark      BLOB    NOT NULL PRIMARY KEY,
    until_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The public record: what stands at each label, by the epoch in which it entered; entries of the open epoch wait.
CREATE TABLE entry (
    label   BLOB    NOT NULL,
    epoch   INTEGER NOT NULL,
    version INTEGER NOT NULL,
    nonce   BLOB    NOT NULL,
    digest  BLOB,
    PRIMARY KEY (label, epoch)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_epoch ON entry (epoch);

CREATE TABLE page (
    place  INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    labels INTEGER NOT NULL,
    root   BLOB    NOT NULL,
    PRIMARY KEY (place, epoch)
) STRICT, WITHOUT ROWID;

CREATE INDEX page_epoch ON page (epoch);

CREATE TABLE epoch (
    number   INTEGER NOT NULL PRIMARY KEY,
    root     BLOB    NOT NULL,
    closed_s INTEGER NOT NULL,
    served   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
