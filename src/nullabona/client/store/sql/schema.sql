-- What a device keeps, all of it inside the encrypted file. Times are milliseconds, days are days since the epoch.
-- The steps of migrations/, applied one after the other to an empty file, must give exactly this (tests/store/test_schema.py).

-- One row. `generation` counts the commits of this profile; the witness file beside the store remembers it.
CREATE TABLE profile (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL
) STRICT;

CREATE TABLE value (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The state of MLS groups, as rows that only the MLS seam understands.
CREATE TABLE mls_kv (
    scope BLOB NOT NULL,
    k BLOB NOT NULL,
    v BLOB NOT NULL,
    PRIMARY KEY (scope, k)
) STRICT, WITHOUT ROWID;

CREATE TABLE mls_group (
    id BLOB PRIMARY KEY,
    gen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    state BLOB NOT NULL
) STRICT;

CREATE TABLE device (
    row INTEGER PRIMARY KEY,
    room BLOB NOT NULL,
    device BLOB NOT NULL,
    account BLOB NOT NULL,
    handle TEXT NOT NULL,
    leaf INTEGER NOT NULL,
    signature_key BLOB NOT NULL,
    encryption_key BLOB NOT NULL,
    since INTEGER NOT NULL,
    UNIQUE (room, device)
) STRICT;

-- `seq` is 0 while the frame is in no known place. `data` is empty once every device has acknowledged the frame.
CREATE TABLE frame (
    row INTEGER PRIMARY KEY,
    box BLOB NOT NULL,
    hash BLOB NOT NULL,
    seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    kind INTEGER NOT NULL,
    mine INTEGER NOT NULL,
    message BLOB NOT NULL,
    day INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (box, hash)
) STRICT;
CREATE INDEX frame_place ON frame (box, seq);
CREATE INDEX frame_held ON frame (box, seq) WHERE data <> x'';

-- `missing` and `unreadable` are MessagePack arrays of seqs.
CREATE TABLE view (
    box BLOB NOT NULL,
    device BLOB NOT NULL,
    incarnation BLOB NOT NULL,
    seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    missing BLOB NOT NULL,
    unreadable BLOB NOT NULL,
    PRIMARY KEY (box, device)
) STRICT, WITHOUT ROWID;

-- Ids are never used twice: a late answer must not drop somebody else's item. `kind` names a type of
-- `core.model.outbox_targets`; the columns from `room` to `upto` are its fields. `about` is a box's address, the message
-- of a file, or the digest of a Welcome's chunk; `secret` the room secret of an epoch, or the two halves of what opens
-- an inbox or trims a box.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    room BLOB,
    about BLOB NOT NULL,
    relay TEXT NOT NULL,
    secret BLOB,
    leaves INTEGER,
    upto INTEGER,
    ref BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    data BLOB NOT NULL,
    CHECK (CASE kind
        WHEN 'room-frame' THEN room NOTNULL AND secret NOTNULL AND leaves NOTNULL AND upto ISNULL
        WHEN 'reply-frame' THEN room ISNULL AND secret NOTNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'inbox-frame' THEN room ISNULL AND secret NOTNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'room-blob' THEN room NOTNULL AND secret ISNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'welcome-blob' THEN room NOTNULL AND secret ISNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'inbox-blob' THEN room ISNULL AND secret ISNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'file-piece' THEN room NOTNULL AND secret ISNULL AND leaves ISNULL AND upto ISNULL
        WHEN 'room-trim' THEN room ISNULL AND secret NOTNULL AND leaves ISNULL AND upto NOTNULL
        WHEN 'inbox-trim' THEN room ISNULL AND secret NOTNULL AND leaves ISNULL AND upto NOTNULL
        ELSE 0 END)
) STRICT;
CREATE INDEX outbox_ref ON outbox (about, ref);
CREATE INDEX outbox_due ON outbox (not_before);

-- `shown`: a line of the room, or an annotation. `about` is what an annotation is about; `entitled`: when it came, its
-- sender was an admin or, if it is a pin, might pin.
-- `unread`: 0 never counts, 1 counts while unread, 2 mentions this account besides.
CREATE TABLE message (
    row INTEGER PRIMARY KEY,
    room BLOB NOT NULL,
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL,
    box BLOB NOT NULL,
    frame BLOB NOT NULL,
    resent INTEGER NOT NULL,
    body BLOB NOT NULL,
    kind TEXT NOT NULL,
    shown INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    together BLOB NOT NULL,
    about BLOB NOT NULL,
    entitled INTEGER NOT NULL,
    timer_s INTEGER NOT NULL,
    expires_at INTEGER,
    edited_at INTEGER,
    UNIQUE (room, id)
) STRICT;
CREATE INDEX message_position ON message (room, position);
CREATE INDEX message_shown ON message (room, position) WHERE shown = 1;
CREATE INDEX message_unread ON message (room, position, unread, together) WHERE unread > 0;
CREATE INDEX message_own ON message (room, state, position) WHERE state <> 'received';
CREATE INDEX message_about ON message (room, about, position) WHERE about <> x'';
CREATE INDEX message_kind ON message (room, kind, position) WHERE kind IN ('photo', 'file', 'voice', 'pin');
CREATE INDEX message_expiry ON message (expires_at) WHERE expires_at NOTNULL;
CREATE INDEX message_timer ON message (room, position) WHERE timer_s > 0 AND expires_at ISNULL;

-- The words of shown messages, cut into overlapping pairs of characters; `rowid` is the message's `row`.
CREATE VIRTUAL TABLE word USING fts5(words, detail=none, columnsize=0, tokenize='ascii');
INSERT INTO word (word, rank) VALUES ('secure-delete', 1);
INSERT INTO word (word, rank) VALUES ('hashsize', 16777216);

-- What is known of accounts met in rooms, also after they have gone. `told_at` is when the profile was sent, NULL: none was.
CREATE TABLE person (
    account BLOB PRIMARY KEY,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    picture BLOB NOT NULL,
    told_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE marker (
    room BLOB NOT NULL,
    account BLOB NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

-- `key_packages` is a MessagePack array of binaries.
CREATE TABLE contact (
    row INTEGER PRIMARY KEY,
    account BLOB NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    room BLOB NOT NULL,
    greeting TEXT NOT NULL,
    card BLOB NOT NULL,
    key_packages BLOB NOT NULL
) STRICT;
CREATE INDEX contact_handle ON contact (handle);

CREATE TABLE seen (
    scope TEXT NOT NULL,
    hash BLOB NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (scope, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
    row INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    day INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

-- The file of a message. Its bytes are the chunks that its pieces name.
CREATE TABLE file (
    room BLOB NOT NULL,
    message BLOB NOT NULL,
    mine INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (room, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_state ON file (state, room, message);

-- `done`: of an own file, taken by the relay; of another, here. A chunk that a piece names is kept with it.
CREATE TABLE piece (
    room BLOB NOT NULL,
    message BLOB NOT NULL,
    place INTEGER NOT NULL,
    digest BLOB NOT NULL,
    done INTEGER NOT NULL,
    PRIMARY KEY (room, message, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX piece_digest ON piece (digest);

-- What the person chose, for the profile, a room or a contact. `value` is MessagePack.
CREATE TABLE preference (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- Ids are never used twice: a listener goes on after the last one it handled. `data` is the whole fact as MessagePack;
-- `kind` and `room` repeat what queries need of it.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    room BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;

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

INSERT INTO profile (one, generation) VALUES (1, 0);
