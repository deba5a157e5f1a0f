-- The desk's tables. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
-- What may be done with them is in rules.sql. A change here needs a step in migrations/, which a test compares too.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------------------ officers

CREATE TABLE officer (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    recipient    TEXT    NOT NULL,
    enrolled_day INTEGER NOT NULL,
    revoked_day  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
    key_id     TEXT    NOT NULL PRIMARY KEY,
    officer    TEXT    NOT NULL REFERENCES officer (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('ed25519', 'webauthn')),
    public     BLOB    NOT NULL UNIQUE,
    label      TEXT    NOT NULL,
    sign_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE officer_role (
    officer TEXT NOT NULL REFERENCES officer (id),
    role    TEXT NOT NULL,
    PRIMARY KEY (officer, role)
) STRICT, WITHOUT ROWID;

-- Who may for a time do what an absent officer's roles allow.
CREATE TABLE deputy (
    num     INTEGER NOT NULL PRIMARY KEY,
    officer TEXT    NOT NULL REFERENCES officer (id),
    absent  TEXT    NOT NULL REFERENCES officer (id) CHECK (absent <> officer),
    from_s  INTEGER NOT NULL,
    until_s INTEGER NOT NULL CHECK (until_s > from_s AND until_s - from_s <= 7948800),
    ended_s INTEGER
) STRICT;

-- What the program's tables say (core/states.py, core/roles.py); written once, when the desk is founded or updated.
CREATE TABLE step (
    state  TEXT NOT NULL,
    action TEXT NOT NULL,
    next   TEXT NOT NULL,
    PRIMARY KEY (state, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE permit (
    role   TEXT NOT NULL,
    action TEXT NOT NULL,
    state  TEXT NOT NULL,
    PRIMARY KEY (role, action, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_permit (
    role     TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    confirms INTEGER NOT NULL,
    PRIMARY KEY (role, action, confirms)
) STRICT, WITHOUT ROWID;

CREATE TABLE apart (
    action  TEXT NOT NULL,
    earlier TEXT NOT NULL,
    PRIMARY KEY (action, earlier)
) STRICT, WITHOUT ROWID;

-- --------------------------------------------------------------------------------------------------------------- cases

CREATE TABLE cases (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    number     TEXT    NOT NULL UNIQUE,
    state      TEXT    NOT NULL,
    version    BLOB    NOT NULL CHECK (length(version) = 32),
    serial     INTEGER NOT NULL,
    received_s INTEGER NOT NULL,
    recipient  TEXT    NOT NULL,
    content    BLOB    NOT NULL,
    package    BLOB,
    trail      BLOB    NOT NULL,
    receipt    BLOB,
    last_act   BLOB,
    decided_by BLOB,
    erase_day  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE case_key (
    case_id BLOB NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    officer TEXT NOT NULL REFERENCES officer (id),
    wrapped BLOB NOT NULL,
    PRIMARY KEY (case_id, officer)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    sealed  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recusal (
    case_id BLOB NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    officer TEXT NOT NULL REFERENCES officer (id),
    PRIMARY KEY (case_id, officer)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
    case_id BLOB    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    due_s   INTEGER NOT NULL,
    begun_s INTEGER NOT NULL,
    met_s   INTEGER,
    level   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE act (
    challenge BLOB    NOT NULL PRIMARY KEY CHECK (length(challenge) = 32),
    case_id   BLOB    REFERENCES cases (id) ON DELETE CASCADE,
    action    TEXT    NOT NULL,
    confirms  INTEGER NOT NULL DEFAULT 0,
    officer   TEXT    NOT NULL REFERENCES officer (id),
    key_id    TEXT    NOT NULL REFERENCES credential (key_id),
    state     TEXT    NOT NULL,
    version   BLOB    NOT NULL,
    approves  BLOB,
    makes     BLOB,
    package   BLOB,
    encoded   BLOB    NOT NULL,
    payload   BLOB    NOT NULL,
    at_s      INTEGER NOT NULL,
    stands_for TEXT   REFERENCES officer (id) CHECK (stands_for <> officer)
) STRICT;
CREATE INDEX act_of_case ON act (case_id, action);

-- Which acts have moved a case: each once.
CREATE TABLE moved (
    challenge BLOB NOT NULL PRIMARY KEY REFERENCES act (challenge) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Notices that wait for the log's proof of their slot; sealed to the officers of the case.
CREATE TABLE notice (
    commitment BLOB NOT NULL PRIMARY KEY,
    case_id    BLOB NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    sealed     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------- actions on the desk itself

CREATE TABLE pending (
    challenge    BLOB NOT NULL PRIMARY KEY REFERENCES act (challenge),
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    detail       TEXT NOT NULL,
    details      BLOB NOT NULL,
    proposed_by  TEXT NOT NULL REFERENCES officer (id) CHECK (proposed_by <> subject),
    confirmed_by TEXT REFERENCES officer (id) CHECK (confirmed_by <> proposed_by AND confirmed_by <> subject),
    objected_by  TEXT REFERENCES officer (id) CHECK (objected_by IS NULL OR confirmed_by IS NULL),
    done         INTEGER NOT NULL DEFAULT 0 CHECK (done = 0 OR confirmed_by IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE authority (
    id      TEXT NOT NULL PRIMARY KEY,
    encoded BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------------------- journal

CREATE TABLE event (
    seq      INTEGER NOT NULL PRIMARY KEY,
    at_s     INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    case_id  BLOB,
    officer  TEXT,
    detail   BLOB    NOT NULL,
    nonce    BLOB    NOT NULL CHECK (length(nonce) = 32),
    previous BLOB    NOT NULL CHECK (length(previous) = 32),
    stands_for TEXT,
    hash     BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32)
) STRICT;

-- --------------------------------------------------------------------------------------------------------------- slots

-- Events that wait for their slot, in the order in which they came.
CREATE TABLE waiting (
    num        INTEGER NOT NULL PRIMARY KEY,
    commitment BLOB    NOT NULL UNIQUE CHECK (length(commitment) = 32),
    pointer    BLOB    NOT NULL CHECK (length(pointer) = 121),
    box        BLOB    NOT NULL,
    renews     BLOB,
    at_period  INTEGER NOT NULL
) STRICT;

-- Slots that are in the log, or on their way. Busy or not: the row looks the same.
CREATE TABLE slot (
    period     INTEGER NOT NULL,
    slot       INTEGER NOT NULL,
    commitment BLOB    NOT NULL UNIQUE,
    box        BLOB,
    PRIMARY KEY (period, slot)
) STRICT, WITHOUT ROWID;

-- What the log is to say in the clear, with the next batch.
CREATE TABLE statement (
    num       INTEGER NOT NULL PRIMARY KEY,
    period    INTEGER,
    at_period INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;

CREATE TABLE batch (
    period  INTEGER NOT NULL PRIMARY KEY,
    start   INTEGER NOT NULL,
    entries BLOB    NOT NULL,
    stage   INTEGER NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND 3)
) STRICT;
