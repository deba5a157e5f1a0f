-- Ids: box number << 23 | seq. Each statement begins with its name.

-- name: find_box
SELECT num, incarnation, floor, expiry_day FROM box WHERE address = ?;

-- name: last_frame
SELECT id FROM frame WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1;

-- name: newest_first
SELECT expiry_day, length(body) FROM frame WHERE id BETWEEN ? AND ? ORDER BY id DESC;

-- name: is_taken
SELECT 1 FROM box WHERE num = ?;

-- name: read_frames
SELECT id & 8388607, body FROM frame WHERE id BETWEEN ? AND ? ORDER BY id;

-- name: make_box
INSERT INTO box (num, address, incarnation, floor, expiry_day) VALUES (?, ?, ?, ?, ?);

-- name: renew_box
UPDATE box SET expiry_day = ? WHERE num = ?;

-- name: keep_frame
INSERT INTO frame (id, expiry_day, body) VALUES (?, ?, ?);

-- name: raise_floor
UPDATE box SET floor = max(floor, ?) WHERE num = ?;

-- name: trim_frames
DELETE FROM frame WHERE id BETWEEN ? AND ?;

-- name: sizes
SELECT id, length(body) FROM frame WHERE id BETWEEN ? AND ? ORDER BY id;

-- name: expired
SELECT id, length(body) FROM frame WHERE id BETWEEN ? AND ? AND expiry_day < ? ORDER BY id;

-- name: pages
SELECT page_size, page_count, freelist_count FROM pragma_page_size, pragma_page_count, pragma_freelist_count;

-- name: some_boxes
SELECT num FROM box WHERE num > ? ORDER BY num LIMIT ?;

-- name: raise_floors
UPDATE box SET floor = max(floor, coalesce(
    (SELECT max(id) & 8388607 FROM frame WHERE id BETWEEN box.num << 23 AND box.num << 23 | 8388607) + 1, 1))
WHERE num BETWEEN ? AND ?;

-- name: expire_frames
DELETE FROM frame WHERE id BETWEEN ? AND ? AND expiry_day < ?;

-- name: expire_boxes
DELETE FROM box WHERE num BETWEEN ? AND ? AND expiry_day < ?
    AND NOT EXISTS (SELECT 1 FROM frame WHERE id BETWEEN box.num << 23 AND box.num << 23 | 8388607);

-- name: tables
SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name;
