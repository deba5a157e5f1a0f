"""What the command line says to people, in Korean and English. Data (``--json``) is the same in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from nullabona.errors import NullabonaError

Language = Literal["ko", "en"]

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "account-created": ("{handle} is yours on this device.", "이 기기에서 {handle} 계정을 만들었습니다."),
    "account-published": ("The directory shows your card.", "디렉터리에 명함이 올라갔습니다."),
    "account-restored": (
        "{handle} is yours on this device. Ask your contacts to add you to their rooms again.",
        "이 기기에서 {handle} 계정을 되찾았습니다. 대화 상대에게 방에 다시 초대해 달라고 하세요.",
    ),
    "write-down": (
        "Write down the 24 words of `nulla account phrase`: without them a lost device is a lost account.",
        "`nulla account phrase`가 보여 주는 24개 낱말을 적어 두세요. 기기를 잃으면 그 낱말만이 계정을 되살립니다.",
    ),
    "publish-later": (
        "The directory is out of reach; the card is published with the next command that reaches it.",
        "디렉터리에 연결할 수 없습니다. 다음에 연결될 때 명함을 올립니다.",
    ),
    "requested": ("Asked {handle}.", "{handle} 님에게 대화를 신청했습니다."),
    "accepted": ("You can talk with {handle} now.", "이제 {handle} 님과 대화할 수 있습니다."),
    "declined": ("Forgotten.", "지웠습니다."),
    "blocked": ("{handle} is blocked.", "{handle} 님을 차단했습니다."),
    "room-created": ("Made the room {title}.", "{title} 방을 만들었습니다."),
    "room-changed": ("Done.", "바꿨습니다."),
    "leaving": (
        "Asked to leave; another member carries it out.",
        "나가겠다고 알렸습니다. 다른 사람의 기기가 처리합니다.",
    ),
    "sent": ("Sent.", "보냈습니다."),
    "delivered": ("Delivered.", "도착했습니다."),
    "queued": (
        "Stored; it goes out with the next command that reaches the relay.",
        "저장했습니다. 다음에 연결될 때 나갑니다.",
    ),
    "synced": ("Everything has gone out and come in.", "보낼 것은 다 보냈고 받을 것은 다 받았습니다."),
    "offline": (
        "The relay is out of reach; this is what is here already.",
        "릴레이에 연결할 수 없어 저장된 것만 보여 줍니다.",
    ),
    "passphrase": ("Passphrase", "암호"),
    "new-passphrase": ("New passphrase", "새 암호"),
    "repeat-passphrase": ("The same again", "한 번 더"),
    "ask-phrase": ("The 24 words", "24개 낱말"),
    "event-joined": ("* you are in {room}", "* {room} 방에 들어왔습니다"),
    "event-member-added": ("* {handle} is in {room}", "* {handle} 님이 {room} 방에 들어왔습니다"),
    "event-member-removed": ("* {handle} is out of {room}", "* {handle} 님이 {room} 방에서 나갔습니다"),
    "event-room-changed": ("* {room} changed", "* {room} 방이 바뀌었습니다"),
    "event-removed": ("* you were removed from {room}", "* {room} 방에서 내보내졌습니다"),
    "event-left": ("* you left {room}", "* {room} 방에서 나왔습니다"),
    "event-contact-request": ("* {handle} asks to talk: {greeting}", "* {handle} 님의 대화 신청: {greeting}"),
    "event-contact-accepted": ("* you can talk with {handle}", "* {handle} 님과 대화할 수 있습니다"),
    "event-room-request": (
        "* {handle} invites you into {name} ({id})",
        "* {handle} 님이 {name} 방({id})에 초대했습니다",
    ),
    "event-relay-lost-box": (
        "* the relay lost what it kept of {room}; it is being put back",
        "* 릴레이가 {room} 방의 것을 잃었습니다. 다시 채우고 있습니다",
    ),
    "event-rejoined": ("* this device is back in {room}", "* 이 기기가 {room} 방으로 돌아왔습니다"),
    "event-events-forgotten": (
        "! what happened earlier is not in the log any more; the rooms have their messages",
        "! 더 이전의 일은 기록에 남아 있지 않습니다. 메시지는 방에 있습니다",
    ),
    "event-warning": ("! {code} {detail}", "! 주의: {code} {detail}"),
    "event-failed": ("! a message to {room} was refused", "! {room} 방에 보낸 메시지가 거절되었습니다"),
    "no-lines": ("Nothing here yet.", "아직 아무것도 없습니다."),
    "unread": ("{count} unread", "안 읽음 {count}"),
}
"""key → (English, Korean)."""

ERRORS_KO: Final[Mapping[str, tuple[str, str]]] = {
    "profile-in-use": ("다른 프로그램이 이 프로필을 쓰고 있습니다", "그 프로그램을 닫고 다시 하세요"),
    "profile-missing": ("여기에 프로필이 없습니다", "먼저 계정을 만들거나 --profile로 있는 프로필을 가리키세요"),
    "wrong-passphrase": ("암호가 맞지 않습니다", "한/영 자판과 대문자를 확인하세요"),
    "passphrase-needed": ("암호가 필요합니다", "--passphrase-file 또는 NULLA_PASSPHRASE_FILE을 쓰세요"),
    "stale-profile": ("되돌려진 복사본으로 보입니다", "24개 낱말로 이 기기를 새로 설정하세요"),
    "no-account": ("이 프로필에는 계정이 없습니다", "먼저 만드세요: nulla account create 이름@릴레이"),
    "account-exists": ("이 프로필에는 이미 계정이 있습니다", "다른 계정에는 다른 프로필을 쓰세요"),
    "no-such-room": ("그런 방이 없습니다", "방 목록을 보세요: nulla room list"),
    "no-such-contact": ("그런 상대가 없습니다", "먼저 신청하고 상대가 받아들여야 대화할 수 있습니다"),
    "not-in-room": ("더 이상 이 방에 있지 않습니다", "방의 관리자에게 다시 초대해 달라고 하세요"),
    "not-allowed": ("방의 규칙이 허락하지 않습니다", "방의 관리자에게 부탁하세요"),
    "last-admin": ("마지막 관리자입니다", "먼저 다른 관리자를 정하세요"),
    "ambiguous": ("여러 개에 들어맞습니다", ""),
    "unknown-handle": ("그런 이름으로 등록된 사람이 없습니다", "철자와 @ 뒤의 릴레이 이름을 확인하세요"),
    "unreachable": ("릴레이에 연결할 수 없습니다", "잃은 것은 없습니다. 다시 시도됩니다"),
    "timed-out": ("릴레이가 제때 답하지 않았습니다", "잃은 것은 없습니다. 다시 시도됩니다"),
    "pending-still": ("아직 끝나지 않았습니다", "저장되어 있으니 다음에 연결될 때 나갑니다"),
    "refused": ("릴레이가 거절했습니다", ""),
    "bad-phrase": ("24개 낱말이 맞지 않습니다", "낱말을 모두 차례대로 적으세요"),
    "bug": ("프로그램 안에서 잘못되었습니다", "어떤 명령이었는지 알려 주세요"),
}
"""code → (sentence, hint); an empty hint keeps the error's own, which may list choices."""


def say(key: str, language: Language, **values: object) -> str:
    """The sentence for ``key``."""
    return SENTENCES[key][language == "ko"].format(**values)


def translated_error(error: NullabonaError, language: Language) -> str:
    """As ``error.render()``, in the person's language where there is a translation."""
    if language != "ko" or error.code not in ERRORS_KO:
        return error.render()
    sentence, hint = ERRORS_KO[error.code]
    hint = hint or error.hint
    text = f"오류: {sentence} ({error.message}) [{error.code}]"
    return f"{text}\n\n도움말: {hint}" if hint else text


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a person's environment."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "ko" if locale.startswith("ko") else "en"
