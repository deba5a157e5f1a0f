"""Exports: every line, in three forms, the same before and after a restore; nothing of others is run or gets out."""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest

from nullabona.client.api import Client, Exported, Options, PassphraseKey, Unprotected, open_client, restore_backup
from nullabona.client.api.exporting import pages as html_pages
from nullabona.client.api.exporting.documents import ExportDocument, Line, RoomDocument
from nullabona.client.api.exporting.export import ExportProgress
from nullabona.client.api.exporting.place import ExportFailed, ExportPlace, ExportRefused
from nullabona.client.core.model.content import Text
from nullabona.client.core.model.records import FileState
from nullabona.client.profile import create_profile
from tests.archive.filled import Life, fill, put, put_file

OFFLINE = Options(online=False)
NAMES = (
    "../../outside.txt",
    "..",
    "/etc/passwd",
    "a\x00b",
    "x" * 251 + ".jpg",
    "run.html",
    "con",
    "\u202egpj.exe",
    "가.svg",
)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A profile on disk whose people send hostile names and words."""
    path = tmp_path_factory.mktemp("profiles") / "mina"
    with create_profile(path, Unprotected()) as profile:
        life = fill(profile.store, 21, messages=150)
        with profile.store.transaction():
            for name in NAMES:
                put_file(life, life.rooms[1], life.people[0], name=name, kind="file")
            put_file(life, life.rooms[1], life.people[0], data=bytes(2_500_000), name="큰 파일.bin", kind="file")
            put(life, life.rooms[1], Text('<script>alert(1)</script>\n"&\u202e[10:00] 가짜: 줄'), life.people[0])
            lost = put_file(life, life.rooms[1], life.people[0], name="lost.jpg")
            file = profile.store.file(lost.room, lost.id)
            assert file is not None
            profile.store.put_file(replace(file, state=FileState.REMOTE))
    life.path = path
    return life


def exported(profile: Path, folder: Path, *forms: str) -> Exported:
    """Everything of a profile."""

    async def work() -> Exported:
        async with open_client(profile, unlock=Unprotected(), options=OFFLINE) as client:
            return await client.archive.export(folder, forms=forms or ("json", "text", "html"), zone=UTC)  # type: ignore[arg-type]

    return asyncio.run(work())


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_export_is_the_same_before_and_after_a_restore(life: Life, tmp_path: Path) -> None:
    """Backup, another profile, export: every byte of JSON, text, pages and media is as before."""
    path = life.path
    key = PassphraseKey("비밀", 8)

    async def move() -> None:
        async with open_client(path, unlock=Unprotected(), options=OFFLINE) as client:
            await client.archive.backup(tmp_path / "backup", key=key)
        await restore_backup(tmp_path / "new", Unprotected(), [tmp_path / "backup"], key, options=OFFLINE)

    before = exported(path, tmp_path / "before")
    asyncio.run(move())
    after = exported(tmp_path / "new", tmp_path / "after")
    assert tree(tmp_path / "before") == tree(tmp_path / "after")
    assert (before.lines, before.files, before.missing) == (after.lines, after.files, after.missing)
    assert 1 == before.missing


def test_json_has_every_line_and_decodes_by_its_types(life: Life, tmp_path: Path) -> None:
    """The documents decode strictly; lines, text and media are those of the profile."""
    exported(life.path, tmp_path / "out", "json")
    index = msgspec.json.decode((tmp_path / "out" / "export.json").read_bytes(), type=ExportDocument)
    assert [room.hex() for room in life.rooms] == [entry.id for entry in index.rooms]
    for entry in index.rooms:
        folder = tmp_path / "out" / "rooms" / entry.folder
        document = msgspec.json.decode((folder / "room.json").read_bytes(), type=RoomDocument)
        assert [id.hex() for id in life.lines[bytes.fromhex(entry.id)]] == [
            line.id for line in sorted_by_time(document)
        ]
        assert entry.lines == len(document.lines)
        for line in document.lines:
            if line.file is not None and line.file.path is not None:
                assert line.file.size == (folder / line.file.path).stat().st_size


def sorted_by_time(document: RoomDocument) -> list[Line]:
    """Lines in the order in which they were said: unsent ones stand at the end of a room."""
    return sorted(document.lines, key=lambda line: line.at)


def test_no_name_leads_out_of_the_folder(life: Life, tmp_path: Path) -> None:
    """Traversal, absolute paths, reserved and endless names: one file each, inside, with its original name said."""
    (tmp_path / "around").mkdir()
    exported(life.path, tmp_path / "around" / "out")
    assert ["out"] == [each.name for each in (tmp_path / "around").iterdir()]
    files = list((tmp_path / "around").rglob("files/*"))
    assert not [path for path in files if path.suffix in {".html", ".svg"} or len(path.name.encode()) > 255]
    room = next(path for path in (tmp_path / "around").rglob("room.json") if "모임 1" in str(path))
    said = [line["file"]["name"] for line in json.loads(room.read_bytes())["lines"] if "file" in line]
    assert "run.html" in said
    assert not {"..", "../../outside.txt"} & {path.name for path in files}


class Pages(HTMLParser):
    """What a page has in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_pages_run_nothing_and_need_nothing(life: Life, tmp_path: Path) -> None:
    """No script, no handler, nothing from the network; every link leads to a file of the export."""
    exported(life.path, tmp_path / "out", "html")
    pages = list((tmp_path / "out").rglob("*.html"))
    assert 4 == len(pages)
    for path in pages:
        found = Pages()
        found.feed(path.read_text("utf-8"))
        assert (set(), []) == (
            found.tags & {"script", "iframe", "object", "embed", "base", "form", "link"},
            found.handlers,
        )
        for link in found.links:
            target = (path.parent / unquote(link)).resolve()
            assert target.is_file(), link
            assert target.is_relative_to((tmp_path / "out").resolve())


