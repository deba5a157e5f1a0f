"""Every column and file that a relay and a directory keep, with purpose, retention and legal class.

spec/data-held.md is made from these declarations; tests compare them with the real databases and files: what is not
declared may not exist. They are here so that a client can show them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column."""

    table: str
    name: str
    purpose: str
    retention: str
    legal_class: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One declared file, or family of files, in a data directory."""

    pattern: str
    purpose: str
    retention: str
    legal_class: str


_BOX: Final = "until the box is empty and its day has passed"
_FRAME: Final = "until trimmed by a holder of the read secret, or the day after its expiry day"

RELAY_COLUMNS: Final = (
    Column("box", "num", "random number; joins a box to its frames", _BOX, "none: random"),
    Column("box", "address", "SHA-256 over the hashes of the box's secrets; where the box is found", _BOX,
           "identifier without a person"),
    Column("box", "incarnation", "random per creation; tells clients that a box was lost", _BOX, "none: random"),
    Column("box", "floor", "lowest number the box may still give out; an inbox's begin anywhere", _BOX,
           "count of ciphertexts"),
    Column("box", "expiry_day", "day after which the empty box is erased: the last day of use plus retention; of an "
           "inbox up to 31 days later, drawn", _BOX, "date"),
    Column("frame", "id", "the box's num and the frame's place in the box", _FRAME, "count of ciphertexts"),
    Column("frame", "expiry_day", "day after which the frame is erased: the day of arrival plus retention", _FRAME,
           "date"),
    Column("frame", "body", "padded ciphertext; the relay has no key", _FRAME, "content, encrypted end to end"),
)  # fmt: skip

RELAY_FILES: Final = (
    DataFile("boxes.db", "the database", "as its columns say", "as its columns"),
    DataFile("boxes.db-wal", "SQLite's write-ahead log: what was written since the last scrub, in order of arrival; "
             "then zeros, as many as the busiest round had, at most about 16 MiB",
             "a few seconds (scrub interval)", "as the columns"),
    DataFile("boxes.db-shm", "SQLite's index of the log: page numbers", "as long as the log", "none"),
    DataFile("boxes.db.new", "the database while it is rewritten, once a day", "until it takes the database's place",
             "as its columns"),
    DataFile("boxes.db.old", "the database before that, while it is overwritten", "until it is zeros, then it goes",
             "as its columns"),
    DataFile("boxes.db-journal", "SQLite's journal of the moment in which they change places: the first page, in which "
             "no row is", "that moment", "none"),
    DataFile("lock", "number of the process that uses the directory", "while the directory exists", "none"),
    DataFile("ballast", "nothing: room that is given back when the disk is full, to erase and to start",
             "while there is room for it", "none"),
    DataFile("blobs/<expiry day>/<2 hex>/<62 hex>", "one ciphertext chunk, named by its SHA-256",
             "the day after the day in its path", "content, encrypted end to end"),
    DataFile("blobs/incoming/<hex>", "a chunk while it is being written or erased",
             "until written or erased, or the next start", "content, encrypted end to end"),
)  # fmt: skip

_SEALED: Final = "the day after its expiry day; its key goes first, so what the object store keeps longer is unreadable"
_STORES: Final = (
    "as long as the object, and in backups and logs of the object store as long as its operator keeps those"
)

BUCKET_COLUMNS: Final = (
    Column("blob", "expiry_day", "day after which the blob is erased: the day of its last put plus retention", _SEALED,
           "date"),
    Column("blob", "nonce", "random; used once with the day's key", _SEALED, "none: random"),
    Column("blob", "sealed", "one ciphertext chunk, sealed again under a key that the relay has for its expiry day",
           _SEALED, "content, encrypted end to end"),
    Column("list", "name", "names of the blobs of one batch that expire on one day, sorted", _SEALED,
           "none: keyed hashes"),
    Column("list", "size", "size of each: one of five", _SEALED, "count of ciphertexts"),
    Column("every object", "Last-Modified", "the object store's own: when its batch was written, so in which interval "
           "the blob was put last (an hour by default), and with which others; not when in the interval, and not in "
           "which order", _STORES, "date and hour"),
    Column("every object", "size, ETag", "the object store's own: the size, and a hash of the sealed bytes", _STORES,
           "count of ciphertexts"),
    Column("every request", "access log", "the object store's own, if its operator has it write one: when the relay "
           "fetched which object, so when somebody asked for a blob that is older than an interval; the address is the "
           "relay's", "as long as the object store's operator keeps it", "date and time, without a person"),
)  # fmt: skip
"""What is in a bucket, and what an object store keeps of it by itself."""

BUCKET_FILES: Final = (
    DataFile("<prefix>blobs/<64 hex>", "a blob, named by a keyed hash of its digest", _SEALED,
             "content, encrypted end to end"),
    DataFile("<prefix>days/<expiry day>/<32 hex>", "the list of a batch, for the quota and the expiry", _SEALED,
             "date and hour"),
    DataFile("<prefix>user", "which process uses the bucket, changed every 5 seconds: 16 bytes that are the same at "
             "each start with the same data directory, or with the same name on the same engine, and 16 random ones",
             "until the process stops in order; on an engine, it stays",
             "whether the relay runs, and since when it does not"),
    DataFile("<prefix>check/<32 hex>", "64 random bytes: a start tries out whether what is deleted is gone",
             "that moment", "none: random"),
    DataFile("blobs/<expiry day>/<2 hex>/<62 hex>", 'with wait_in = "disk" only: a chunk that waits for its batch; its '
             "change time is when it came", "until its batch is written: an hour by default",
             "content, encrypted end to end; date and time"),
    DataFile("blobs/incoming/<hex>", "the same while it is being written or erased",
             "until written or erased, or the next start", "content, encrypted end to end"),
    DataFile("blob-keys", "on the relay's own disk, if it is not on an engine: "
             "the key of the names, and a key for each expiry day",
             "a day's key until that day is over; then the file is overwritten", "secret of the operator"),
    DataFile("blob-keys.<new or old>", "the same while it changes", "until it has changed, or the next start",
             "secret of the operator"),
)  # fmt: skip
"""Names of objects in a bucket, and the files in a relay's data directory that a bucket needs."""

