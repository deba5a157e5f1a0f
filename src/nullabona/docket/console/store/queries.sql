-- Each statement begins with its name.

-- name: add_passkey
INSERT INTO passkey (credential_id, officer, label, public_key, sign_count, sealed, added_s) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: find_passkey
SELECT credential_id, officer, label, public_key, sign_count, sealed, added_s, aside FROM passkey
WHERE credential_id = ?;

-- name: passkeys_of
SELECT credential_id, officer, label, public_key, sign_count, sealed, added_s, aside FROM passkey
WHERE officer = ? ORDER BY added_s, label;

-- name: count_use
UPDATE passkey SET sign_count = ? WHERE credential_id = ? AND (sign_count <> ? OR sign_count > 0);

-- name: set_aside
UPDATE passkey SET aside = 1 WHERE credential_id = ? AND officer = ?;

-- name: set_all_aside
UPDATE passkey SET aside = 1 WHERE officer = ?;

-- name: drop_passkey
DELETE FROM passkey WHERE credential_id = ?;

-- name: keep_applicant
INSERT INTO applicant (officer, name, recipient, applied_s) VALUES (?, ?, ?, ?);

-- name: applicants
SELECT officer, name, recipient, applied_s FROM applicant ORDER BY applied_s, officer;

-- name: find_applicant
SELECT officer, name, recipient, applied_s FROM applicant WHERE officer = ?;

-- name: drop_applicant
DELETE FROM applicant WHERE officer = ?;

-- name: drop_passkeys
DELETE FROM passkey WHERE officer = ?;

-- name: keep_enrolment
INSERT INTO enrolment (token_hash, officer, name, until_s, known) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (officer) DO UPDATE SET
    token_hash = excluded.token_hash, name = excluded.name, until_s = excluded.until_s, known = excluded.known;

-- name: find_enrolment
SELECT officer, name, until_s, known FROM enrolment WHERE token_hash = ?;

-- name: drop_enrolment
DELETE FROM enrolment WHERE token_hash = ?;

-- name: drop_enrolment_of
DELETE FROM enrolment WHERE officer = ?;

-- name: open_recovery
INSERT INTO recovery (officer, opened_by, opened_s) VALUES (?, ?, ?);

-- name: second_recovery
UPDATE recovery SET seconded_by = ?, seconded_s = ? WHERE officer = ? AND seconded_by IS NULL;

-- name: find_recovery
SELECT officer, opened_by, opened_s, seconded_by, seconded_s FROM recovery WHERE officer = ?;

-- name: recoveries
SELECT officer, opened_by, opened_s, seconded_by, seconded_s FROM recovery ORDER BY opened_s, officer;

-- name: drop_recovery
DELETE FROM recovery WHERE officer = ?;

-- name: keep_display
INSERT INTO display (officer, language, theme) VALUES (?, ?, ?)
ON CONFLICT (officer) DO UPDATE SET language = excluded.language, theme = excluded.theme;

-- name: find_display
SELECT language, theme FROM display WHERE officer = ?;

-- name: sweep_enrolments
DELETE FROM enrolment WHERE until_s <= ?;
