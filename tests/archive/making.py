"""Records as an archive has them: ordinary where a test wants nothing else."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from nullabona.client import account as accounts
from nullabona.client.archive import Counts
from nullabona.client.archive import records as r
from nullabona.client.archive.merging import Merger
from nullabona.client.core.files import blob_refs
from nullabona.client.core.model.content import Attachment, Deleted, File, Gone, Imported, Stored, Text, encode_body
from nullabona.client.keys import AccountRoot
from nullabona.client.store import SqliteStore
from nullabona.wire.blob import seal_piece
from tests.archive.filled import TODAY, with_account

ROOM, ID, ME, YOU = b"r" * 32, b"m" * 16, b"a" * 32, b"y" * 32
KEY = b"k" * 32
CONTENT = b"the bytes of a file"
DIGEST = sha256(seal_piece(KEY, 0, CONTENT)).digest()
SAID = Attachment("file", "a.txt", "text/plain", len(CONTENT), blob_refs([KEY], [DIGEST], len(CONTENT)))
DELETED, HIDDEN = Deleted(YOU), Gone("hidden")


def merged(store: SqliteStore, *records: r.Record, **options: Any) -> Counts:  # noqa: ANN401
    """What merging these adds."""
    merger = Merger(store, today=TODAY, **options)
    merger.take(records)
    return merger.counts


def message(said: Stored | None = None, /, **more: Any) -> r.Message:  # noqa: ANN401
    """A line that somebody said."""
    plain: dict[str, Any] = {
        "room": ROOM, "id": ID, "account": YOU, "device": b"d" * 16, "sent_at": 5_000, "position": 7, "epoch": 1,
        "unread": 1, "state": "received", "body": encode_body(said or Text("안녕하세요")), "kind": "text",
        "shown": True,
    }  # fmt: skip
    return r.Message(**(plain | more))


def deleted(**more: Any) -> r.Message:  # noqa: ANN401
    """The same line, deleted for all."""
    return message(DELETED, **({"kind": "deleted", "unread": 0} | more))


def hidden(**more: Any) -> r.Message:  # noqa: ANN401
    """The same line, deleted here."""
    return message(HIDDEN, **({"kind": "gone", "shown": False, "unread": 0} | more))


def with_file(**more: Any) -> r.Message:  # noqa: ANN401
    return message(File(SAID, ""), **({"kind": "file"} | more))


def file(**more: Any) -> r.File:  # noqa: ANN401
    plain: dict[str, Any] = {
        "room": ROOM, "message": ID, "mine": False, "state": "here", "reason": "", "pieces": ((DIGEST, True),),
    }  # fmt: skip
    return r.File(**(plain | more))


def piece(data: bytes = CONTENT, **more: Any) -> r.Piece:  # noqa: ANN401
    plain: dict[str, Any] = {"room": ROOM, "message": ID, "place": 0, "data": data}
    return r.Piece(**(plain | more))


def line(number: int, text: str = "가져온 말", **more: Any) -> r.Message:  # noqa: ANN401
    """A line that an import brought."""
    body = Imported("kakaotalk", "준호", text)
    return message(body, **({"id": b"%016d" % number, "device": b"i" * 16, "position": -100 + number} | more))


def kept(**more: Any) -> r.Import:  # noqa: ANN401
    """An import of five lines."""
    plain: dict[str, Any] = {
        "id": b"i" * 16, "run": b"x" * 16, "service": "kakaotalk", "title": "산책", "key": "산책", "room": ROOM,
        "digest": bytes(32), "total": 5, "done": 2, "added": 2, "files": 0, "state": "running", "started_at": 9,
        "made_room": True,
    }  # fmt: skip
    return r.Import(**(plain | more))


def cards() -> tuple[bytes, bytes, bytes]:
    """Two cards of one account, the second follows the first; and one of another account."""
    first = with_account(SqliteStore.testing_in_memory())
    root = AccountRoot(first.record.root)
    again = SqliteStore.testing_in_memory()
    second = accounts.restore_account(again, root=root, card=first.record.card, today=TODAY)
    return first.record.card, second.record.card, with_account(SqliteStore.testing_in_memory()).record.card
