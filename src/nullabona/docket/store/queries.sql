-- Each statement begins with its name.

-- name: write_step
INSERT INTO step (state, action, next) VALUES (?, ?, ?);

-- name: write_permit
INSERT INTO permit (role, action, state) VALUES (?, ?, ?);

-- name: write_apart
INSERT INTO apart (action, earlier) VALUES (?, ?);

-- name: write_desk_permit
INSERT INTO desk_permit (role, action, confirms) VALUES (?, ?, ?);

-- name: forget_step
DELETE FROM step;

-- name: forget_permit
DELETE FROM permit;

-- name: forget_apart
DELETE FROM apart;

-- name: forget_desk_permit
DELETE FROM desk_permit;

-- name: get_meta
SELECT value FROM meta WHERE key = ?;

-- name: set_meta
INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: officers
SELECT id, name, recipient, enrolled_day, revoked_day FROM officer ORDER BY id;

-- name: officer
SELECT id, name, recipient, enrolled_day, revoked_day FROM officer WHERE id = ?;

-- name: roles_of
SELECT role FROM officer_role WHERE officer = ? ORDER BY role;

-- name: recipients_with_role
SELECT DISTINCT id, recipient FROM officer JOIN officer_role ON officer.id = officer
WHERE revoked_day IS NULL AND role = ? ORDER BY id;

-- name: recipients_of_deputies
SELECT DISTINCT id, recipient FROM officer JOIN deputy ON deputy.officer = id
JOIN officer_role ON officer_role.officer = absent
WHERE revoked_day IS NULL AND role = ? AND ended_s IS NULL AND until_s > ? ORDER BY id;

-- name: add_officer
INSERT INTO officer (id, name, recipient, enrolled_day) VALUES (?, ?, ?, ?);

-- name: revoke_officer
UPDATE officer SET revoked_day = ? WHERE id = ?;

-- name: add_role
INSERT INTO officer_role (officer, role) VALUES (?, ?);

-- name: take_role
DELETE FROM officer_role WHERE officer = ? AND role = ?;

-- name: add_deputy
INSERT INTO deputy (officer, absent, from_s, until_s) VALUES (?, ?, ?, ?);

-- name: end_deputy
UPDATE deputy SET ended_s = ? WHERE officer = ? AND absent = ? AND ended_s IS NULL;

-- name: deputyships
SELECT absent, max(until_s) FROM deputy JOIN officer ON officer.id = absent
WHERE officer = ? AND from_s <= ? AND until_s > ? AND ended_s IS NULL AND revoked_day IS NULL
GROUP BY absent ORDER BY absent;

-- name: deputies
SELECT officer, absent, from_s, until_s FROM deputy WHERE until_s > ? AND ended_s IS NULL ORDER BY from_s, officer;

-- name: add_credential
INSERT INTO credential (key_id, officer, kind, public, label, sign_count) VALUES (?, ?, ?, ?, ?, ?);

-- name: credential
SELECT officer, key_id, kind, public, label, sign_count FROM credential WHERE key_id = ?;

-- name: credentials_of
SELECT officer, key_id, kind, public, label, sign_count FROM credential WHERE officer = ? ORDER BY key_id;

-- name: count_signature
UPDATE credential SET sign_count = ? WHERE key_id = ?;

-- name: add_case
INSERT INTO cases (id, number, state, version, serial, received_s, recipient, content, trail)
VALUES (?, ?, '', ?, 0, ?, ?, ?, ?);

-- name: case
SELECT id, number, state, version, serial, received_s, recipient, content, package, trail, last_act, decided_by,
    erase_day FROM cases WHERE id = ?;

-- name: cases
SELECT id, number, state, received_s FROM cases ORDER BY number;

-- name: cases_in
SELECT id, number, state, received_s FROM cases WHERE state = ? ORDER BY number;

-- name: count_cases
SELECT count(*) FROM cases WHERE number LIKE ? || '-%';

-- name: last_number
SELECT max(number) FROM cases WHERE number LIKE ? || '-%';

-- name: move_case
UPDATE cases SET state = ?, version = ?, serial = ?, content = ?, package = ?, decided_by = ?, last_act = ?
WHERE id = ?;

-- name: keep_trail
UPDATE cases SET trail = ? WHERE id = ?;

