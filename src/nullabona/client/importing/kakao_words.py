"""What KakaoTalk itself says in an export: headers, placeholders of media, lines that nobody said. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from nullabona.client.importing.records import MAX_TITLE, Chat, LineKind

_PLAIN: Final = {
    LineKind.PHOTO: ("사진", "photo"),
    LineKind.VIDEO: ("동영상", "video"),
    LineKind.STICKER: ("이모티콘", "emoticon", "emoticons", "sticker"),
    LineKind.VOICE: ("음성메시지", "음성 메시지", "voice message", "voice note"),
}
_PLACEHOLDERS: Final = {
    form.format(word): kind
    for kind, said in _PLAIN.items()
    for plain in said
    for word in {plain, plain.capitalize(), plain.title()}
    for form in ("{}", "<{}>", "({})")
} | {
    "삭제된 메시지입니다.": LineKind.DELETED,
    "The message has been deleted.": LineKind.DELETED,
    "This message was deleted.": LineKind.DELETED,
    "This message has been deleted.": LineKind.DELETED,
}
_MANY: Final = re.compile(r"[<(]?(?:사진 ?\d{1,3}장|\d{1,3} photos)[>)]?", re.IGNORECASE)
_FILE: Final = re.compile(r"[<(]?(?:파일|File) ?: ?(.{1,255}?)[>)]?")
_ENDINGS: Final = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".webp",
    ".mp4",
    ".mov",
    ".m4a",
    ".mp3",
    ".aac",
    ".pdf",
    ".zip",
    ".hwp",
)
_FIRST: Final = frozenset("파F<(사0123456789")
_LONGEST_SAID: Final = 300
_SYSTEM: Final = re.compile(
    r".{1,400}?(?:님이|님을|가|이) .{0,400}(?:들어왔습니다|나갔습니다|초대했습니다|초대하였습니다|내보냈습니다|"
    r"가렸습니다|변경했습니다|변경하였습니다|되었습니다|임명했습니다|해제했습니다)\.?"
    r"|삭제된 메시지입니다\.|The message has been deleted\.|This message (?:was|has been) deleted\."
    r"|.{1,400} (?:has )?(?:left|joined)(?: (?:this|the) (?:chat ?room|chat))?\."
    r"|.{1,400} (?:has )?invited .{1,400}\.",
)
_HEADERS: Final = (
    re.compile(r"(.{1,400}?)(?: (\d{1,5}))? 님과 카카오톡 대화"),
    re.compile(r"(.{1,400}?)(?: (\d{1,5}))? with KakaoTalk Chats"),
    re.compile(r"(.{1,400}?) \((\d{1,5})명\)과 카카오톡 대화(?:-\d+)?\.txt"),
    re.compile(r"(.{1,400}?)(?:님)?과 카카오톡 대화(?:-\d+)?\.txt"),
    re.compile(r"KakaoTalk Chats with (.{1,400}?)(?: \((\d{1,5})(?: people)?\))?(?:-\d+)?(?:\.txt)?"),
    re.compile(r"(Talk_\d{4}\.\d{1,2}\.\d{1,2} .{1,20}?)()(?:-\d+)?\.txt"),
)
_SAVED: Final = re.compile(r"(?:저장한 날짜|Date Saved) ?: ?.{1,60}")
OWN_NAMES: Final = frozenset({"회원님", "You", "you"})
"""What KakaoTalk calls the person who exported."""


def is_saved(line: str) -> bool:
    """The second line of a header."""
    return _SAVED.fullmatch(unicodedata.normalize("NFC", line.strip())) is not None


def header(line: str) -> Chat | None:
    """The chat that a first line names, the number of its people left out; None if it is no first line."""
    plain = unicodedata.normalize("NFC", line.strip())
    for pattern in _HEADERS:
        if found := pattern.fullmatch(plain):
            title = found.group(1).strip()
            nameless = title.startswith("Talk_")
            return Chat(title[:MAX_TITLE], "" if nameless else title[:MAX_TITLE])
    return None


def is_system(line: str) -> bool:
    """Whether a line without author is what KakaoTalk says of the room."""
    return _SYSTEM.fullmatch(line) is not None


def meaning(text: str) -> tuple[str, str]:
    """What a text stands for, and the name of the file that belongs to it, if it gives one."""
    kind = _PLACEHOLDERS.get(text)
    if kind is not None:
        return kind, ""
    if len(text) > _LONGEST_SAID or (text[:1] not in _FIRST and text[-4:-3] != "." and text[-5:-4] != "."):
        return LineKind.TEXT, ""
    if text.endswith(_ENDINGS) or text.startswith(("파일", "File", "<파일", "<File", "(파일", "(File")):
        if found := _FILE.fullmatch(text):
            return LineKind.FILE, found.group(1).strip()
        if len(text) <= 255 and "\n" not in text and " " not in text:
            return LineKind.TEXT, text
    if text.startswith(("사진", "<사진", "(사진")) or text.endswith(("photos", "photos>", "photos)")):
        return (LineKind.PHOTO, "") if _MANY.fullmatch(text) else (LineKind.TEXT, "")
    return LineKind.TEXT, ""
