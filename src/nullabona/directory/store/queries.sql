-- Each statement begins with its name.

-- name: find_card
SELECT name, skeleton, encoded, registered_day, label, epoch FROM card WHERE name = ?;

-- name: cards_after
SELECT name, skeleton, encoded, registered_day, label, epoch FROM card WHERE name > ? ORDER BY name LIMIT ?;

-- name: count_cards
SELECT count(*) FROM card;

-- name: find_alike
SELECT name FROM card WHERE skeleton = ?;

-- name: find_held
SELECT until_day, label FROM held WHERE mark = ?;

-- name: find_replaced
SELECT epoch, until_epoch, encoded FROM replaced WHERE name = ? ORDER BY epoch;

-- name: find_entries
SELECT epoch, version, nonce, digest FROM entry WHERE label = ? ORDER BY epoch;

-- name: keep_card
INSERT INTO card (name, skeleton, encoded, registered_day, label, epoch)
VALUES (?1, coalesce((SELECT skeleton FROM card WHERE name = ?1), ?2), ?3, ?4, ?5, ?6)
ON CONFLICT (name) DO UPDATE SET encoded = excluded.encoded, epoch = excluded.epoch;

-- name: keep_replaced
INSERT INTO replaced (name, epoch, until_epoch, encoded) SELECT name, epoch, ?2, encoded FROM card
WHERE name = ?1 AND epoch < ?2;

-- name: erase_card
DELETE FROM card WHERE name = ?;

-- name: hold
INSERT INTO held (mark, until_day, label) VALUES (?, ?, ?)
ON CONFLICT (mark) DO UPDATE SET label = excluded.label,
until_day = CASE WHEN held.until_day > excluded.until_day THEN held.until_day ELSE excluded.until_day END;

-- name: find_spent
SELECT 1 FROM spent WHERE mark = ?;

-- name: spend
INSERT INTO spent (mark, until_day) VALUES (?, ?);

-- name: drop_spent
DELETE FROM spent WHERE until_day < ?;

-- name: released_labels
SELECT label FROM held WHERE until_day < ?;

-- name: release
DELETE FROM held WHERE until_day < ?;

-- name: put_entry
INSERT INTO entry (label, epoch, version, nonce, digest) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (label, epoch) DO UPDATE SET nonce = excluded.nonce, digest = excluded.digest;

-- name: last_entries
SELECT epoch, version, nonce, digest FROM entry WHERE label = ? ORDER BY epoch DESC LIMIT 2;

-- name: entry_at
SELECT epoch, version, nonce, digest FROM entry WHERE label = ? AND epoch <= ? ORDER BY epoch DESC LIMIT 1;

-- name: entries_of
SELECT label, epoch, version, nonce, digest FROM entry WHERE epoch = ?;

-- name: entries_between
SELECT label, version, nonce, digest FROM entry AS e WHERE label BETWEEN ?1 AND ?2 AND digest IS NOT NULL
AND epoch = (SELECT max(epoch) FROM entry AS k WHERE k.label = e.label AND k.epoch <= ?3) ORDER BY label;

-- name: entries_after
SELECT label, version, nonce, digest FROM entry AS e WHERE label > ?1 AND digest IS NOT NULL
AND epoch = (SELECT max(epoch) FROM entry AS k WHERE k.label = e.label AND k.epoch <= ?2) ORDER BY label LIMIT ?3;

-- name: parts_of
WITH RECURSIVE way (place) AS (VALUES (?1 << 6) UNION ALL SELECT place + 1 FROM way WHERE place & 63 < 63)
SELECT way.place, p.labels, p.root FROM way JOIN page AS p ON p.place = way.place
AND p.epoch = (SELECT max(epoch) FROM page AS q WHERE q.place = way.place AND q.epoch <= ?2) WHERE p.labels > 0;

-- name: root_at
SELECT root FROM page WHERE place = 1 AND epoch <= ? ORDER BY epoch DESC LIMIT 1;

-- name: put_page
INSERT INTO page (place, epoch, labels, root) VALUES (?, ?, ?, ?)
ON CONFLICT (place, epoch) DO UPDATE SET labels = excluded.labels, root = excluded.root;

-- name: put_epoch
INSERT INTO epoch (number, root, closed_s, served) VALUES (?, ?, ?, 0);

-- name: progress
SELECT coalesce(max(number), 0), coalesce(max(number) FILTER (WHERE served = 1), 0) FROM epoch;

-- name: epoch_at
SELECT number, root, closed_s FROM epoch WHERE number = ?;

-- name: epochs_after
SELECT number, root, closed_s FROM epoch WHERE number > ? AND number <= ? AND length(root) > 0
ORDER BY number LIMIT ?;

-- name: oldest_epoch
SELECT coalesce(min(number), 0) FROM epoch;

-- name: horizon
SELECT coalesce(max(number), 0) FROM epoch WHERE closed_s < ?;

-- name: serve
UPDATE epoch SET served = 1 WHERE number <= ? AND served = 0;

-- name: drop_replaced
DELETE FROM replaced WHERE until_epoch <= ?;

-- name: forget_entries
DELETE FROM entry WHERE (label, epoch) IN (SELECT old.label, old.epoch FROM entry AS new
JOIN entry AS old ON old.label = new.label AND old.epoch < new.epoch WHERE new.epoch > ?1 AND new.epoch <= ?2);

-- name: forget_gone
DELETE FROM entry WHERE epoch < ? AND digest IS NULL;

-- name: forget_pages
DELETE FROM page WHERE (place, epoch) IN (SELECT old.place, old.epoch FROM page AS new
JOIN page AS old ON old.place = new.place AND old.epoch < new.epoch WHERE new.epoch > ?1 AND new.epoch <= ?2);

-- name: forget_empty
DELETE FROM page WHERE epoch <= ? AND labels = 0;

-- name: forget_epochs
DELETE FROM epoch WHERE number < ?;
