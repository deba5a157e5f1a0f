"""What KakaoTalk itself says in an export: headers, placeholders of media, lines that nobody said. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from nullabona.client.importing.records import MAX_TITLE, Chat, LineKind

_PLAIN: Final = {
    LineKind.PHOTO: ("사진", "사진 읽지 않음", "photo", "picture", "image", "gif"),
    LineKind.VIDEO: ("동영상", "동영상 읽지 않음", "비디오", "video"),
    LineKind.STICKER: ("이모티콘", "스티커", "emoticon", "emoticons", "sticker", "stickers"),
    LineKind.VOICE: ("음성메시지", "음성 메시지", "음성", "voice message", "voice note", "voice"),
    LineKind.FILE: ("파일", "file"),
}
_DELETED: Final = (
    "삭제된 메시지입니다",
    "메시지가 삭제되었습니다",
    "이 메시지는 삭제되었습니다",
    "the message has been deleted",
    "the message was deleted",
    "this message has been deleted",
    "this message was deleted",
    "deleted message",
)
_PLACEHOLDERS: Final = {
    form.format(word): kind for kind, words in _PLAIN.items() for word in words for form in ("{}", "<{}>", "({})")
} | {
    form.format(word): LineKind.DELETED for word in _DELETED for form in ("{}", "{}.", "<{}>", "({})", "<{}.>", "({}.)")
}
"""As the messenger writes them, in small letters. People type the bare ones, too, and nothing tells them apart."""
_TYPED: Final = frozenset(
    {"파일", "file", "음성", "voice", "image", "picture", "gif", "비디오", "스티커", "sticker", "stickers"}
)
"""What the messenger writes in brackets only; without them it is a person's word."""
_LONGEST_PLACEHOLDER: Final = 40
_MANY: Final = re.compile(
    r"[<(]?(?:(사진|동영상) ?\d{1,3} ?(?:장|개)|(?:\d{1,3} (photo|video)s?)|(?:(photo|video)s? ?\(?\d{1,3}\)?))[>)]?",
    re.IGNORECASE,
)
_HASHED: Final = re.compile(r"[0-9a-f]{32,128}\.(\w{2,4})")
"""What an export with files calls a photo or a video."""
_SHOWN_AS: Final = {
    "사진": LineKind.PHOTO,
    "photo": LineKind.PHOTO,
    "동영상": LineKind.VIDEO,
    "video": LineKind.VIDEO,
    "jpg": LineKind.PHOTO,
    "jpeg": LineKind.PHOTO,
    "png": LineKind.PHOTO,
    "gif": LineKind.PHOTO,
    "webp": LineKind.PHOTO,
    "mp4": LineKind.VIDEO,
    "mov": LineKind.VIDEO,
    "m4a": LineKind.VOICE,
    "aac": LineKind.VOICE,
}
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
    r"가렸습니다|변경했습니다|변경하였습니다|되었습니다|임명했습니다|해제했습니다|참여했습니다|참여하였습니다|"
    r"시작했습니다|시작하였습니다|종료했습니다|종료하였습니다|등록했습니다|등록하였습니다|설정했습니다|설정하였습니다)\.?"
    r"|삭제된 메시지입니다\.|The message has been deleted\.|This message (?:was|has been) deleted\."
    r"|채팅방 관리자가 메시지를 가렸습니다\.|오픈채팅봇이 메시지를 가렸습니다\."
    r"|.{1,400} (?:has )?(?:left|joined)(?: (?:this|the) (?:chat ?room|chat))?\."
    r"|.{1,400} (?:has |was )?(?:invited|removed|kicked) .{1,400}\."
    r"|.{1,400} (?:has )?changed the (?:chat ?room|chat|group|room|notice).{0,400}\.?",
)
_SUBJECT: Final = re.compile(r"님(?:이|을|과|께서) | (?:invited|removed|changed) ")
_HEADERS: Final = (
    re.compile(r"(.{1,400}?)(?: (\d{1,5}))? 님과 카카오톡 대화"),
    re.compile(r"(.{1,400}?)(?: (\d{1,5}))? with KakaoTalk Chats"),
    re.compile(r"(.{1,400}?) \((\d{1,5})명\)과 카카오톡 대화(?:-\d+)?\.txt"),
    re.compile(r"(.{1,400}?)(?:님)?과 카카오톡 대화(?:-\d+)?\.txt"),
    re.compile(r"KakaoTalk Chats with (.{1,400}?)(?: \((\d{1,5})(?: people)?\))?(?:-\d+)?(?:\.txt)?"),
)
_NAMELESS: Final = re.compile(r"Talk_\d{4}\.\d{1,2}\.\d{1,2} .{1,20}?(?:-\d+)?\.txt")
_SAVED: Final = re.compile(r"(?:저장한 날짜|Date Saved) ?: ?.{1,60}")
OWN_NAMES: Final = frozenset({"회원님", "You", "you"})
"""What KakaoTalk calls the person who exported."""


def is_saved(line: str) -> bool:
    """The second line of a header."""
    return _SAVED.fullmatch(unicodedata.normalize("NFC", line.strip())) is not None


def header(line: str) -> Chat | None:
    """The chat that a first line names, the number of its people left out; None if it is no first line."""
    plain = unicodedata.normalize("NFC", line.strip())
    if _NAMELESS.fullmatch(plain):
        return Chat("")
    for pattern in _HEADERS:
        if found := pattern.fullmatch(plain):
            title = found.group(1).strip()
            return Chat(title[:MAX_TITLE], title[:MAX_TITLE])
    return None


def is_system(line: str) -> bool:
    """Whether a line without author is what KakaoTalk says of the room."""
    return _SYSTEM.fullmatch(unicodedata.normalize("NFC", line)) is not None


def is_told(author: str, line: str) -> bool:
    """Whether a line of which ``author`` is the part before a colon is what KakaoTalk says, and has a colon in it."""
    return _SUBJECT.search(unicodedata.normalize("NFC", author)) is not None and is_system(line)


def meaning(text: str) -> tuple[str, str]:
    """What a text stands for, and the name of the file that belongs to it, if it gives one."""
    if len(text) <= _LONGEST_PLACEHOLDER and (kind := _stands_for(text)):
        return kind, ""
    if len(text) > _LONGEST_SAID or (text[:1] not in _FIRST and text[-4:-3] != "." and text[-5:-4] != "."):
        return LineKind.TEXT, ""
    if found := _HASHED.fullmatch(text):
        return _SHOWN_AS.get(found.group(1), LineKind.FILE), text
    if text.endswith(_ENDINGS) or text.startswith(("파일", "File", "<파일", "<File", "(파일", "(File")):
        if found := _FILE.fullmatch(text):
            return LineKind.FILE, found.group(1).strip()
        if len(text) <= 255 and "\n" not in text and " " not in text:
            return LineKind.TEXT, text
    return LineKind.TEXT, ""


def _stands_for(text: str) -> str:
    """The kind of a placeholder, however its letters are composed; empty if people said it."""
    plain = unicodedata.normalize("NFC", text).strip().casefold()
    kind = "" if plain in _TYPED else _PLACEHOLDERS.get(plain, "")
    if not kind and any(map(str.isdigit, plain)) and (many := _MANY.fullmatch(plain)):
        kind = _SHOWN_AS[next(word for word in many.groups() if word)]
    return kind