_MEMORY: Final = "in memory only, of the primary and its replicas; until the frame or box goes, or all of them are lost"

_NAMED: Final = "in memory only, of the primary and its replicas; until all of them are lost or another one is primary"

ENGINE_COLUMNS: Final = (
    Column("key", "b:<address>", "as `box.address`; of a relay with a name, a hash of that and of the name", _MEMORY,
           "identifier without a person"),
    Column("key", "idle time", "the engine's own, of each key: the second in which the box was used last, so that a "
           "running node shows when", "as long as the key", "date and time"),
    Column("head", "incarnation", "as `box.incarnation`, and made again after a failover", _MEMORY, "none: random"),
    Column("head", "reign", "the random name of the server's time as a primary in which the box was last appended to",
           _MEMORY, "none: random"),
    Column("head", "floor", "as `box.floor`", _MEMORY, "count of ciphertexts"),
    Column("head", "own", "as `box.expiry_day`", _MEMORY, "date"),
    Column("head", "day, frames, bytes", "for the quota: the newest expiry day, and how many frames and bytes the box "
           "took on its day", _MEMORY, "count of ciphertexts"),
    Column("head", "inbox wake", "of an inbox: 32 bytes by which its owner recognises in a digest that something came, "
           "made of a secret of the owner's and of how far the inbox was read", "until something comes; then in "
           "`backlog.writes`",
           "none: keyed hash"),
    Column("element", "expiry day, frame", "as `frame.expiry_day` and `frame.body`; its number is its place", _MEMORY,
           "content, encrypted end to end"),
    Column("digests", "d:{<name>}", "of the digests that relay processes of one name tell: the salt of the open one, "
           "the number of the last one, whether the open one omits activity, bytes remembered, the reign, the number "
           "after which their chain begins, and 32 random bytes of which the key is made that signs it", _NAMED,
           "count of ciphertexts; secret of the operator"),
    Column("digests", "d:{<name>}:open", "tags of the open digest, each with its precedence: which box of its "
           "connection it is, and whether that box was there before", "a fifth of a second, about", "none: keyed hash"),
    Column("digests", "d:{<name>}:past", "closed digests: a salt and tags, sorted by value; everybody who polls is "
           "sent them", "about twelve hours", "none: keyed hash"),
    Column("digests", "d:{<name>}:hours", "an hour, and the number of the last digest when it began: how many digests "
           "there were in it", "twelve hours", "date and time"),
    Column("digests", "d:{<name>}:relays", "a random id for each relay process that runs, for how many seconds it "
           "has run, and whether anybody waits there for a wake token", "while the process runs", "none: random"),
    Column("digests", "d:{<name>}:links", "the hash of the chain of digests at numbers that are remembered, one a "
           "second at most", "about twelve hours", "none: hash of closed digests"),
    Column("digests", "d:{<name>}:day", "the day, and how many bytes of frames and blobs each relay process took in it",
           "until the next day", "count of ciphertexts"),
    Column("waiting blob", "w:<name>:<digest>", "with a bucket: a chunk that waits for its batch, its hash and its "
           "expiry day; the key's idle time tells when it came or was fetched", "in memory only, of the primary and "
           "its replicas; until the second batch after it came: two hours at most by default",
           "content, encrypted end to end; date and time"),
    Column("waiting blob", "w:<name>:<digest>, erased", "with a bucket: the mark of a blob that was erased after a "
           "report: its hash and a day, no bytes", "until the day after the blob's expiry day, or until it "
           "is put again", "identifier without a person"),
    Column("waiting blob", "d:{<name>}:blobs", "with a bucket: the keys of its names and of each expiry day, also in "
           "the memory of each relay process; the first day whose keys are not erased, the second in which the last "
           "batch began, and the last day of which objects were deleted", "a day's keys until that day is over; else "
           "until all nodes and relay processes are lost", "secret of the operator"),
    Column("backlog", "writes", "the engine's own: the last writes in the order in which they came, for replicas that "
           "were cut off", "the last 1 MiB, at most 4", "as the others, and their order"),
    Column("channel", "b:<address>", "which relay listens to which box, while somebody waits there, and half a minute "
           "longer", "as said", "identifier without a person"),
    Column("channel", "d:{<name>}", "which processes of one name there are; each closed digest is published on it, and "
           "the wake secret of each append while anybody waits for a wake token", "as said", "none: keyed hash"),
)  # fmt: skip
"""What is in the memory of an engine's nodes; their disks have none of it."""

