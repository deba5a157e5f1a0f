-- Statements for the tables of schema.postgresql.sql. Each begins with its name.

-- name: keep_file
INSERT INTO file (path, data) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET data = excluded.data;

-- name: list_files
SELECT path FROM file ORDER BY path;

-- name: read_file
SELECT data FROM file WHERE path = ?;

-- name: drop_files
DELETE FROM file WHERE path >= ? AND path < ?;

-- name: keep_note
INSERT INTO note (one, data) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET data = excluded.data;

-- name: find_note
SELECT data FROM note;
