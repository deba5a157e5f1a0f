-- Version 2: what was imported from other messengers.
-- One chat of an import. Its messages have the rows from `first` on, `total` of them, all below zero.
CREATE TABLE import (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    run BLOB NOT NULL,
    service TEXT NOT NULL,
    title TEXT NOT NULL,
    key TEXT NOT NULL,
    room BLOB NOT NULL,
    digest BLOB NOT NULL,
    first INTEGER NOT NULL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    added INTEGER NOT NULL,
    files INTEGER NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    made_room INTEGER NOT NULL
) STRICT;

INSERT INTO word (word, rank) VALUES ('hashsize', 16777216);

-- From now on messages are found by person and time too: 12 bytes of the account, 8 days, 16 times that.
INSERT OR REPLACE INTO word (rowid, words)
SELECT m.row, w.words || ' by' || substr(lower(hex(m.account)), 1, 24)
|| ' span' || (max(m.sent_at, 0) / 691200000) || ' era' || (max(m.sent_at, 0) / 691200000 / 16)
FROM word AS w JOIN message AS m ON m.row = w.rowid;
