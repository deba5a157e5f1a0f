-- What a log keeps only in PostgreSQL: its public files, because the next process that leads may be on another machine.
CREATE TABLE file (
    path text COLLATE "C" NOT NULL PRIMARY KEY,
    data bytea            NOT NULL
);

-- The newest checkpoint that was published, or was about to be. Kept before anybody sees it.
CREATE TABLE note (
    one  bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    data bytea  NOT NULL
);
