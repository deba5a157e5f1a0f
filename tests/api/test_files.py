"""Photos, voice notes and files travel between real clients through a real relay."""

from __future__ import annotations

import asyncio
import io
import random
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from nullabona.client.api import BadImage, Client, MessageGone, Transfer, errors
from nullabona.client.core.model.filenames import safe_name
from nullabona.client.core.model.records import FileState
from nullabona.wire.blob import PIECE
from tests.api.people import befriend, happens, opened, people, play, until
from tests.api.pictures import GPS, moving_picture, photo, voice_note
from tests.api.service import Service


def state(client: Client, room: bytes, message: bytes) -> str:
    """Where the file is, or empty while its message is not there."""
    try:
        return client.files.info(room, message).state
    except errors.NoSuchMessage:
        return ""


def test_a_photo_arrives_by_itself_without_place_or_device(service: Service, tmp_path: Path) -> None:
    """What is sent is upright, has no metadata and a thumbnail; the receiver has it without asking."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            original = photo()
            message = await a.files.send(room, original, name="../휴가 사진.jpeg", caption="바다")
            await until(b, lambda: state(b, room, message) == "here")
            info = b.files.info(room, message)
            assert ("photo", "휴가 사진.jpg", (480, 640)) == (info.kind, info.name, (info.width, info.height))
            got = b.files.open(room, message).read(0, 1 << 20)
            assert info.size == len(got)
            for secret in (b"Secret Phone", b"taken at home", b"Exif"):
                assert (True, False) == (secret in original, secret in got)
            assert GPS not in Image.open(io.BytesIO(got)).getexif()
            shown, small = await b.files.picture(room, message), await b.files.thumbnail(room, message)
            assert ((480, 640), (240, 320)) == ((shown.width, shown.height), (small.width, small.height))
            assert len(info.thumb) <= 12_288
            await a.messages.wait_delivered(room, message)

    play(story())


def test_photos_of_an_album_are_one_line_of_the_list_and_another_album_where_they_go(
    service: Service, tmp_path: Path
) -> None:
    """With the words that came with any of them; an album is named by 16 bytes, or nobody could read the message."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            for wrong in (b"x", bytes(15), bytes(17)):
                with pytest.raises(errors.BadRequest):
                    await a.files.send(room, photo(), album=wrong)
            album = b"a" * 16
            before = await a.files.send(room, photo(), caption="alone")
            first = await a.files.send(room, photo(), caption="바다", album=album)
            second = await a.files.send(room, photo(), album=album)
            await until(b, lambda: state(b, room, second) == "here")
            for client in (a, b):
                summary = client.rooms.get(room)
                assert summary.last is not None
                assert (second, "바다", album, 2) == (
                    summary.last.id,
                    summary.last.text,
                    summary.last.album,
                    summary.photos,
                )
            assert 2 == b.rooms.get(room).unread, "the photo alone, and the album"
            group = (await b.rooms.create_group("둘째")).id
            copies = await b.messages.forward(room, [before, first, second], [group, group])
            albums = [found.album for found in b.messages.page(group) if found.id in copies]
            assert [b"", b""] == albums[::3]
            assert albums[1] == albums[2] != albums[4] == albums[5]
            assert {16} == {len(each) for each in albums if each}
            assert album not in albums
            await b.messages.delete(room, [first], for_all=False)
            assert 2 == b.rooms.get(room).unread, "the other photo of the album is still new"

    play(story())


def test_a_large_file_moves_on_request_and_comes_back_byte_for_byte(service: Service, tmp_path: Path) -> None:
    """Progress is told, ranges are read without the rest, saving never overwrites."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            source = tmp_path / "report.pdf"
            source.write_bytes(random.Random(1).randbytes(3 * PIECE + 77))
            message = await a.files.send(room, source)
            await a.messages.send(room, "a text does not wait for the file")
            await until(b, lambda: state(b, room, message) == "remote")
            with pytest.raises(errors.FileNotHere):
                b.files.open(room, message)
            heard = asyncio.create_task(happens(b, Transfer, lambda event: event.state == "here"))
            await b.files.fetch(room, message)
            await b.files.wait(room, message)
            told = await heard
            assert (message, 3 * PIECE + 77, 3 * PIECE + 77) == (told.message, told.done, told.total)
            reader = b.files.open(room, message)
            assert source.read_bytes()[PIECE - 5 : PIECE + 5] == reader.read(PIECE - 5, 10)
            assert ("application/pdf", b"") == (reader.mime, reader.read(reader.size, 9))
            folder = tmp_path / "saved"
            folder.mkdir()
            saved = [await b.files.save(room, message, folder) for _ in range(2)]
            assert ["report.pdf", "report (2).pdf"] == [path.name for path in saved]
            assert [source.read_bytes()] * 2 == [path.read_bytes() for path in saved]
            with pytest.raises(errors.FileExists):
                await b.files.save(room, message, saved[0])

    play(story())


def test_a_voice_note_and_a_moving_picture(service: Service, tmp_path: Path) -> None:
    """A voice note comes by itself with its levels; a GIF that moves is a file and goes as it is."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            voice = await a.files.send(
                room, voice_note(), name="note.webm", as_kind="voice", duration_ms=4_200, levels=bytes(200)
            )
            gif = await a.files.send(room, moving_picture(), name="party.gif")
            await until(b, lambda: state(b, room, voice) == "here" and state(b, room, gif) == "remote")
            info = b.files.info(room, voice)
            assert ("voice", 4_200, 128) == (info.kind, info.duration_ms, len(info.levels))
            await b.files.fetch(room, gif)
            await b.files.wait(room, gif)
            assert moving_picture() == b.files.open(room, gif).read(0, 1 << 20)
            assert ("file", "image/gif") == (b.files.info(room, gif).kind, b.files.info(room, gif).mime)

    play(story())


