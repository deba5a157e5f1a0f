-- Every statement of the client's store, by name. A name is used in exactly one place (tests/store/test_statements.py).

-- name: generation
SELECT generation FROM profile

-- name: generation_next
UPDATE profile SET generation = generation + 1 RETURNING generation

-- name: generation_set
UPDATE profile SET generation = ?

-- name: value_get
SELECT value FROM value WHERE key = ?

-- name: value_set
INSERT INTO value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: value_delete
DELETE FROM value WHERE key = ?

-- name: mls_generation
SELECT gen FROM mls_group WHERE id = ?

-- name: mls_rows
SELECT scope, k, v FROM mls_kv WHERE scope = ?

-- name: mls_put
INSERT INTO mls_kv (scope, k, v) VALUES (?, ?, ?) ON CONFLICT (scope, k) DO UPDATE SET v = excluded.v

-- name: mls_delete
DELETE FROM mls_kv WHERE scope = ? AND k = ?

-- name: mls_begin
INSERT INTO mls_group (id, gen) VALUES (?, ?) ON CONFLICT (id) DO NOTHING

-- name: mls_advance
UPDATE mls_group SET gen = ? WHERE id = ? AND gen = ?

-- name: mls_drop_group
DELETE FROM mls_group WHERE id = ?

-- name: mls_drop_scope
DELETE FROM mls_kv WHERE scope = ?

-- name: rooms
SELECT id FROM room ORDER BY row

-- name: room_load
SELECT state FROM room WHERE id = ?

-- name: room_save
INSERT INTO room (id, state) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state

-- name: room_delete
DELETE FROM room WHERE id = ?

-- name: room_delete_devices
DELETE FROM device WHERE room = ?

-- name: room_boxes
SELECT box FROM message WHERE room = ?1 UNION SELECT about FROM outbox WHERE room = ?1 AND kind = 'room-frame'

-- name: room_delete_outbox
DELETE FROM outbox WHERE room = ?

-- name: devices
SELECT room, device, account, handle, leaf, signature_key, encryption_key, since
FROM device WHERE room = ? ORDER BY leaf, device

-- name: device
SELECT room, device, account, handle, leaf, signature_key, encryption_key, since
FROM device WHERE room = ? AND device = ?

-- name: member_count
SELECT count(DISTINCT account) FROM device WHERE room = ?

