"""What stands in exported rooms beside what people said, as (English, Korean)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXPORT: Final[Mapping[str, tuple[str, str]]] = {
    "rooms": ("Conversations", "대화"),
    "of": ("What {handle} has on this device", "{handle}의 기기에 있는 대화"),
    "lines": ("{count} lines", "{count}줄"),
    "newer": ("Newer", "다음"),
    "older": ("Older", "이전"),
    "all": ("All conversations", "모든 대화"),
    "page": ("Page {page} of {pages}", "{pages}쪽 가운데 {page}쪽"),
    "members": ("With {names}", "함께한 사람: {names}"),
    "deleted": ("(deleted)", "(삭제된 메시지)"),
    "edited": ("edited", "수정됨"),
    "forwarded": ("forwarded", "전달됨"),
    "unsent": ("not sent", "보내지 못함"),
    "pinned": ("pinned", "고정됨"),
    "answer": ("Answer to {name}: {text}", "{name}에게 답장: {text}"),
    "gone": ("Answer to a message that is not here", "여기에 없는 메시지에 답장"),
    "not-here": ("not on this device", "이 기기에 없음"),
    "notice-created": ("{name} made the room", "{name} 님이 방을 만들었습니다"),
    "notice-joined": ("You are in, invited by {name}", "{name} 님의 초대로 들어왔습니다"),
    "notice-joined-nobody": ("You are in", "방에 들어왔습니다"),
    "notice-member-added": ("{name} added {others}", "{name} 님이 {others} 님을 초대했습니다"),
    "notice-member-removed": ("{name} removed {others}", "{name} 님이 {others} 님을 내보냈습니다"),
    "notice-left": ("{name} left", "{name} 님이 나갔습니다"),
    "notice-removed": ("{name} removed you", "{name} 님이 나를 내보냈습니다"),
    "notice-removed-nobody": ("You are out of the room", "방에서 나왔습니다"),
    "notice-renamed": ("{name} called the room {text}", "{name} 님이 방 이름을 바꿨습니다: {text}"),
    "notice-admin-added": ("{name} made {others} admin", "{name} 님이 {others} 님을 관리자로 정했습니다"),
    "notice-admin-followed": (
        "{name} is admin now: no other was left",
        "{name} 님이 관리자가 되었습니다: 남은 관리자가 없었습니다",
    ),
    "notice-admin-removed": (
        "{name} took admin rights from {others}",
        "{name} 님이 {others} 님의 관리자 권한을 거두었습니다",
    ),
    "notice-timer-changed": (
        "{name} set messages to disappear after {text} s (0: never)",
        "{name} 님이 메시지가 {text}초 뒤 사라지게 했습니다 (0: 사라지지 않음)",
    ),
    "notice-device-added": ("{name} has a new device", "{name} 님이 새 기기를 쓰기 시작했습니다"),
    "notice-device-removed": ("{name} gave up a device", "{name} 님이 기기 하나를 뺐습니다"),
    "notice-device-renewed": ("A device of {name} has a new key", "{name} 님 기기의 열쇠가 바뀌었습니다"),
    "notice-relay-changed": ("This room now lives at {text}", "이 방은 이제 {text}에 있습니다"),
    "notice-relay-lost-box": ("The relay lost the room; it is put back", "릴레이가 방을 잃어 다시 채웁니다"),
    "notice-warning": ("Warning: {text}", "주의: {text}"),
    "notice-card-changed": (
        "The directory shows a card of {name} that does not follow the known one",
        "디렉터리에 올라온 {name} 님의 명함이 알던 것에 이어지지 않습니다",
    ),
    "notice-identity-changed": (
        "The handle of {name} leads to other keys: somebody else, or a new account of theirs",
        "{name} 님의 아이디가 다른 열쇠를 가리킵니다. 다른 사람이거나 새 계정입니다",
    ),
    "notice-accepted": ("You can talk now", "이제 대화할 수 있습니다"),
    "notice-other": ("{name} {text}", "{name} {text}"),
}