ENGINE_FILES: Final = (
    DataFile("node.conf", "settings of a node, with hashes of the passwords of its users and the one that replicas use",
             "while the node exists", "secret of the operator"),
    DataFile("nodes.conf", "which nodes there are, and which slots each has", "while the node exists", "none"),
    DataFile("log", "the engine's own log: starts, failovers, trouble", "as long as its operator keeps it", "none"),
)  # fmt: skip
"""Files of a node; their places are its operator's choice."""

_CARD: Final = "until deleted by its owner, or a year after it was issued if nobody renews it"
_HELD: Final = "90 days after its owner deleted the card, or a year after it went because nobody renewed it"
_SHOWN: Final = "until the card after it, or the deletion, is in a published epoch: two periods"
_ENTRY: Final = (
    "the newest until deleted and the hold has ended; others 30 days after they were replaced, so that owners can "
    "check every epoch"
)
_EPOCH: Final = "30 days"
_SPENT: Final = "until the token ends"

DIRECTORY_COLUMNS: Final = (
    Column("card", "name", "the handle's name, as its owner chose it", _CARD, "public record"),
    Column("card", "skeleton", "what the name looks like, computed from it; refuses look-alikes", _CARD,
           "public record"),
    Column("card", "encoded", "the newest card, as its owner published it", _CARD, "public record"),
    Column("card", "registered_day", "day of the handle's first card here", _CARD, "date"),
    Column("card", "label", "the place of the handle in the public record: a keyed hash of it", _CARD,
           "public record, hashed"),
    Column("card", "epoch", "number of the epoch in which the newest card entered or enters: a clock of ten minutes. "
           "Anybody who looks the handle up each period knows it too", _CARD, "date and time"),
    Column("replaced", "name", "whose card it is", _SHOWN, "public record"),
    Column("replaced", "epoch", "as of card", _SHOWN, "date and time"),
    Column("replaced", "until_epoch", "epoch in which its successor enters", _SHOWN, "date and time"),
    Column("replaced", "encoded", "the card before, shown until the newer one is in the public record", _SHOWN,
           "public record"),
    Column("held", "mark", "SHA-256 of a deleted handle's skeleton and host; keeps others from taking the handle. "
           "A guess of the handle confirms that it was deleted. Of a card that nobody renewed also one of its "
           "identity key, by which its owner is known again", _HELD, "identifier, hashed"),
    Column("held", "until_day", "last day on which nobody may register it", _HELD, "date"),
    Column("held", "label", "the deleted handle's label, whose tombstone is taken out when the hold ends", _HELD,
           "identifier, hashed"),
    Column("spent", "mark", "SHA-256 of an issuer's key and of the random number of its registration token that was "
           "used; keeps it from being used again. It does not say by whom", _SPENT,
           "none: random; known to those who made the token"),
    Column("spent", "until_day", "last day of the token", _SPENT, "date"),
    Column("entry", "label", "as of card", _ENTRY, "public record, hashed"),
    Column("entry", "epoch", "epoch in which it entered", _ENTRY, "date and time"),
    Column("entry", "version", "how many entries the label has had", _ENTRY, "count"),
    Column("entry", "nonce", "random; hides what the public record's commitment is to", _ENTRY, "none: random"),
    Column("entry", "digest", "hash of the card, zeros for a deleted one", _ENTRY, "public record, hashed"),
    Column("page", "place", "a part of the public record's tree", "while the record exists", "none: hashes of hashes"),
    Column("page", "epoch", "epoch from which on the part has this hash", "30 days after it was replaced",
           "none: hashes of hashes"),
    Column("page", "labels", "whether the part has no label, one, or more", "30 days after it was replaced",
           "none: hashes of hashes"),
    Column("page", "root", "the part's hash", "30 days after it was replaced", "none: hashes of hashes"),
    Column("epoch", "number", "number of an epoch", _EPOCH, "public record"),
    Column("epoch", "root", "the tree's hash", _EPOCH, "public record"),
    Column("epoch", "closed_s", "when it closed; says nothing of a person", _EPOCH, "public record"),
    Column("epoch", "served", "whether it is published", _EPOCH, "none: state of the service"),
)  # fmt: skip

