-- Each statement begins with its name.

-- name: find
SELECT size, root, note FROM cosigned WHERE origin = ?;

-- name: keep
INSERT INTO cosigned (origin, size, root, note) VALUES (?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note;