-- name: keep_receipt
UPDATE cases SET receipt = ? WHERE id = ?;

-- name: receipt
SELECT receipt FROM cases WHERE id = ?;

-- name: erase_day
SELECT erase_day FROM cases WHERE id = ?;

-- name: set_erase_day
UPDATE cases SET erase_day = ? WHERE id = ?;

-- name: add_case_key
INSERT INTO case_key (case_id, officer, wrapped) VALUES (?, ?, ?);

-- name: case_key
SELECT wrapped FROM case_key WHERE case_id = ? AND officer = ?;

-- name: case_readers
SELECT officer FROM case_key WHERE case_id = ? ORDER BY officer;

-- name: keep_document
INSERT INTO document (case_id, sealed) VALUES (?, ?) ON CONFLICT (case_id) DO UPDATE SET sealed = excluded.sealed;

-- name: document
SELECT sealed FROM document WHERE case_id = ?;

-- name: add_recusal
INSERT INTO recusal (case_id, officer) VALUES (?, ?);

-- name: recusals
SELECT officer FROM recusal WHERE case_id = ? ORDER BY officer;

-- name: is_recused
SELECT 1 FROM recusal WHERE case_id = ? AND officer = ?;

-- name: begin_timer
INSERT INTO timer (case_id, name, due_s, begun_s) VALUES (?, ?, ?, ?)
ON CONFLICT (case_id, name) DO UPDATE SET due_s = excluded.due_s, begun_s = excluded.begun_s, met_s = NULL, level = 0;

-- name: meet_timer
UPDATE timer SET met_s = ? WHERE case_id = ? AND name = ? AND met_s IS NULL;

-- name: raise_timer
UPDATE timer SET level = ? WHERE case_id = ? AND name = ?;

-- name: timers
SELECT timer.case_id, number, name, due_s, begun_s, met_s, level FROM timer JOIN cases ON cases.id = timer.case_id
ORDER BY due_s, number, name;

-- name: timers_of
SELECT name, due_s, begun_s, met_s, level FROM timer WHERE case_id = ? ORDER BY due_s, name;

-- name: add_act
INSERT INTO act (challenge, case_id, action, confirms, officer, key_id, state, version, approves, makes, package,
    encoded, payload, at_s, stands_for) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: act
SELECT challenge, case_id, action, officer, key_id, state, version, approves, makes, package, encoded, payload, at_s
FROM act WHERE challenge = ?;

-- name: acts_of
SELECT action, officer, challenge, key_id, version, makes, at_s, stands_for FROM act WHERE case_id = ? ORDER BY rowid;

-- name: entered
SELECT action, challenge, approves, encoded FROM act WHERE case_id = ? ORDER BY rowid;

-- name: act_by
SELECT officer, stands_for FROM act WHERE challenge = ?;

-- name: signed
SELECT act.encoded, act.payload, act.officer, credential.key_id, credential.kind, credential.public FROM act
JOIN credential USING (key_id) WHERE challenge = ?;

-- name: add_pending
INSERT INTO pending (challenge, action, subject, detail, details, proposed_by) VALUES (?, ?, ?, ?, ?, ?);

-- name: pending
SELECT pending.challenge, pending.action, subject, detail, details, proposed_by, confirmed_by, at_s, objected_by
FROM pending JOIN act ON act.challenge = pending.challenge WHERE pending.challenge = ?;

-- name: open_pendings
SELECT pending.challenge, pending.action, subject, detail, details, proposed_by, confirmed_by, at_s, objected_by
FROM pending JOIN act ON act.challenge = pending.challenge
WHERE confirmed_by IS NULL AND objected_by IS NULL ORDER BY pending.challenge;

-- name: any_demand
SELECT 1 FROM event WHERE kind = 'intake' LIMIT 1;

-- name: object_pending
UPDATE pending SET objected_by = ? WHERE challenge = ?;

-- name: confirm_pending
UPDATE pending SET confirmed_by = ? WHERE challenge = ?;

-- name: finish_pending
UPDATE pending SET done = 1 WHERE challenge = ?;

-- name: keep_authority
INSERT INTO authority (id, encoded) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET encoded = excluded.encoded;

-- name: authorities
SELECT encoded FROM authority ORDER BY id;

-- name: authority
SELECT encoded FROM authority WHERE id = ?;