DIRECTORY_FILES: Final = (
    DataFile("cards.db", "the database", "as its columns say", "as its columns"),
    DataFile("cards.db-wal", "SQLite's write-ahead log: what was written since the last scrub, in order of arrival",
             "a few seconds (scrub interval)", "as the columns"),
    DataFile("cards.db-shm", "SQLite's index of the log: page numbers", "as long as the log", "none"),
    DataFile("cards.lock", "empty; held by the one process that uses the database", "while the directory exists",
             "none"),
    DataFile("record/record.key", "secret keys of the public record: they sign its checkpoints and make its labels",
             "while the record exists", "secret of the operator"),
)  # fmt: skip

_STAGED: Final = "until the entry is in the public files: seconds"
_LASTING: Final = "while the log exists"
_PUBLIC: Final = "public record"

LOG_COLUMNS: Final = (
    Column("staged", "number", "the entry's number in the log", _STAGED, _PUBLIC),
    Column("staged", "entry", "an entry that is about to be public", _STAGED, _PUBLIC),
    Column("batch", "key", "name of a group of entries, given by the caller; keeps a repeated call from "
           "entering them twice", _LASTING, "none: it says no more than the entries"),
    Column("batch", "first", "number of the group's first entry", _LASTING, _PUBLIC),
    Column("batch", "count", "how many entries it has", _LASTING, _PUBLIC),
    Column("batch", "digest", "SHA-256 over its entries", _LASTING, _PUBLIC),
    Column("tree", "one", "the number one: the table has one row", _LASTING, "none"),
    Column("tree", "origin", "the log's name", _LASTING, _PUBLIC),
    Column("tree", "size", "how many entries are in the public files", _LASTING, _PUBLIC),
    Column("tree", "root", "the root hash over them; no other is ever signed for this size", _LASTING, _PUBLIC),
    Column("tree", "pruned", "size up to which unfinished files were removed", _LASTING, "none"),
)  # fmt: skip

