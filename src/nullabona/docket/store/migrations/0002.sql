-- Whoever objects to another key for an officer. The column stands before `done`, so the table is written anew.

ALTER TABLE pending RENAME TO pending_before;

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

INSERT INTO pending (challenge, action, subject, detail, details, proposed_by, confirmed_by, done)
SELECT challenge, action, subject, detail, details, proposed_by, confirmed_by, done FROM pending_before;

DROP TABLE pending_before;

-- An authority may have a key. What two people signed before stays as they signed it; what the desk reads gets an empty
-- key. In JSON no text can hold the name with its quotes, so it stands there once. A registration that still waits for
-- its second signature was signed without a key: it is dropped, and proposed again.
UPDATE authority SET encoded =
    CAST(replace(CAST(encoded AS TEXT), ',"verified_by":', ',"recipient":"","verified_by":') AS BLOB);

DELETE FROM pending WHERE action = 'register-authority' AND confirmed_by IS NULL;