-- name: last_event
SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1;

-- name: add_event
INSERT INTO event (seq, at_s, kind, case_id, officer, detail, nonce, previous, stands_for, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: events
SELECT seq, at_s, kind, case_id, officer, detail, nonce, previous, stands_for, hash FROM event ORDER BY seq;

-- name: events_of
SELECT seq, at_s, kind, case_id, officer, detail, nonce, previous, stands_for, hash FROM event WHERE case_id = ? ORDER BY seq;

-- name: events_of_kind
SELECT seq, at_s, kind, case_id, officer, detail, nonce, previous, stands_for, hash FROM event WHERE kind = ? ORDER BY seq;

-- name: add_waiting
INSERT INTO waiting (num, commitment, pointer, box, renews, at_period)
VALUES ((SELECT coalesce(max(num), 0) + 1 FROM waiting), ?, ?, ?, ?, ?);

-- name: waiting
SELECT num, commitment, pointer, box, renews FROM waiting WHERE at_period <= ?
ORDER BY renews IS NOT NULL, num LIMIT ?;

-- name: count_waiting
SELECT count(*) FROM waiting;

-- name: count_waiting_events
SELECT count(*) FROM waiting WHERE renews IS NULL;

-- name: renewal_waits
SELECT 1 FROM waiting WHERE renews = ?;

-- name: take_waiting
DELETE FROM waiting WHERE num = ?;

-- name: add_slot
INSERT INTO slot (period, slot, commitment, box) VALUES (?, ?, ?, ?);

-- name: slot
SELECT period, slot, commitment, box FROM slot WHERE period = ? AND slot = ?;

-- name: slot_of
SELECT period, slot FROM slot WHERE commitment = ?;

-- name: slots_between
SELECT period, slot, commitment, box FROM slot WHERE period >= ? AND period < ? ORDER BY period, slot;

-- name: empty_slot
UPDATE slot SET box = NULL WHERE period = ? AND slot = ?;

-- name: add_statement
INSERT INTO statement (num, body, at_period) VALUES ((SELECT coalesce(max(num), 0) + 1 FROM statement), ?, ?);

-- name: waiting_statements
SELECT num, body FROM statement WHERE period IS NULL AND at_period <= ? ORDER BY num;

-- name: taxonomies
SELECT body FROM statement WHERE instr(body, CAST('"kind":"taxonomy"' AS BLOB)) > 0 ORDER BY num;

-- name: signed_off
SELECT pending.details, proposed_by, confirmed_by, second.at_s FROM pending
JOIN act AS second ON second.approves = pending.challenge AND second.confirms = 1
WHERE pending.action = 'sign-off' AND done = 1 ORDER BY second.rowid;

-- name: reports
SELECT body FROM statement WHERE instr(body, CAST('"kind":"report"' AS BLOB)) > 0 ORDER BY num;

-- name: enter_statement
UPDATE statement SET period = ? WHERE num = ?;

-- name: statements
SELECT num, period, body FROM statement ORDER BY num;

-- name: last_batch
SELECT period, start, entries, stage FROM batch ORDER BY period DESC LIMIT 1;

-- name: batch
SELECT period, start, entries, stage FROM batch WHERE period = ?;

-- name: open_batches
SELECT period, start, entries, stage FROM batch WHERE stage < 3 ORDER BY period;

-- name: add_batch
INSERT INTO batch (period, start, entries) VALUES (?, ?, ?);

-- name: stage_batch
UPDATE batch SET stage = ? WHERE period = ?;

-- name: keep_notice
INSERT INTO notice (commitment, case_id, sealed) VALUES (?, ?, ?);

-- name: notices
SELECT commitment, case_id, number, sealed FROM notice JOIN cases ON cases.id = case_id ORDER BY commitment;

-- name: drop_notice
DELETE FROM notice WHERE commitment = ?;

-- name: has_act
SELECT 1 FROM act WHERE case_id = ? AND action = ? LIMIT 1;

-- name: closed_before
SELECT id FROM cases WHERE state = 'closed' AND erase_day IS NOT NULL AND erase_day < ?
AND NOT EXISTS (SELECT 1 FROM notice WHERE case_id = cases.id);

-- name: erase_case
DELETE FROM cases WHERE id = ?;
