"""What an operator may do with an abuse report: erase what its keys open, and nothing on somebody's word."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.machine.opening import PathUnusable
from nullabona.machine.settings import BadConfig
from nullabona.operating.abuse_reports import FileFound, erase, examine, read_report_file, save_opened
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.abuse_report import MAX_ABUSE_REPORT, ReportedFile, write_abuse_report
from nullabona.wire.blob import PIECE, BlobRef
from nullabona.wire.card import CardDevice, sign_card
from nullabona.wire.handle import Handle, parse_handle
from tests.wire.abuse_reports import KEY, body, certificate, cut, signed
from tests.wire.cards import MINA, TODAY, device, identity, inbox_of

LARGE = b"picture " * (PIECE // 8 + 1)
"""Two pieces."""


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobStore:
    """The store of a relay."""
    return FileBlobStore(tmp_path)


def keep(blobs: FileBlobStore, content: bytes, key: bytes = KEY) -> BlobRef:
    """A file at the relay."""
    ref, pieces = cut(content, key)
    for digest, data in pieces.items():
        blobs.put(digest, data, TODAY)
    return ref


def test_what_the_key_opens_is_erased_and_nothing_else(blobs: FileBlobStore, tmp_path: Path) -> None:
    """Every piece of the reported file goes, also of one that has several; another file stays."""
    one, other = keep(blobs, LARGE), keep(blobs, b"somebody else's", b"o" * 32)
    found = examine(write_abuse_report(body(one)), tmp_path)
    assert (FileFound(2, "바다.jpg", one.size, one.chunks, 0, 0),) == found.files
    assert 2 == erase(found, tmp_path)
    assert [None, None] == [blobs.get(digest) for digest in one.chunks]
    assert [True] == [blobs.get(digest) is not None for digest in other.chunks]
    assert 0 == erase(found, tmp_path), "it may be repeated after a crash"
    assert (FileFound(2, "바다.jpg", one.size, (), 0, 2),) == examine(write_abuse_report(body(one)), tmp_path).files


@pytest.mark.parametrize("what", ["another key", "another place", "another size"])
def test_who_knows_hashes_without_what_opens_them_erases_nothing(
    blobs: FileBlobStore, tmp_path: Path, what: str
) -> None:
    """A stranger who saw the hashes, or a list of them, has nothing erased; nor what is named beside their own file."""
    theirs = keep(blobs, LARGE)
    forged = {
        "another key": msgspec.structs.replace(theirs, key=b"f" * 32),
        "another place": msgspec.structs.replace(theirs, chunks=theirs.chunks[::-1]),
        "another size": msgspec.structs.replace(theirs, size=theirs.size + 70_000),
    }[what]
    found = examine(write_abuse_report(body(forged)), tmp_path)
    kept = theirs.chunks if what != "another size" else theirs.chunks[1:]
    assert len(kept) == found.files[0].closed
    erase(found, tmp_path)
    assert all(blobs.get(digest) is not None for digest in kept)


def test_a_piece_of_somebody_else_beside_ones_own_is_left(blobs: FileBlobStore, tmp_path: Path) -> None:
    """Each piece has to open by itself."""
    own, theirs = keep(blobs, LARGE), keep(blobs, b"theirs " * 9, b"o" * 32)
    mixed = msgspec.structs.replace(own, chunks=(own.chunks[0], theirs.chunks[0]))
    found = examine(write_abuse_report(body(mixed)), tmp_path)
    assert (own.chunks[:1], 1) == (found.erasable, found.files[0].closed)
    assert 1 == erase(found, tmp_path)
    assert blobs.get(theirs.chunks[0]) is not None


def test_nothing_that_a_running_relay_writes_is_touched(blobs: FileBlobStore, tmp_path: Path) -> None:
    """A piece that is being written while an operator looks or erases is still there; times say nothing after it."""
    ref = keep(blobs, b"x")
    writing = tmp_path / "blobs" / "incoming" / "0123456789abcdef"
    writing.write_bytes(b"half a piece")
    erase(examine(write_abuse_report(body(ref)), tmp_path), tmp_path)
    assert [writing] == list(writing.parent.iterdir())
    folders = [path for path in (tmp_path / "blobs").rglob("*") if path.is_dir()]
    assert {0.0} == {path.stat().st_mtime for path in folders if path != writing.parent}


def test_a_folder_that_is_no_relays_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    """A wrong --data does not look like a relay that has lost everything."""
    with pytest.raises(BadConfig):
        examine(write_abuse_report(body()), tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_of_a_file_that_is_too_large_no_more_is_read_than_refuses_it(tmp_path: Path) -> None:
    """A file that is missing says so."""
    with pytest.raises(PathUnusable):
        read_report_file(tmp_path / "none")
    with (tmp_path / "large").open("wb") as out:
        out.truncate(1 << 40)
    assert MAX_ABUSE_REPORT + 1 == len(read_report_file(tmp_path / "large"))


def test_files_that_open_as_a_whole_are_saved_under_numbers(blobs: FileBlobStore, tmp_path: Path) -> None:
    """Under no name of the reporter's choosing, for this user alone; none of which a piece is missing."""
    whole = keep(blobs, LARGE)
    partly, pieces = cut(LARGE, b"p" * 32)
    blobs.put(partly.chunks[0], pieces[partly.chunks[0]], TODAY)
    said = body(whole, partly)
    evil = msgspec.structs.replace(said.messages[1], file=ReportedFile("../../x", "", whole.size, (whole,)))
    said = msgspec.structs.replace(said, messages=(said.messages[0], evil, said.messages[2]))
    found = examine(write_abuse_report(said), tmp_path)
    written = save_opened(found, tmp_path, tmp_path / "seen")
    assert [tmp_path / "seen" / "2.bin"] == written
    assert (LARGE, 0) == (written[0].read_bytes(), written[0].stat().st_mode & 0o077)
    with pytest.raises(PathUnusable):
        save_opened(found, tmp_path, tmp_path / "seen")


