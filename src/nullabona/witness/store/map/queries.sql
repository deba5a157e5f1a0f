-- Each statement begins with its name.

-- name: mirrored
SELECT size, peaks, listed FROM mirrored;

-- name: put_mirrored
INSERT INTO mirrored (one, size, peaks, listed) VALUES (1, ?, ?, ?)
ON CONFLICT (one) DO UPDATE SET size = excluded.size, peaks = excluded.peaks, listed = excluded.listed;

-- name: put_leaf
INSERT INTO leaf (label, commitment) VALUES (?, ?) ON CONFLICT (label) DO UPDATE SET commitment = excluded.commitment;

-- name: drop_leaf
DELETE FROM leaf WHERE label = ?;

-- name: put_page
INSERT INTO page (place, labels, root) VALUES (?, ?, ?)
ON CONFLICT (place) DO UPDATE SET labels = excluded.labels, root = excluded.root;

-- name: leaves
SELECT label, commitment FROM leaf WHERE label BETWEEN ? AND ? ORDER BY label;

-- name: pages
SELECT place, labels, root FROM page WHERE place BETWEEN ? AND ?;

-- name: clear_leaves
DELETE FROM leaf;

-- name: clear_pages
DELETE FROM page;
