"""Files, folders and archives: media beside a text are found, and nothing outside ever is."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest

from nullabona.client.api import ImportAnswers
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe, NotAnExport
from nullabona.client.importing.exports import examine
from nullabona.client.importing.records import Reading
from nullabona.client.importing.sources import ArchiveMedia, FolderMedia, Given
from tests.importing.profiles import mover

CHAT = "[23/07/25, 12:19:18] 민아: 봐\n[23/07/25, 12:19:20] 민아: \u200e<attached: {}>\n"


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "WhatsApp Chat - 산책.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("form", ["archive", "folder", "handed"])
def test_media_come_with_their_lines(form: str, tmp_path: Path) -> None:
    """From an archive, a folder, or files that were handed over: byte for byte, as a photo, on this device."""
    files = {"_chat.txt": CHAT.format("사진.png").encode(), "사진.png": png()}
    given: list[Path] | list[Given] = [packed(tmp_path, files)]
    if form == "folder":
        for name, data in files.items():
            (tmp_path / unicodedata.normalize("NFD", name)).write_bytes(data)
        given = [tmp_path / "_chat.txt"]
    elif form == "handed":
        given = [Given(name, data=data) for name, data in files.items()]

    async def story() -> None:
        async with mover(tmp_path) as client:
            (chat,) = (await client.imports.preview(given)).chats
            assert (1, 0) == (chat.media_here, chat.media_missing)
            (done,) = await client.imports.run(given, ImportAnswers(me=""))
            photo = client.messages.page(done.room)[-1]
            assert ("photo", 1) == (photo.kind, done.files)
            saved = await client.files.save(done.room, photo.id, tmp_path / "saved.png")
            assert png() == saved.read_bytes()
            assert [photo.id] == [line.id for line in client.messages.media(done.room, "photo")]
            await client.imports.undo(done.id)
            store = client._session.profile.store
            assert [] == store._all("SELECT 1 FROM chunk UNION SELECT 1 FROM file UNION SELECT 1 FROM piece")

    asyncio.run(story())


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/hostname", "a/../../secret.png", "..\\secret.png", "C:\\x.png"]
)
def test_a_name_never_leads_out_of_the_export(name: str, tmp_path: Path) -> None:
    """Neither from a folder nor from an archive that holds such a name; the line stays, without file."""
    (tmp_path / "secret.png").write_bytes(png())
    inside = tmp_path / "export"
    inside.mkdir()
    (inside / "_chat.txt").write_text(CHAT.format(name))
    assert FolderMedia(inside).size(name) is None
    (export,) = examine([inside / "_chat.txt"], Reading())
    assert (0, 1) == (export.chats[0].media_here, export.chats[0].media_missing)


def test_a_link_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    inside = tmp_path / "export"
    inside.mkdir()
    (inside / "photo.png").symlink_to(tmp_path / "secret.png")
    (inside / "up").symlink_to(tmp_path)
    media = FolderMedia(inside)
    assert [None, None] == [media.size("photo.png"), media.size("up/secret.png")]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A text that is packed a thousand to one."""
    path = packed(tmp_path, {"_chat.txt": b"[23/07/25, 12:19:18] a: " + b"x" * 50_000_000})
    with pytest.raises(ExportUnsafe):
        examine([path], Reading())


def test_media_that_are_bombs_are_left_out(tmp_path: Path) -> None:
    path = packed(tmp_path, {"_chat.txt": CHAT.format("b.png").encode(), "b.png": bytes(50_000_000)})
    (export,) = examine([path], Reading())
    assert 1 == export.chats[0].media_missing


def test_a_file_longer_than_its_archive_says_is_refused(tmp_path: Path) -> None:
    """Its directory lies about the size."""
    path = packed(tmp_path, {"_chat.txt": CHAT.format("x").encode() * 100})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 50)
    path.write_bytes(bytes(data))
    with pytest.raises((ExportUnsafe, ExportUnreadable, NotAnExport)):
        [line for export in examine([path], Reading()) for line in export.lines()]


def test_files_that_lie_over_one_another_are_refused(tmp_path: Path) -> None:
    """The directory names one stretch of bytes many times."""
    path = packed(tmp_path, {"_chat.txt": CHAT.format("x").encode() * 2_000})
    data = path.read_bytes()
    at, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entry = data[at:end]
    copies = entry * 50
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, 51, 51, len(entry) + len(copies), at)
    path.write_bytes(data[:at] + entry + copies + bytes(tail))
    with pytest.raises((ExportUnsafe, ExportUnreadable)):
        examine([path], Reading())


def test_a_locked_archive_says_so(tmp_path: Path) -> None:
    path = packed(tmp_path, {"_chat.txt": CHAT.format("x").encode()})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ExportUnreadable):
        examine([path], Reading())


@pytest.mark.parametrize("size", [10, 60, 150])
def test_a_damaged_archive_is_a_clear_error(size: int, tmp_path: Path) -> None:
    path = packed(tmp_path, {"_chat.txt": CHAT.format("x").encode() * 50})
    data = path.read_bytes()
    path.write_bytes(data[:size] + b"\xff" * 40 + data[size + 40 :])
    with pytest.raises((ExportUnreadable, NotAnExport, ExportUnsafe)):
        [line for export in examine([path], Reading()) for line in export.lines()]


def test_what_is_not_there_or_no_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ExportUnreadable):
        examine([tmp_path / "nothing.txt"], Reading())
    with pytest.raises(NotAnExport):
        examine([tmp_path], Reading())


def test_archives_of_telegram_keep_their_folders(tmp_path: Path) -> None:
    """``photos/photo_1.png`` is found where it lies."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("photos/photo_1.png", png())
    assert len(png()) == ArchiveMedia(Given("x.zip", data=data.getvalue())).size("photos/photo_1.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_picture_is_left_out_and_nothing_else(method: int, tmp_path: Path) -> None:
    """The lines come, its own and those behind it; only the picture is not there."""
    path = tmp_path / "WhatsApp Chat - 산책.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("사진.png", os.urandom(5_000))
        archive.writestr(
            "_chat.txt", CHAT.format("사진.png") + "[23/07/25, 12:20:00] 민아: 갔어?\n", zipfile.ZIP_DEFLATED
        )
    data = bytearray(path.read_bytes())
    data[2_000:2_040] = bytes(40)
    path.write_bytes(bytes(data))

    async def story() -> None:
        async with mover(tmp_path) as client:
            (done,) = await client.imports.run([path], ImportAnswers(me=""))
            *_, last = client.messages.page(done.room)
            assert (3, 0, "갔어?") == (done.added, done.files, last.text)

    asyncio.run(story())


def test_a_text_that_does_not_unpack_is_a_clear_error(tmp_path: Path) -> None:
    """Also where it is packed as nobody packs a chat."""
    path = tmp_path / "WhatsApp Chat - 산책.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("_chat.txt", "".join(f"[23/07/25, 12:19:18] 민아: {number}\n" for number in range(5_000)))
    data = bytearray(path.read_bytes())
    data[2_000:2_040] = bytes(40)
    path.write_bytes(bytes(data))
    with pytest.raises(ExportUnreadable):
        [line for export in examine([path], Reading()) for line in export.lines()]
