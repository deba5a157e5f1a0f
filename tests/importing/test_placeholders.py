"""What stands for a photo, a file or a deletion in an export is shown as what it was: in the room, and in exports."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from nullabona.client.api import Client, ImportAnswers, MessageInfo, MissingInfo
from nullabona.client.api.exporting.documents import RoomDocument
from nullabona.client.importing.sources import Given
from tests.importing.test_faithful import DAY, HAN, ios, macos, play, windows

KAKAO_SAID = {
    "사진": "photo",
    "<사진>": "photo",
    "(사진)": "photo",
    "사진 3장": "photo",
    "Photo": "photo",
    "<Photo>": "photo",
    "(Photo)": "photo",
    "3 photos": "photo",
    "<3 Photos>": "photo",
    "동영상": "video",
    "<Video>": "video",
    "이모티콘": "sticker",
    "Emoticons": "sticker",
    "음성메시지": "voice",
    "Voice Message": "voice",
    "파일: 보고서.pdf": "file",
    "File: a.pdf": "file",
    f"{'0a' * 32}.jpg": "photo",
    f"{'0a' * 32}.mp4": "video",
    unicodedata.normalize("NFD", "사진 12장"): "photo",
    "삭제된 메시지입니다.": "deleted",
    "(삭제된 메시지입니다.)": "deleted",
    "This message was deleted.": "deleted",
    "The message has been deleted.": "deleted",
    "Deleted message": "deleted",
    unicodedata.normalize("NFD", "삭제된 메시지입니다."): "deleted",
    "사진 어때?": "text",
    "파일": "text",
    "음성": "text",
    "file": "text",
    "3장": "text",
    "<사진 >": "text",
    "사진3장이야": "text",
}
WHATSAPP_SAID = {
    "image omitted": "photo",
    "<Media omitted>": "file",
    "<미디어 제외됨>": "file",
    "이미지 생략됨": "photo",
    "<Medien ausgeschlossen>": "file",
    "<Multimedia omitido>": "file",
    "<Médias omis>": "file",
    "sticker omesso": "sticker",
    "IMG-20240327-WA0001.jpg (файл добавлен)": "photo",
    "a.pdf (Datei angehängt)": "file",
    "<attached: 00000012-PHOTO.jpg>": "photo",
    "Diese Nachricht wurde gelöscht.": "deleted",
    "You deleted this message": "deleted",
    "삭제된 메시지입니다.": "deleted",
    "このメッセージは削除されました": "deleted",
    "Se eliminó este mensaje.": "deleted",
    "Ce message a été supprimé": "deleted",
    "an image omitted": "text",
}
FORMATS: dict[str, tuple[Callable[[list[str]], Given], dict[str, str]]] = {
    "windows": (lambda said: windows(DAY, *(f"[준호] [오후 1:00] {text}" for text in said)), KAKAO_SAID),
    "ios": (lambda said: ios(*(f"2024. 3. 27. 오후 1:00, 준호 : {text}" for text in said)), KAKAO_SAID),
    "macos": (lambda said: macos(*(f'2024-03-27 13:00:05,"준호","{text}"' for text in said)), KAKAO_SAID),
    "whatsapp": (
        lambda said: Given("_chat.txt", data="\n".join(f"[27/03/24, 13:00:05] 준호: {text}" for text in said).encode()),
        WHATSAPP_SAID,
    ),
}


def what(message: MessageInfo) -> str:
    """What a face takes a message for."""
    missing = message.imported.missing if message.imported is not None else None
    return missing.what if missing is not None else message.kind


@pytest.mark.parametrize("name", FORMATS)
def test_what_stands_for_something_is_shown_as_what_it_was(name: str, tmp_path: Path) -> None:
    """In every layout and language; the words of the file stay as they are, and what people typed is theirs."""
    write, said = FORMATS[name]

    async def story(client: Client) -> None:
        (done,) = await client.imports.run([write([*said])], ImportAnswers(me=""))
        lines = client.messages.page(done.room, limit=100)
        assert said == {one.text: what(one) for one in lines}

    play(tmp_path, story)


def test_what_was_beside_a_file_and_how_many_there_were_is_kept(tmp_path: Path) -> None:
    """The file's name, the caption, the number."""
    data = "27/03/2024, 13:00 - Ana: IMG-20240327-WA0001.jpg (file attached)\nlook\n28/03/2024, 13:00 - Ana: hi"

    async def story(client: Client) -> None:
        (done,) = await client.imports.run([Given("_chat.txt", data=data.encode())], ImportAnswers(me=""))
        imported = client.messages.page(done.room)[0].imported
        assert imported is not None
        assert MissingInfo("photo", "IMG-20240327-WA0001.jpg", "look", 1) == imported.missing
        (done,) = await client.imports.run([FORMATS["ios"][0](["사진 12장"])], ImportAnswers(me=""))
        imported = client.messages.page(done.room)[0].imported
        assert imported is not None
        assert MissingInfo("photo", "", "", 12) == imported.missing

    play(tmp_path, story)


def test_exports_show_what_imported_lines_are(tmp_path: Path) -> None:
    """As text and as a page with a placeholder, in JSON with the words of the file; nobody's lines have no name."""
    given = windows(
        DAY, "[준호] [오후 1:00] 사진 3장", "[준호] [오후 1:01] 삭제된 메시지입니다.", "준호님이 나갔습니다."
    )

    async def story(client: Client) -> None:
        await client.imports.run([given], ImportAnswers(me=""))
        done = await client.archive.export(tmp_path / "out", forms=("json", "text", "html"), language="ko")
        (folder,) = (done.folder / "rooms").iterdir()
        text = (folder / "room.txt").read_text("utf-8").splitlines()
        assert ["준호: [사진 3장]", "준호: (삭제된 메시지)", "준호님이 나갔습니다."] == [line[8:] for line in text[-3:]]
        page = (folder / "index.html").read_text("utf-8")
        assert "[사진 3장]" in page
        assert "삭제된 메시지입니다." not in page
        lines = json.loads((folder / "room.json").read_text("utf-8"))["lines"]
        assert [("text", "사진 3장", "photo"), ("deleted", "삭제된 메시지입니다.", "deleted"),
                ("told", "준호님이 나갔습니다.", "system")] == [
            (line["kind"], line["text"], line["imported"]["what"]) for line in lines
        ]  # fmt: skip
        jsonschema(folder / "room.json")

    play(tmp_path, story)


def jsonschema(path: Path) -> None:
    """Decodes as its types say; the schema in the documents is made from them."""
    msgspec.json.decode(path.read_bytes(), type=RoomDocument)


def test_undoing_an_import_forgets_who_was_in_it(tmp_path: Path) -> None:
    """Their names are kept to tell their faces apart, as long as the room has any history."""

    async def story(client: Client) -> None:
        (done,) = await client.imports.run([HAN], ImportAnswers(me="한지우"))
        assert {"한지우": client.me.account, "홍길동": b""} == client.imports.people(done.room)
        await client.imports.undo(done.id)
        assert {} == client.imports.people(done.room)

    play(tmp_path, story)
