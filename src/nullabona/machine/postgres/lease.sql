-- Who may write to the tables of this schema: the process that drew the newest term. The row counts changes of the
-- leader and starts of its connection, and says neither when nor who.
CREATE TABLE lease (
    one    bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    term   bigint NOT NULL,
    begun  bigint NOT NULL
);

INSERT INTO lease (one, term, begun) VALUES (1, 0, 0);

-- What program's tables these are, and of which version: SQLite keeps both in the file's head.
CREATE TABLE program (
    one            bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    application_id bigint NOT NULL,
    version        bigint NOT NULL
);
