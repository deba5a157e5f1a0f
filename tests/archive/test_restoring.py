"""A profile out of one backup or two: what comes of which, what is refused, and what is left where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nullabona.client import account as accounts
from nullabona.client.account import load_account
from nullabona.client.archive import Counts, PassphraseKey, encode_stream
from nullabona.client.archive.backup import write_backup
from nullabona.client.archive.errors import ArchiveTruncated, BackupOutOfLine
from nullabona.client.archive.index import message_key
from nullabona.client.archive.records import Begin, Dropped, Identity, Record, Value
from nullabona.client.archive.restoring import Restored, restore_profile
from nullabona.client.core.model.content import Text
from nullabona.client.core.model.errors import ProfileExists
from nullabona.client.keys import AccountRoot
from nullabona.client.mls import SUITE
from nullabona.client.profile import Unprotected, open_profile
from nullabona.client.store import SqliteStore
from nullabona.wire.card import verify_card
from tests.archive.filled import RELAY, TODAY, with_account
from tests.archive.making import DIGEST, ROOM, file, kept, line, message, piece, with_file

KEY = PassphraseKey("x", 1)
ACCOUNT = with_account(SqliteStore.testing_in_memory())
OLD = ACCOUNT.record.card
NEW = accounts.restore_account(
    SqliteStore.testing_in_memory(), root=AccountRoot(ACCOUNT.record.root), card=OLD, today=TODAY
).record.card
IDENTITY = Identity(ACCOUNT.record.root, "mina@relay.example", RELAY, OLD)
A, B, C = (bytes([n]) * 16 for n in (1, 2, 3))


def begin(id: bytes = b"whole", after: bytes = b"", made_at: int = 7) -> Begin:
    return Begin(1, ACCOUNT.local.account, "mina@relay.example", made_at, id, after)


def backup(path: Path, *records: Record, id: bytes = b"whole", after: bytes = b"", made_at: int = 7) -> Path:
    whole = [begin(id, after, made_at), IDENTITY, *records]
    write_backup(path, encode_stream(whole), KEY, verify=False)
    return path


def restore(path: Path, *backups: Path, card: bytes | None = None) -> Restored:
    return restore_profile(path, Unprotected(), backups, KEY, card=card, today=TODAY, suite=SUITE)


def content(path: Path) -> dict[str, Any]:
    """What is in a profile, as far as it matters here."""
    with open_profile(path, Unprotected()) as profile:
        account, store = load_account(profile.store), profile.store
        assert account is not None
        with store.transaction():
            return {
                "card before": account.card.previous,
                "messages": {m.id: m.edited_at for _, m in store.message_page(-(1 << 62), 99)},
                "value": store.get_value("own-profile"),
                "record": store.get_value("record:x"),
                "imports": [one.id for one in store.imports()],
                "chunk": store.chunk(DIGEST) is not None,
            }


def test_a_whole_backup_is_a_profile(tmp_path: Path) -> None:
    """With all that is in it, of the account that it holds; nothing else is left beside it."""
    path = backup(tmp_path / "a.age", Value("own-profile", b"1"), with_file(id=A), file(message=A), piece(message=A))
    done = restore(tmp_path / "new", path)
    assert Restored("mina@relay.example", 7, Counts(others=1, messages=1, files=1, pieces=1, same=2)) == done
    wanted = {
        "messages": {A: None},
        "value": b"1",
        "imports": [],
        "chunk": True,
        "record": None,
        "card before": verify_card(OLD, today=TODAY).hash,
    }
    assert wanted == content(tmp_path / "new")
    assert {path, tmp_path / "new"} == set(tmp_path.iterdir())


def test_the_card_that_was_looked_up_counts_more_than_the_one_kept(tmp_path: Path) -> None:
    """Whatever became of the account meanwhile."""
    path = backup(tmp_path / "a.age")
    restore(tmp_path / "new", path, card=NEW)
    assert verify_card(NEW, today=TODAY).hash == content(tmp_path / "new")["card before"]


def test_a_later_backup_counts_more_than_the_one_before_it(tmp_path: Path) -> None:
    """What it has, what it dropped, the imports it still knows; what it left out comes from the one before."""
    whole = backup(
        tmp_path / "a.age",
        *(Value("own-profile", b"1"), Value("record:x", b"1"), kept(), kept(id=b"j" * 16), line(1)),
        *(message(id=A), message(id=B, edited_at=9), with_file(id=C), file(message=C), piece(message=C)),
    )
    later = backup(
        tmp_path / "b.age",
        *(Value("own-profile", b"2"), kept(id=b"j" * 16)),
        *(
            message(Text("처음"), id=B, edited_at=5),
            Dropped(message_key(ROOM, A)),
            Dropped(message_key(ROOM, b"%016d" % 1)),
        ),
        id=b"later",
        after=b"whole",
        made_at=8,
    )
    done = restore(tmp_path / "new", whole, later)
    assert (8, 2 + 1, 1, 1) == (done.made_at, done.counts.messages, done.counts.files, done.counts.pieces)
    assert content(tmp_path / "new") == {
        "messages": {C: None, B: 5},
        "value": b"2",
        "record": None,
        "imports": [b"j" * 16],
        "chunk": True,
        "card before": verify_card(OLD, today=TODAY).hash,
    }


@pytest.mark.parametrize(
    "given",
    [
        [],
        [(b"a", b""), (b"b", b"a"), (b"c", b"b")],
        [(b"b", b"a")],
        [(b"b", b"a"), (b"a", b"")],
        [(b"a", b""), (b"b", b"x")],
        [(b"a", b""), (b"b", b"")],
        [(b"", b""), (b"b", b"")],
    ],
)
def test_backups_that_do_not_follow_one_another_are_refused(
    given: Sequence[tuple[bytes, bytes]], tmp_path: Path
) -> None:
    """No profile comes of them."""
    files = [backup(tmp_path / f"{n}.age", id=id, after=after) for n, (id, after) in enumerate(given)]
    with pytest.raises(BackupOutOfLine):
        restore(tmp_path / "new", *files)
    assert set(files) == set(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["file", "folder", "link", "link to nothing"])
def test_what_is_at_the_place_stays(there: str, tmp_path: Path) -> None:
    """A file, a folder with something in it, a link."""
    path, place = backup(tmp_path / "a.age"), tmp_path / "new"
    (tmp_path / "empty").mkdir()
    if there == "folder":
        place.mkdir()
        (place / "x").write_bytes(b"x")
    elif there == "file":
        place.write_bytes(b"x")
    else:
        place.symlink_to(tmp_path / ("empty" if there == "link" else "nothing"))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ProfileExists):
        restore(place, path)
    assert before == set(tmp_path.rglob("*"))


def test_an_empty_folder_and_what_was_interrupted_make_room(tmp_path: Path) -> None:
    """They hold nothing that anybody misses."""
    path, place = backup(tmp_path / "a.age", message()), tmp_path / "new"
    place.mkdir()
    (tmp_path / ".new.restoring").mkdir()
    (tmp_path / ".new.restoring" / "rest").write_bytes(b"x")
    restore(place, path)
    assert 1 == len(content(place)["messages"])
    assert {path, place} == set(tmp_path.iterdir())


def test_a_backup_that_breaks_in_the_middle_leaves_no_profile(tmp_path: Path) -> None:
    """Nor anything beside its place."""
    path = tmp_path / "a.age"
    *blocks, _ = encode_stream([begin(), IDENTITY, message()])
    write_backup(path, iter(blocks), KEY, verify=False)
    with pytest.raises(ArchiveTruncated):
        restore(tmp_path / "new", path)
    assert [path] == list(tmp_path.iterdir())