def test_what_cannot_be_sent_leaves_nothing(service: Service, tmp_path: Path) -> None:
    """Empty, too large, missing, not an image, too long a note: a clear error each, and no message."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            large = tmp_path / "large"
            with large.open("wb") as out:
                out.truncate(100 * 1_048_576 + 1)
            lines = len(a.messages.page(room))
            for error, source, kind in (
                (errors.UserError, b"", None),
                (errors.FileTooLarge, large, None),
                (errors.FileUnreadable, tmp_path / "missing", None),
                (BadImage, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo"),
                (BadImage, photo()[:5_000], None),
                (errors.UserError, b"not sound", "voice"),
            ):
                with pytest.raises(error):
                    await a.files.send(room, source, name="x", as_kind=kind)  # type: ignore[arg-type]
            assert lines == len(a.messages.page(room))
            with a._session.look() as store:
                assert [] == store.files(FileState.MOVING)

    play(story())


def test_a_cancelled_upload_goes_with_its_message(doomed: Service, tmp_path: Path) -> None:
    """Nothing of it reaches the other side; what was sent already cannot be cancelled."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.sync()
        doomed.kill()
        async with opened(tmp_path / "a") as a:
            gone = await a.files.send(room, bytes(2 * PIECE), name="x.bin")
            kept = await a.files.send(room, b"small", name="y.bin")
            assert ("moving", "waiting") == (state(a, room, gone), a.messages.page(room)[-1].state)
            await a.files.cancel(room, gone)
            await happens(a, MessageGone, lambda event: event.message == gone)
            doomed.start()
            await a.messages.wait_sent(room, kept)
            with pytest.raises(errors.UserError, match="under way"):
                await a.files.cancel(room, kept)
            async with opened(tmp_path / "b") as b:
                await until(b, lambda: state(b, room, kept) == "remote")
                assert ("", [kept]) == (state(b, room, gone), [m.id for m in b.messages.page(room) if m.kind == "file"])

    play(story())


def test_an_upload_goes_on_after_a_restart(doomed: Service, tmp_path: Path) -> None:
    """A file that was cut while the relay was away goes out from a new process; the message comes after its bytes."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.sync()
        doomed.kill()
        async with opened(tmp_path / "a") as a:
            message = await a.files.send(room, bytes(2 * PIECE + 1), name="x.bin")
        doomed.start()
        async with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
            await a.messages.wait_sent(room, message)
            await until(b, lambda: state(b, room, message) == "remote")
            await b.files.fetch(room, message)
            await b.files.wait(room, message)

    play(story())


def test_a_photo_survives_the_loss_of_the_relay(doomed: Service, tmp_path: Path) -> None:
    """The receiver was away when the machine was carried off; the sender puts the photo's bytes back too."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.sync()
        async with opened(tmp_path / "a") as a:
            message = await a.files.send(room, photo(), name="x.jpg")
            await a.messages.wait_sent(room, message)
            doomed.seize()
            async with opened(tmp_path / "b") as b:
                await until(b, lambda: state(b, room, message) == "here")

    play(story())


def test_a_file_is_asked_back_after_everybody_had_its_message(doomed: Service, tmp_path: Path) -> None:
    """The message was delivered, the relay lost the bytes, the person wants them now: the sender is asked."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            message = await a.files.send(room, b"late" * 1_000, name="x.bin")
            await a.messages.wait_delivered(room, message)
            doomed.seize()
            await until(b, lambda: state(b, room, message) == "remote")
            while True:  # the sender may hear that it is asked after these people, who never wait long, have given up
                await b.files.fetch(room, message)
                with suppress(errors.FileFailed):
                    await b.files.wait(room, message)
                    break
            assert b"late" * 1_000 == b.files.open(room, message).read(0, 9_999)

    play(story())


@pytest.mark.parametrize(
    ("named", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\nc.txt", "ab c.txt"),
        ("CON.txt", "_CON.txt"),
        ("가" * 300 + ".hwp", "가" * 83 + ".hwp"),
    ],
)
def test_names_are_made_safe(named: str, safe: str) -> None:
    """What is left is one visible part with its extension."""
    assert (safe, safe) == (safe_name(named), safe_name(safe_name(named)))
