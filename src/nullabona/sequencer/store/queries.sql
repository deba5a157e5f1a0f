-- Each statement begins with its name.

-- name: begin_tree
INSERT INTO tree (one, origin, size, root, pruned) VALUES (1, ?, 0, ?, 0);

-- name: find_tree
SELECT origin, size, root, pruned FROM tree;

-- name: find_end
SELECT max(number) + 1 FROM staged;

-- name: find_batch
SELECT first, count, digest FROM batch WHERE key = ?;

-- name: keep_batch
INSERT INTO batch (key, first, count, digest) VALUES (?, ?, ?, ?);

-- name: stage
INSERT INTO staged (number, entry) VALUES (?, ?);

-- name: some_staged
SELECT entry FROM staged WHERE number >= ? ORDER BY number LIMIT ?;

-- name: grow_tree
UPDATE tree SET size = ?, root = ?;

-- name: unstage
DELETE FROM staged WHERE number < ?;

-- name: note_pruned
UPDATE tree SET pruned = ?;