def publish(folder: Path, handle: Handle, device: CardDevice) -> None:
    """A card with this one device."""
    card = sign_card(identity("mina"), handle=handle, issued_day=TODAY, devices=(device,), inbox=inbox_of("mina"))
    store = SqliteCardStore(folder)
    with store.transaction():
        store.apply(Keep(StoredCard.of(handle, card, TODAY), bytes(32)), Place(b"l" * 32, b"n" * 16))
    store.close()


def standing(folder: Path, owner: str = "mina", handle: Handle = MINA) -> str | None:
    """What the relay says of a reporter."""
    return examine(signed(body(), certificate(owner, handle)), folder).reporter


@pytest.mark.usefixtures("blobs")
def test_whose_device_signed_is_proven_by_the_card_alone(tmp_path: Path) -> None:
    """Anybody can certify a device of a handle with a key of their own: the card here has another key."""
    assert "unknown" == standing(tmp_path), "there is no directory"
    publish(tmp_path, MINA, CardDevice(certificate(), b"key package"))
    assert ("proven", "not-theirs") == (standing(tmp_path), standing(tmp_path, "mallory"))
    elsewhere = parse_handle(f"{MINA.name}@other.example")
    assert "unknown" == standing(tmp_path, "mina", elsewhere), "a card of another operator's directory is not here"
    assert "unknown" == standing(tmp_path, "jun", parse_handle("jun@relay.example"))
    assert None is examine(write_abuse_report(body()), tmp_path).reporter


@pytest.mark.usefixtures("blobs")
def test_a_device_that_was_unlinked_proves_nothing(tmp_path: Path) -> None:
    """The right identity key is not enough: the card has to name the device today."""
    publish(tmp_path, MINA, device("mina", MINA))
    assert "not-theirs" == standing(tmp_path)
