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

WITNESS_COLUMNS: Final = (
    Column("cosigned", "origin", "name of a log that this witness watches", _COSIGNED, _PUBLIC),
    Column("cosigned", "size", "size of the log's checkpoint that was cosigned last", _COSIGNED, _PUBLIC),
    Column("cosigned", "root", "its root hash", _COSIGNED, _PUBLIC),
    Column("cosigned", "note", "the checkpoint, as anyone may read it here", _COSIGNED, _PUBLIC),
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