-- name: device_put
INSERT INTO device (room, device, account, handle, leaf, signature_key, encryption_key, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (room, device) DO UPDATE SET account = excluded.account, handle = excluded.handle, leaf = excluded.leaf,
signature_key = excluded.signature_key, encryption_key = excluded.encryption_key, since = excluded.since

-- name: device_drop
DELETE FROM device WHERE room = ? AND device = ?

-- name: frame
SELECT box, hash, seq, chain, kind, mine, message, day, data FROM frame WHERE box = ? AND hash = ?

-- name: frame_at
SELECT box, hash, seq, chain, kind, mine, message, day, data FROM frame WHERE box = ? AND seq = ? ORDER BY row LIMIT 1

-- name: frames
SELECT box, hash, seq, chain, kind, mine, message, day, data FROM frame WHERE box = ? ORDER BY seq, row

-- name: frames_own
SELECT box, hash, seq, chain, kind, mine, message, day, data FROM frame
WHERE box = ? AND seq > ? AND seq <= ? AND mine ORDER BY seq, row

-- name: frame_put
INSERT INTO frame (box, hash, seq, chain, kind, mine, message, day, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (box, hash) DO UPDATE SET seq = excluded.seq, chain = excluded.chain, kind = excluded.kind,
mine = excluded.mine, message = excluded.message, day = excluded.day, data = excluded.data

-- name: frames_unplace
UPDATE frame SET seq = 0, chain = x'' WHERE box = ?

-- name: frames_erase
UPDATE frame SET data = x'' WHERE box = ? AND seq > 0 AND seq <= ? AND data <> x''

-- name: box_drop_frames
DELETE FROM frame WHERE box = ?

-- name: box_drop_views
DELETE FROM view WHERE box = ?

-- name: box_drop_outbox
DELETE FROM outbox WHERE about = ? AND kind NOT IN ('room-trim', 'inbox-trim')

-- name: views
SELECT box, device, incarnation, seq, chain, missing, unreadable FROM view WHERE box = ? ORDER BY device

-- name: view
SELECT box, device, incarnation, seq, chain, missing, unreadable FROM view WHERE box = ? AND device = ?

-- name: view_put
INSERT INTO view (box, device, incarnation, seq, chain, missing, unreadable) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (box, device) DO UPDATE SET incarnation = excluded.incarnation, seq = excluded.seq,
chain = excluded.chain, missing = excluded.missing, unreadable = excluded.unreadable

-- name: outbox_add
INSERT INTO outbox (kind, room, about, relay, secret, leaves, upto, ref, not_before, attempts, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
max(?9, coalesce((SELECT min(not_before) FROM outbox WHERE about = ?3 AND kind = ?1), 0)), 0, ?10) RETURNING id

-- name: outbox
SELECT id, kind, room, about, relay, secret, leaves, upto, ref, data, not_before, attempts FROM outbox
WHERE +not_before <= ? ORDER BY id LIMIT ?

-- name: outbox_item
SELECT id, kind, room, about, relay, secret, leaves, upto, ref, data, not_before, attempts FROM outbox WHERE id = ?

-- name: outbox_of
SELECT id, kind, room, about, relay, secret, leaves, upto, ref, data, not_before, attempts FROM outbox WHERE room IS ? ORDER BY id

-- name: outbox_refs
SELECT ref FROM outbox WHERE about = ?

-- name: outbox_next
SELECT min(not_before) FROM outbox

-- name: outbox_times
SELECT not_before, kind, room, about, relay, secret, leaves, upto FROM outbox

-- name: outbox_delay
UPDATE outbox SET not_before = ?, attempts = attempts + 1 WHERE id = ?

-- name: outbox_hold
UPDATE outbox SET not_before = max(not_before, ?2)
WHERE (about, kind) IN (SELECT about, kind FROM outbox WHERE id = ?1)

-- name: outbox_release
UPDATE outbox SET not_before = min(not_before, ?3) WHERE about = ?1 AND kind = ?2

-- name: outbox_drop
DELETE FROM outbox WHERE id = ?

-- name: outbox_drop_ref
DELETE FROM outbox WHERE about = ? AND ref = ?

-- name: outbox_drop_kind
DELETE FROM outbox WHERE about = ? AND kind = ?

-- name: message
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND id = ?

-- name: message_put
INSERT INTO message (row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind,
shown, unread, together, about, entitled, timer_s, expires_at, edited_at)
VALUES ((SELECT max(coalesce(max(row), 0), 0) + 1 FROM message), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
?, ?)
ON CONFLICT (room, id) DO UPDATE SET account = excluded.account, device = excluded.device,
sent_at = excluded.sent_at, position = excluded.position, epoch = excluded.epoch, state = excluded.state,
box = excluded.box, frame = excluded.frame, resent = excluded.resent, body = excluded.body, kind = excluded.kind,
shown = excluded.shown, unread = excluded.unread, together = excluded.together, about = excluded.about, entitled = excluded.entitled,
timer_s = excluded.timer_s, expires_at = excluded.expires_at, edited_at = excluded.edited_at

-- name: message_drop
DELETE FROM message WHERE room = ? AND id = ?

-- name: chat_files
SELECT m.id FROM message AS m JOIN file AS f ON f.room = m.room AND f.message = m.id
WHERE m.room = ? AND m.sent_at <= ?

-- name: chat_drop_words
DELETE FROM word WHERE rowid IN (SELECT row FROM message WHERE room = ? AND sent_at <= ?)

-- name: chat_drop
DELETE FROM message WHERE room = ? AND sent_at <= ?

-- name: messages_first
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position > ? AND shown = 1 ORDER BY position LIMIT ?

-- name: messages_last
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position > ? AND position < ? AND shown = 1 ORDER BY position DESC LIMIT ?

-- name: message_rows
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position > ? AND position < ? ORDER BY position LIMIT ?

-- name: message_rows_back
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position > ? AND position < ? ORDER BY position DESC LIMIT ?

-- name: messages_own
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND state = ? AND state <> 'received' ORDER BY position

-- name: messages_about
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND about = ? AND about <> x'' ORDER BY position

-- name: messages_about_by
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND about = ? AND about <> x'' AND account = ? AND kind = ?

-- name: messages_kind
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message INDEXED BY message_kind WHERE room = ? AND kind = ? AND kind IN ('photo', 'file', 'voice', 'pin')
AND position < ? ORDER BY position DESC LIMIT ?

-- name: messages_timed
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position <= ? AND timer_s > 0 AND expires_at ISNULL AND state = 'received'

-- name: messages_expired
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE expires_at <= ? ORDER BY expires_at LIMIT ?

-- name: message_next_expiry
SELECT min(expires_at) FROM message

-- name: messages_found
SELECT m.row, m.room, m.id, m.account, m.device, m.sent_at, m.position, m.epoch, m.state, m.box, m.frame, m.resent, m.body,
m.kind, m.shown, m.unread, m.together, m.about, m.entitled, m.timer_s, m.expires_at, m.edited_at
FROM word CROSS JOIN message AS m ON m.row = word.rowid
WHERE word MATCH ? AND word.rowid < ? ORDER BY word.rowid DESC LIMIT ?

-- name: messages_recent
SELECT row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE row < ? ORDER BY row DESC LIMIT ?

-- name: words_put
INSERT OR REPLACE INTO word (rowid, words) SELECT row, ?3 FROM message WHERE room = ?1 AND id = ?2

-- name: words_drop
DELETE FROM word WHERE rowid = (SELECT row FROM message WHERE room = ? AND id = ?)

-- name: message_last
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND shown = 1 ORDER BY position DESC LIMIT 1

-- name: message_spoken
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE room = ? AND position BETWEEN 0 AND ? AND kind <> 'notice' ORDER BY position DESC LIMIT 1

-- name: message_unread
SELECT room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message INDEXED BY message_unread WHERE room = ? AND unread > 0 AND position > ? ORDER BY position LIMIT 1

-- name: message_top
SELECT max(position) FROM message WHERE room = ?

-- name: message_top_placed
SELECT max(position) FROM message WHERE room = ? AND position >= 0 AND position < ?

-- name: messages_count
SELECT count(*) - count(nullif(together, x'')) + count(DISTINCT nullif(together, x'')),
count(CASE WHEN unread = 2 AND together = x'' THEN 1 END) + count(DISTINCT CASE WHEN unread = 2 THEN nullif(together, x'') END)
FROM message INDEXED BY message_unread WHERE room = ? AND unread > 0 AND position > ?

-- name: messages_failed
SELECT count(*) FROM message INDEXED BY message_own WHERE room = ? AND state = 'failed' AND state <> 'received'

-- name: person
SELECT account, handle, name, picture, told_at FROM person WHERE account = ?

-- name: people
SELECT account, handle, name, picture, told_at FROM person

-- name: person_names
SELECT account, handle, name FROM person

-- name: person_put
INSERT INTO person (account, handle, name, picture, told_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET handle = excluded.handle, name = excluded.name, picture = excluded.picture,
told_at = excluded.told_at

-- name: person_handle
INSERT INTO person (account, handle, name, picture, told_at) VALUES (?, ?, '', x'', NULL)
ON CONFLICT (account) DO UPDATE SET handle = excluded.handle WHERE handle <> excluded.handle

-- name: marker
SELECT position FROM marker WHERE room = ? AND account = ?

-- name: markers
SELECT account, position FROM marker WHERE room = ? ORDER BY account

-- name: marker_put
INSERT INTO marker (room, account, position) VALUES (?, ?, ?)
ON CONFLICT (room, account) DO UPDATE SET position = excluded.position WHERE excluded.position > position

-- name: contact
SELECT account, handle, name, state, room, greeting, card, key_packages FROM contact WHERE account = ?

-- name: contact_by_handle
SELECT account, handle, name, state, room, greeting, card, key_packages FROM contact WHERE handle = ?
ORDER BY row LIMIT 1

-- name: contacts
SELECT account, handle, name, state, room, greeting, card, key_packages FROM contact ORDER BY row

-- name: contact_put
INSERT INTO contact (account, handle, name, state, room, greeting, card, key_packages) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET handle = excluded.handle, name = excluded.name, state = excluded.state,
room = excluded.room, greeting = excluded.greeting, card = excluded.card, key_packages = excluded.key_packages

-- name: contact_drop
DELETE FROM contact WHERE account = ?

-- name: seen_add
INSERT INTO seen (scope, hash, day) VALUES (?, ?, ?) ON CONFLICT (scope, hash) DO NOTHING

-- name: seen_later
UPDATE seen SET day = ?3 WHERE scope = ?1 AND hash = ?2 AND day < ?3

-- name: seen_forget
DELETE FROM seen WHERE day < ?

-- name: chunk_put
INSERT INTO chunk (digest, day, data) VALUES (?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET day = max(day, excluded.day), data = excluded.data

-- name: chunk
SELECT data FROM chunk WHERE digest = ?

-- name: chunks_drop
DELETE FROM chunk WHERE day < ? AND NOT EXISTS (SELECT 1 FROM piece WHERE piece.digest = chunk.digest)

-- name: file
SELECT room, message, mine, state, reason FROM file WHERE room = ? AND message = ?

-- name: file_put
INSERT INTO file (room, message, mine, state, reason) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (room, message) DO UPDATE SET mine = excluded.mine, state = excluded.state, reason = excluded.reason

-- name: files_in
SELECT room, message, mine, state, reason FROM file WHERE state = ? ORDER BY room, message

-- name: file_drop
DELETE FROM file WHERE room = ? AND message = ?

-- name: piece_put
INSERT INTO piece (room, message, place, digest, done) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (room, message, place) DO UPDATE SET digest = excluded.digest, done = excluded.done

-- name: pieces
SELECT place, digest, done FROM piece WHERE room = ? AND message = ? ORDER BY place

-- name: pieces_named
SELECT room, message, place FROM piece WHERE digest = ? ORDER BY room, message, place

-- name: pieces_drop_chunks
DELETE FROM chunk WHERE digest IN (SELECT digest FROM piece WHERE room = ?1 AND message = ?2) AND NOT EXISTS
(SELECT 1 FROM piece WHERE piece.digest = chunk.digest AND (piece.room <> ?1 OR piece.message <> ?2))

-- name: pieces_drop
DELETE FROM piece WHERE room = ? AND message = ?

-- name: preference_put
INSERT INTO preference (scope, key, value) VALUES (?, ?, ?) ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value

-- name: preferences
SELECT key, value FROM preference WHERE scope = ? ORDER BY key

-- name: preferences_drop
DELETE FROM preference WHERE scope = ?

-- name: event_log
INSERT INTO event (kind, room, data) VALUES (?, ?, ?) RETURNING id

-- name: events
SELECT id, kind, room, data FROM event WHERE id > ? ORDER BY id LIMIT ?

-- name: events_last
SELECT max(id) FROM event

-- An invitation that still waits for the person is shown from its event.
-- name: events_forget
DELETE FROM event WHERE id <= ? AND NOT (
kind = 'room-request' AND EXISTS (SELECT 1 FROM value WHERE key = 'room-request:' || lower(hex(event.room))))

-- name: archive_messages
SELECT row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message WHERE row > ? ORDER BY row LIMIT ?

-- name: archive_values
SELECT key, value FROM value WHERE key > ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key LIMIT ?3

-- name: archive_preferences
SELECT scope, key, value FROM preference WHERE (scope, key) > (?, ?) ORDER BY scope, key LIMIT ?

-- name: archive_people
SELECT account, handle, name, picture, told_at FROM person WHERE account > ? ORDER BY account LIMIT ?

-- name: archive_markers
SELECT room, account, position FROM marker WHERE (room, account) > (?, ?) ORDER BY room, account LIMIT ?

-- name: archive_files
SELECT room, message, mine, state, reason FROM file WHERE (room, message) > (?, ?) ORDER BY room, message LIMIT ?

-- name: archive_seen
SELECT scope, hash, day FROM seen WHERE (scope, hash) > (?1, ?2) AND substr(scope, 1, length(?3)) = ?3
ORDER BY scope, hash LIMIT ?4

-- name: archive_size
SELECT (SELECT count(*) FROM message), (SELECT coalesce(sum(length(data)), 0) FROM chunk)

-- name: archive_lines
SELECT row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown,
unread, together, about, entitled, timer_s, expires_at, edited_at
FROM message INDEXED BY message_shown WHERE room = ? AND shown = 1 AND (position, row) > (?, ?)
ORDER BY position, row LIMIT ?

-- name: archive_line_count
SELECT count(*) FROM message INDEXED BY message_shown WHERE room = ? AND shown = 1

-- name: imports
SELECT id, run, service, title, key, room, digest, first, total, done, added, files, state, started_at, made_room
FROM import ORDER BY row

-- name: import_put
INSERT INTO import (id, run, service, title, key, room, digest, first, total, done, added, files, state, started_at,
made_room) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, room = excluded.room, done = excluded.done,
added = excluded.added, files = excluded.files, state = excluded.state

-- name: import_drop
DELETE FROM import WHERE id = ?

-- name: import_lowest
SELECT coalesce(min(low), 0) FROM (SELECT min(row) AS low FROM message UNION ALL SELECT min(first) FROM import)

-- name: imported_put
INSERT INTO message (row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind,
shown, unread, together, about, entitled, timer_s, expires_at, edited_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 'received', x'', x'', 0, ?, ?, 1, 0, x'', x'', 0, 0, NULL, NULL)

-- name: message_put_at
INSERT INTO message (row, room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind,
shown, unread, together, about, entitled, timer_s, expires_at, edited_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: imported_last
SELECT max(row) FROM message WHERE row >= ? AND row < ?

-- name: imported_words
INSERT INTO word (rowid, words) VALUES (?, ?)

-- name: imported_places
SELECT id, position FROM message WHERE room = ? AND position BETWEEN ? AND ?

-- name: imported_with_files
SELECT m.room, m.id FROM message AS m JOIN file AS f ON f.room = m.room AND f.message = m.id
WHERE m.row >= ? AND m.row < ?

-- name: imported_drop_words
DELETE FROM word WHERE rowid >= ? AND rowid < ?

-- name: imported_drop
DELETE FROM message WHERE row >= ? AND row < ?