LOG_FILES: Final = (
    DataFile("log.db", "the sequencer's database", "as its columns say", "as its columns"),
    DataFile("log.db-wal", "SQLite's write-ahead log", "until SQLite empties it", "as the columns"),
    DataFile("log.db-shm", "SQLite's index of the write-ahead log", "while the log is open", "none"),
    DataFile("lock", "number of the process that runs the log", "while the folder exists", "none"),
    DataFile("incoming/<number>", "a public file while it is being written", "until written, or the next start",
             _PUBLIC),
    DataFile("public/checkpoint", "the published checkpoint with its signatures", "until the next one", _PUBLIC),
    DataFile("public/tile/entries/<path>", "up to 256 entries", _LASTING, _PUBLIC),
    DataFile("public/tile/<level>/<path>", "up to 256 hashes", _LASTING, _PUBLIC),
)  # fmt: skip

_COSIGNED: Final = "for good: a witness that forgets could be shown another log"
_MIRRORED: Final = "while the directory has the label; the whole file until the operator removes it"

WITNESS_COLUMNS: Final = (
    Column("cosigned", "origin", "name of a log that this witness watches", _COSIGNED, _PUBLIC),
    Column("cosigned", "size", "size of the log's checkpoint that was cosigned last", _COSIGNED, _PUBLIC),
    Column("cosigned", "root", "its root hash", _COSIGNED, _PUBLIC),
    Column("cosigned", "note", "the checkpoint, as anyone may read it here", _COSIGNED, _PUBLIC),
)  # fmt: skip

MAP_COLUMNS: Final = (
    Column("leaf", "label", "a label of a mirrored map: the output of a keyed function of a handle", _MIRRORED,
           "how many handles a directory has; to somebody who knows a handle's label, that it has one"),
    Column("leaf", "commitment", "what is at it, hidden by a random value", _MIRRORED,
           "none by itself; two copies of the file say which labels changed between them"),
    Column("page", "place", "a part of the map's tree", _MIRRORED, "none: computed from the leaves"),
    Column("page", "labels", "whether the part has no label, one, or more", _MIRRORED, "none: from the leaves"),
    Column("page", "root", "the part's hash", _MIRRORED, "none: computed from the leaves"),
    Column("mirrored", "one", "the number one: the table has one row", _MIRRORED, "none"),
    Column("mirrored", "size", "how far the directory's log was followed", _MIRRORED, _PUBLIC),
    Column("mirrored", "peaks", "right edge of the log's tree there", _MIRRORED, _PUBLIC),
    Column("mirrored", "listed", "whether the last epoch had a list of changes", _MIRRORED, _PUBLIC),
)  # fmt: skip

