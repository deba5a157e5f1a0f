-- Each statement begins with its name.

-- name: find_card
SELECT name, skeleton, encoded, registered_day FROM card WHERE name = ?;

-- name: find_alike
SELECT name FROM card WHERE skeleton = ?;

-- name: find_held
SELECT until_day FROM held WHERE mark = ?;

-- name: keep_card
INSERT INTO card (name, skeleton, encoded, registered_day) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET encoded = excluded.encoded;

-- name: erase_card
DELETE FROM card WHERE name = ?;

-- name: hold
INSERT INTO held (mark, until_day) VALUES (?, ?)
ON CONFLICT (mark) DO UPDATE SET until_day = max(until_day, excluded.until_day);

-- name: release
DELETE FROM held WHERE until_day < ?;
