-- The console's own database. Every column is declared, with purpose and retention, in schema.py; a test compares the two.
-- Officers, their roles and the keys that count are the desk's. No network address, no user agent, no session, no visit.
CREATE TABLE passkey (
    credential_id BLOB    NOT NULL PRIMARY KEY,
    officer       TEXT    NOT NULL,
    label         TEXT    NOT NULL,
    public_key    BLOB    NOT NULL UNIQUE,
    sign_count    INTEGER NOT NULL CHECK (sign_count >= 0),
    sealed        BLOB    NOT NULL,
    added_s       INTEGER NOT NULL,
    aside         INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX passkey_label ON passkey (officer, label) WHERE aside = 0;

-- A sign count never goes back (WebAuthn §6.1.1): two authenticators with one key would be at work.
CREATE TRIGGER passkey_count_grows BEFORE UPDATE OF sign_count ON passkey
WHEN NEW.sign_count < OLD.sign_count OR (NEW.sign_count = OLD.sign_count AND NEW.sign_count > 0)
BEGIN SELECT RAISE(ABORT, 'the sign count went back'); END;

CREATE TRIGGER passkey_key_stays BEFORE UPDATE OF credential_id, officer, public_key, sealed ON passkey
BEGIN SELECT RAISE(ABORT, 'a passkey is never changed'); END;

CREATE TRIGGER passkey_aside_stays BEFORE UPDATE OF aside ON passkey WHEN NEW.aside < OLD.aside
BEGIN SELECT RAISE(ABORT, 'a passkey that was set aside is not taken up again'); END;

CREATE TABLE applicant (
    officer   TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    recipient TEXT    NOT NULL,
    applied_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    officer    TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    until_s    INTEGER NOT NULL,
    known   INTEGER NOT NULL CHECK (known IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery (
    officer     TEXT    NOT NULL PRIMARY KEY,
    opened_by   TEXT    NOT NULL CHECK (opened_by <> officer),
    opened_s    INTEGER NOT NULL,
    seconded_by TEXT    CHECK (seconded_by <> officer AND seconded_by <> opened_by),
    seconded_s  INTEGER CHECK ((seconded_s IS NULL) = (seconded_by IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE display (
    officer  TEXT NOT NULL PRIMARY KEY,
    language TEXT NOT NULL CHECK (language IN ('ko', 'en')),
    theme    TEXT NOT NULL CHECK (theme IN ('auto', 'light', 'dark'))
) STRICT, WITHOUT ROWID;