def test_text_cannot_pass_for_another_line(life: Life, tmp_path: Path) -> None:
    """What follows a line break is indented; nothing turns the direction of text."""
    exported(life.path, tmp_path / "out", "text")
    texts = [path.read_text("utf-8") for path in (tmp_path / "out").rglob("room.txt")]
    fake = [line for text in texts for line in text.splitlines() if "가짜" in line]
    assert ["    "] == [line[:4] for line in fake]
    assert not [text for text in texts if "\u202e" in text]


def test_an_export_takes_the_place_of_an_earlier_one_only(life: Life, tmp_path: Path) -> None:
    """A folder with something else is refused; an interrupted part is swept away; links are not followed."""
    path = life.path
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("mine")
    with pytest.raises(ExportRefused):
        exported(path, tmp_path / "mine")
    assert {"diary.txt": b"mine"} == tree(tmp_path / "mine")
    first = tmp_path / "out"
    exported(path, first, "json", "html")
    (first / ".nullabona-export").symlink_to(tmp_path / "mine")
    (first / "index.html").unlink()
    (first / "index.html").symlink_to(tmp_path / "mine" / "diary.txt")
    exported(path, first, "json")
    assert {"export.json", "rooms"} == {each.name for each in first.iterdir()}
    assert {"diary.txt": b"mine"} == tree(tmp_path / "mine")
    with pytest.raises(ExportFailed):
        exported(path, tmp_path / "mine" / "diary.txt" / "below")


def test_an_interrupted_export_leaves_the_earlier_one(life: Life, tmp_path: Path) -> None:
    """Cancelled between two pages: the earlier export is whole, and no part is left."""
    path = life.path
    exported(path, tmp_path / "out", "json")
    before = tree(tmp_path / "out")

    async def work() -> None:
        async with open_client(path, unlock=Unprotected(), options=OFFLINE) as client:
            task = asyncio.current_task()
            assert task is not None

            def stop(_: ExportProgress) -> None:
                task.cancel()

            with pytest.raises(asyncio.CancelledError):
                await cancelled(client, tmp_path / "out", stop)
            task.uncancel()

    asyncio.run(work())
    assert before == tree(tmp_path / "out")


async def cancelled(client: Client, folder: Path, stop: object) -> None:
    """An export that somebody stops."""
    await client.archive.export(folder, forms=("json",), watch=stop)  # type: ignore[arg-type]
    await asyncio.sleep(0)


def test_long_rooms_are_turned_into_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many lines on each, with ways from one to the next; every line once."""
    monkeypatch.setattr(html_pages, "PAGE", 10)
    with create_profile(tmp_path / "mina", Unprotected()) as profile:
        life = fill(profile.store, 1, messages=0, rooms=1)
        with profile.store.transaction():
            for number in range(25):
                put(life, life.rooms[0], Text(f"말 {number}"), life.people[random.Random(number).randrange(3)])
    exported(tmp_path / "mina", tmp_path / "out", "html")
    texts = {path.name: path.read_text("utf-8") for path in (tmp_path / "out" / "rooms").rglob("*.html")}
    assert {"index.html": 10, "page-2.html": 10, "page-3.html": 5} == {
        name: len(re.findall("<article", text)) for name, text in texts.items()
    }
    assert 'href="page-3.html"' in texts["page-2.html"]


class Killed(BaseException):
    """The process has ended."""


@pytest.mark.parametrize("error", [Killed, OSError])
@pytest.mark.parametrize("moves", range(3))
def test_an_export_goes_on_where_one_was_interrupted_while_it_was_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int, error: type[BaseException]
) -> None:
    """Killed, or refused by the disk, after some of its parts were moved: the next one takes the place."""
    place, rename, left = ExportPlace(tmp_path / "out"), Path.rename, [moves]

    def written(text: bytes) -> None:
        place.begin()
        for name in (("rooms", "1", "room.txt"), ("index.html",), ("export.json",)):
            with place.new_file(*name) as out:
                out.write(text)

    def moved(path: Path, target: Path) -> Path:
        if not left[0]:
            raise error
        left[0] -= 1
        return rename(path, target)

    written(b"old")
    place.finish()
    written(b"new")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", moved)
        with pytest.raises((Killed, ExportFailed)):
            place.finish()
    if error is OSError:
        place.give_up()
    written(b"newest")
    place.finish()
    assert {b"newest"} == set(tree(tmp_path / "out").values())
