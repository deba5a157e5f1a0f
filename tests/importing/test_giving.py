"""What a person gives, file by file: which texts are in it, where their media are, and every limit on both sides."""

from __future__ import annotations

import io
import os
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.client.importing import sources
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe, NotAnExport
from nullabona.client.importing.sources import ArchiveMedia, FolderMedia, Given, HandedMedia, Media, Source

NFD = unicodedata.normalize("NFD", "사진.png")


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return data.getvalue()


def content(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read(1 << 20)


def given(name: str, data: bytes = b"x") -> Given:
    return Given(name, data=data)


def test_a_file_is_its_own_text(tmp_path: Path) -> None:
    """Whatever its name is: what it says decides later. Its media lie beside it."""
    for name in ("a.txt", "b.CSV", "c.json", "d"):
        path = tmp_path / name
        path.write_bytes(b"hello")
        (source,) = sources.sources_of(path)
        assert (name, str(tmp_path), "", b"hello") == (source.name, source.folder, source.member, content(source))
        assert source.media is not None
        assert 5 == source.media.size("a.txt")
        assert source.given.size == 5


def test_an_archive_under_the_name_of_a_text_is_a_text(tmp_path: Path) -> None:
    """Names decide what is opened as an archive: one without such a name is, if it is one."""
    for name, member in (("a.txt", ""), ("a.zip", "b.txt"), ("a", "b.txt")):
        path = tmp_path / name
        path.write_bytes(archive({"b.txt": b"hello"}))
        (source,) = sources.sources_of(path)
        assert member == source.member
    (tmp_path / "b.zip").write_bytes(b"no archive")
    assert ["b.zip"] == [source.name for source in sources.sources_of(tmp_path / "b.zip")]


def test_a_folder_is_its_texts_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Neither folders, nor links, nor other files."""
    for name in ("b.txt", "a.json", "c.CSV", "d.png"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "e.txt").mkdir()
    (tmp_path / "f.txt").symlink_to(tmp_path / "b.txt")
    found = sources.sources_of(tmp_path)
    assert [("a.json", b"a.json"), ("b.txt", b"b.txt"), ("c.CSV", b"c.CSV")] == [(s.name, content(s)) for s in found]
    assert {str(tmp_path)} == {source.folder for source in found}
    assert [5] * 3 == [source.media.size("d.png") for source in found if source.media is not None]


def test_no_more_than_200_texts_are_taken(tmp_path: Path) -> None:
    """Of a folder, an archive, or what is handed over: the first of them."""
    names = [f"{number:03}.txt" for number in range(201)]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.zip").write_bytes(archive(dict.fromkeys(names, b"x")))
    for found in (
        sources.sources_of(tmp_path),
        sources.sources_of(tmp_path / "x" / "a.zip"),
        sources.sources_handed([given(name) for name in names]),
    ):
        assert names[:200] == [source.name for source in found]


def test_what_holds_no_text_is_no_export(tmp_path: Path) -> None:
    """An empty folder, an archive of pictures, something that is no file, nothing."""
    (tmp_path / "a.zip").write_bytes(archive({"a.png": b"x"}))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "a.zip", tmp_path / "folder", tmp_path / "pipe"):
        with pytest.raises(NotAnExport):
            sources.sources_of(path)
    for files in ([], [given("a.png")], [given("a.zip", archive({"a.png": b"x"}))]):
        with pytest.raises(NotAnExport):
            sources.sources_handed(files)
    with pytest.raises(ExportUnreadable):
        sources.sources_of(tmp_path / "nothing.txt")


def test_texts_of_an_archive(tmp_path: Path) -> None:
    """Those on top, in their order; if there are none, those in folders; never what macOS puts beside them."""
    path = tmp_path / "a.zip"
    path.write_bytes(archive({"b.txt": b"b", "a.json": b"a", "x/c.txt": b"c", "__MACOSX/d.txt": b"d", "e.png": b""}))
    found = sources.sources_of(path)
    assert [("a.json", b"a"), ("b.txt", b"b")] == [(source.name, content(source)) for source in found]
    assert {f"{tmp_path}/a.zip"} == {source.folder for source in found}
    path.write_bytes(archive({"y/b.txt": b"b", "x/a.txt": b"a", "__MACOSX/x/d.txt": b"d", "x.txt/": b""}))
    assert [("x/a.txt", "a.txt"), ("y/b.txt", "b.txt")] == [(s.member, s.name) for s in sources.sources_of(path)]


def test_files_that_are_handed_over_together() -> None:
    """Texts and archives in the order given; the others are media of the texts, and an archive has its own."""
    files = [given("b.TXT", b"b"), given("x.png", b"12"), given("a.Zip", archive({"c.txt": b"c", "y.png": b"123"}))]
    text, packed = sources.sources_handed(files)
    assert [("b.TXT", "", b"b"), ("c.txt", "/a.Zip", b"c")] == [(s.name, s.folder, content(s)) for s in (text, packed)]
    assert text.media is not None
    assert packed.media is not None
    assert [2, None] == [text.media.size("x.png"), text.media.size("y.png")]
    assert [None, 3] == [packed.media.size("x.png"), packed.media.size("y.png")]


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    """Between the choice and the reading."""
    for name, data in (("a.txt", b"x"), ("a.zip", archive({"a.txt": b"x"}))):
        (tmp_path / name).write_bytes(data)
        (source,) = sources.sources_of(tmp_path / name)
        (tmp_path / name).unlink()
        with pytest.raises(ExportUnreadable):
            content(source)


# -- archives ----------------------------------------------------------------------------------------------------------


def entries(data: bytes) -> list[int]:
    """Where the entries of an archive's directory begin."""
    at, found = data.find(b"PK\x01\x02"), []
    while at >= 0:
        found.append(at)
        at = data.find(b"PK\x01\x02", at + 4)
    return found


def patched(data: bytes, offset: int, form: str, value: int) -> bytes:
    """An archive whose directory says something else of its first file."""
    changed = bytearray(data)
    struct.pack_into(form, changed, entries(data)[0] + offset, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("limit", "least"),
    [("MOST_MEMBERS", 2), ("MOST_BYTES", 30)],
)
def test_an_archive_holds_no_more_than_any_export(limit: str, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files, so many bytes; with one more it is refused and nothing is read."""
    data = archive({"a.txt": b"x" * 10, "b.txt": b"x" * 20})
    monkeypatch.setattr(sources, limit, least)
    assert 2 == len(sources.sources_handed([given("a.zip", data)]))
    monkeypatch.setattr(sources, limit, least - 1)
    with pytest.raises(ExportUnsafe):
        sources.sources_handed([given("a.zip", data)])


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
def test_files_may_not_take_more_room_than_their_archive(more: int, *, refused: bool) -> None:
    """The sum of what is packed is at most the whole."""
    data = archive({"a.txt": b"x"}, zipfile.ZIP_STORED)
    lying = patched(data, 20, "<I", len(data) + more)
    if refused:
        with pytest.raises(ExportUnsafe):
            sources.sources_handed([given("a.zip", lying)])
    else:
        assert 1 == len(sources.sources_handed([given("a.zip", lying)]))


@pytest.mark.parametrize(("ratio", "fits"), [(10, True), (9, False)])
def test_a_text_is_packed_no_more_tightly_than_words_are(
    ratio: int, monkeypatch: pytest.MonkeyPatch, *, fits: bool
) -> None:
    """Where it is large; a small one may be as tight as it likes."""
    data = archive({"a.txt": bytes(1_000)})
    (packed,) = zipfile.ZipFile(io.BytesIO(data)).infolist()
    monkeypatch.setattr(sources, "_SMALL", 999)
    monkeypatch.setattr(sources, "RATIO", ratio * 10)
    lying = patched(data, 24, "<I", packed.compress_size * 100)
    (source,) = sources.sources_handed([given("a.zip", lying)])
    if fits:
        assert bytes(1_000) == content(source)
        return
    with pytest.raises(ExportUnsafe):
        content(source)
    monkeypatch.setattr(sources, "_SMALL", packed.compress_size * 100)
    assert bytes(1_000) == content(source)


def test_a_text_that_takes_no_room_is_measured_as_if_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that says that nothing is packed at all: one byte is counted, and so many of text for it."""
    data = patched(archive({"a.txt": b"x" * 30}, zipfile.ZIP_STORED), 20, "<I", 0)
    (source,) = sources.sources_handed([given("a.zip", data)])
    monkeypatch.setattr(sources, "_SMALL", 0)
    monkeypatch.setattr(sources, "RATIO", 29)
    with pytest.raises(ExportUnsafe):
        content(source)
    monkeypatch.setattr(sources, "RATIO", 30)
    with pytest.raises(ExportUnreadable):
        content(source)


def test_a_text_longer_than_its_archive_says_is_refused() -> None:
    """Where the unpacked text goes beyond what the directory says; as long as it says is whole."""
    stream = sources._Bounded(io.BytesIO(b"x" * 10), 10)
    assert (b"x" * 6, b"x" * 4, b"") == (stream.read(6), stream.read(6), stream.read(6))
    with pytest.raises(ExportUnsafe):
        sources._Bounded(io.BytesIO(b"x" * 10), 9).read(10)


def test_a_locked_or_unusual_archive_says_what_to_do() -> None:
    """It is not opened."""
    data = archive({"a.txt": b"x"})
    for lying in (patched(data, 8, "<H", 1), archive({"a.txt": b"x"}, zipfile.ZIP_BZIP2)):
        (source,) = sources.sources_handed([given("a.zip", lying)])
        with pytest.raises(ExportUnreadable) as raised:
            content(source)
        assert "unpack it yourself and import the folder" == raised.value.hint
    (source,) = sources.sources_handed([given("a.zip", patched(data, 8, "<H", 2))])
    assert b"x" == content(source)


# -- media -------------------------------------------------------------------------------------------------------------


def in_folder(folder: Path) -> Media:
    (folder / NFD).write_bytes(b"12345")
    (folder / "photos").mkdir()
    (folder / "photos" / "a.jpg").write_bytes(b"123")
    return FolderMedia(folder)


def in_archive(_folder: Path) -> Media:
    return ArchiveMedia(given("a.zip", archive({NFD: b"12345", "photos/a.jpg": b"123", "empty/": b""})))


def handed(_folder: Path) -> Media:
    return HandedMedia([given(NFD, b"12345"), given("a.jpg", b"123")])


@pytest.mark.parametrize("make", [in_folder, in_archive, handed])
def test_media_are_found_however_their_names_are_composed(make: Callable[[Path], Media], tmp_path: Path) -> None:
    """With their folder; what is not there has no size and does not open; closing is harmless."""
    media = make(tmp_path)
    for name, whole in ((NFD, b"12345"), ("사진.png", b"12345"), ("photos/a.jpg", b"123")):
        assert len(whole) == media.size(name)
        with media.open(name) as stream:
            assert whole == stream.read()
    for name in ("", "b.jpg", "photos", "empty/", "photos/b.jpg"):
        assert media.size(name) is None
        with pytest.raises(ExportUnreadable):
            media.open(name)
    media.close()
    media.close()
    with media.open("사진.png") as stream:
        assert b"12345" == stream.read()
    media.close()


NAMES = ["", "/a.jpg", "../a.jpg", "a/../../b", "..", "C:a.jpg", "a\0.jpg", "\\a.jpg", "..\\a.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_no_name(name: str, tmp_path: Path) -> None:
    """Not even where a file of that last name is there."""
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"1")
    assert FolderMedia(tmp_path / "in").size(name) is None
    assert HandedMedia([given("a.jpg"), given("b"), given(name)]).size(name) is None


def test_files_handed_over_are_known_by_their_last_names() -> None:
    """Their folders are not known."""
    media = HandedMedia([given("a.jpg", b"1")])
    assert [1, 1, None] == [media.size(name) for name in ("a.jpg", "photos\\a.jpg", "photos")]


def test_a_link_is_followed_only_inside_the_folder(tmp_path: Path) -> None:
    """To another file of the folder, never to one outside."""
    (tmp_path / "secret").write_bytes(b"12")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    (folder / "inside").symlink_to(folder / "a")
    (folder / "outside").symlink_to(tmp_path / "secret")
    (folder / "nowhere").symlink_to(tmp_path / "nothing")
    media = FolderMedia(folder)
    assert [1, None, None] == [media.size(name) for name in ("inside", "outside", "nowhere")]
    assert FolderMedia(tmp_path / "nothing").size("a") is None


def test_a_name_of_a_file_within_a_file_is_none(tmp_path: Path) -> None:
    """Nor is one that no system can have."""
    (tmp_path / "a").write_bytes(b"1")
    assert [None, None] == [FolderMedia(tmp_path).size(name) for name in ("a/b", "b" * 300)]


def test_media_of_one_name_in_an_archive() -> None:
    """The whole name first; by the last name alone, the first of that name."""
    media = ArchiveMedia(given("a.zip", archive({"x/a.jpg": b"1", "y/a.jpg": b"12", "a.jpg": b"123"})))
    assert [1, 2, 1] == [media.size(name) for name in ("x/a.jpg", "y/a.jpg", "a.jpg")]


@pytest.mark.parametrize(("small", "here"), [(900, True), (899, False)])
def test_media_that_are_packed_too_tightly_are_left_out(
    small: int, monkeypatch: pytest.MonkeyPatch, *, here: bool
) -> None:
    """So many bytes for each that is packed, and as many more as are small; one more is too many."""
    data = archive({"a.jpg": bytes(1_000)})
    (packed,) = zipfile.ZipFile(io.BytesIO(data)).infolist()
    monkeypatch.setattr(sources, "RATIO", 10)
    monkeypatch.setattr(sources, "_SMALL", small)
    size = 10 * packed.compress_size + 900
    media = ArchiveMedia(given("a.zip", patched(data, 24, "<I", size)))
    assert (size if here else None) == media.size("a.jpg")


def test_media_that_take_no_room_are_measured_as_if_they_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file is there; one that says it is nothing packed is measured by one byte."""
    data = patched(archive({"a.jpg": b"x" * 30}, zipfile.ZIP_STORED), 20, "<I", 0)
    monkeypatch.setattr(sources, "_SMALL", 0)
    for ratio, size in ((30, 30), (29, None)):
        monkeypatch.setattr(sources, "RATIO", ratio)
        assert size == ArchiveMedia(given("a.zip", data)).size("a.jpg")
    assert 0 == ArchiveMedia(given("a.zip", archive({"a.jpg": b""}))).size("a.jpg")


def test_media_packed_in_an_unusual_way_are_left_out() -> None:
    """They are as if they were not there."""
    media = ArchiveMedia(given("a.zip", archive({"a.jpg": b"x"}, zipfile.ZIP_BZIP2)))
    assert media.size("a.jpg") is None


def test_an_archive_of_media_is_opened_once_and_closed(tmp_path: Path) -> None:
    """However many files are asked for; afterwards nothing is held open."""
    path = tmp_path / "a.zip"
    path.write_bytes(archive({"a.jpg": b"1", "b.jpg": b"2"}))

    class Counted(Given):
        opened: list[io.BufferedReader] = []  # noqa: RUF012 - of this test alone

        def open(self) -> io.BufferedReader:
            self.opened.append(path.open("rb"))
            return self.opened[-1]

    media = ArchiveMedia(Counted("a.zip", path))
    for name in ("a.jpg", "b.jpg", "a.jpg"):
        media.size(name)
        with media.open(name) as stream:
            assert 1 == len(stream.read())
    assert [True, False] == [one.closed for one in Counted.opened]
    media.close()
    assert [True, True] == [one.closed for one in Counted.opened]


def test_a_damaged_archive_of_media_says_so() -> None:
    """When one of them is opened."""
    data = bytearray(archive({"a.jpg": b"x" * 50}))
    data[0:4] = b"none"
    media = ArchiveMedia(given("a.zip", bytes(data)))
    assert 50 == media.size("a.jpg")
    with pytest.raises(ExportUnreadable):
        media.open("a.jpg")
    with pytest.raises(ExportUnreadable):
        ArchiveMedia(given("a.zip", b"none")).size("a.jpg")


def test_a_file_of_a_folder_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was there a moment ago."""
    (tmp_path / "a.jpg").write_bytes(b"1")
    media = FolderMedia(tmp_path)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ExportUnreadable):
        media.open("a.jpg")