MAP_FILES: Final = (
    DataFile("map-<hex SHA-256 of a log's name>.db", "the mirror of a directory's map", "as its columns say",
             "as its columns"),
    DataFile("map-<hex SHA-256 of a log's name>.db-wal", "SQLite's write-ahead log", "until SQLite empties it",
             "as the columns"),
    DataFile("map-<hex SHA-256 of a log's name>.db-shm", "SQLite's index of the write-ahead log",
             "while the witness runs", "none"),
)  # fmt: skip

WITNESS_FILES: Final = (
    DataFile("witness.db", "the witness's database", "as its columns say", "as its columns"),
    DataFile("witness.db-wal", "SQLite's write-ahead log", "until SQLite empties it", "as the columns"),
    DataFile("witness.db-shm", "SQLite's index of the write-ahead log", "while the witness runs", "none"),
    DataFile("lock", "number of the process that is the witness", "while the directory exists", "none"),
    DataFile("evidence/<hex SHA-256 of a log's name>/<kind>-<hex>.json",
             "two checkpoints that a log has signed and that do not go together", "until the operator removes it",
             _PUBLIC),
)  # fmt: skip

_IN_FORCE: Final = "while the schema exists"
_ARRIVALS: Final = "order of arrival"

POSTGRES_COLUMNS: Final = (
    Column("lease", "one", "the number one: the table has one row", _IN_FORCE, "none"),
    Column("lease", "term", "how many processes have led so far; each write checks it", _IN_FORCE,
           "none: state of the service"),
    Column("lease", "begun", "how often such a process began a connection or made sure that it still leads", _IN_FORCE,
           "none: state of the service"),
    Column("program", "one", "the number one: the table has one row", _IN_FORCE, "none"),
    Column("program", "application_id", "what program's tables these are", _IN_FORCE, "none"),
    Column("program", "version", "version of the tables", _IN_FORCE, "none"),
    Column("file", "path", "of a log: name of a public file", _LASTING, _PUBLIC),
    Column("file", "data", "of a log: the public file, for the machine that leads next", _LASTING, _PUBLIC),
    Column("note", "one", "of a log: the number one: the table has one row", _LASTING, "none"),
    Column("note", "data", "of a log: the newest checkpoint with its signatures", "until the next one", _PUBLIC),
    Column("act", "rowid", "of a desk: order of its acts; SQLite numbers rows by itself", "as act.challenge",
           "register of demands"),
)  # fmt: skip
"""What is in a schema in PostgreSQL beside the columns that SQLite has, too."""

POSTGRES_HIDDEN: Final = (
    Column("every table", "xmin, xmax", "PostgreSQL's own: number of the transaction that wrote a row, and of the one "
           "that replaced it; which rows came together, and the order of all", "until VACUUM freezes the row",
           _ARRIVALS),
    Column("every table", "ctid", "PostgreSQL's own: where the row is in the file; about the order of arrival",
           "until the table is rewritten", _ARRIVALS),
)  # fmt: skip

POSTGRES_FILES: Final = (
    DataFile("<data directory>/base/<database>/<table>", "the rows; a row that was erased or replaced stays until "
             "VACUUM, and its bytes until the page is written over", "as its columns; erased ones longer, without a "
             "date", "as its columns"),
    DataFile("<data directory>/pg_wal/<segment>", "PostgreSQL's write-ahead log: all that was written and erased, in "
             "order of arrival; on the primary and on each standby", "until PostgreSQL uses the segment again, and "
             "in an archive of the operator's as long as that keeps it", "as the columns, and order of arrival"),
    DataFile("<data directory>/pg_xact, pg_commit_ts", "which transactions were committed; with "
             "track_commit_timestamp, which is off, also when", "until VACUUM", _ARRIVALS),
)  # fmt: skip
