"""What the command line says of what happens: events as they come, and lines that a device writes into a room."""

from __future__ import annotations

from typing import Final

HAPPENINGS: Final[dict[str, tuple[str, str]]] = {
    "phase-joined": ("joined", "참여 중"),
    "phase-removed": ("removed", "내보내짐"),
    "phase-left": ("left", "나감"),
    "phase-away": ("away", "돌아가는 중"),
    "phase-request": ("invitation", "초대받음"),
    "phase-imported": ("imported", "가져옴"),
    "state-waiting": ("waiting", "기다림"),
    "state-failed": ("failed", "보내지 못함"),
    "state-received": ("received", "받음"),
    "admin": ("admin", "관리자"),
    "contact-requested": ("asked", "요청 보냄"),
    "contact-asking": ("asking", "요청 받음"),
    "contact-accepted": ("accepted", "수락함"),
    "contact-blocked": ("blocked", "차단함"),
    "status-handle": ("handle", "아이디"),
    "status-published": ("published", "명함"),
    "status-yes": ("yes", "올림"),
    "status-no": ("not yet", "아직 안 올림"),
    "status-outbox": ("outbox", "보낼 것"),
    "status-connected": ("connected", "연결됨"),
    "status-apart": ("not connected", "연결 안 됨"),
    "lane-inbox": ("inbox", "우편함"),
    "lane-rooms": ("rooms", "대화방"),
    "event-wish-refused": (
        "* the link of {handle} does not lead in: `nulla room asked` says why",
        "* {handle} 님의 링크로 들어갈 수 없습니다. `nulla room asked`가 까닭을 보여 줍니다",
    ),
    "event-operator-notice": (
        "* your operator tells of a demand about this account: nulla operator-notices list",
        "* 운영자가 이 계정에 관한 요청을 알렸습니다: nulla operator-notices list",
    ),
    "notices-pin": (
        "If you have its policy in a way you trust: nulla record pin FILE",
        "믿을 수 있는 방법으로 정책을 받았다면: nulla record pin 파일",
    ),
    "event-joined": ("* you are in {room}", "* {room} 방에 들어왔습니다"),
    "event-member-added": ("* {handle} is in {room}", "* {handle} 님이 {room} 방에 들어왔습니다"),
    "event-member-removed": ("* {handle} is out of {room}", "* {handle} 님이 {room} 방에서 나갔습니다"),
    "event-room-changed": ("* {room} changed", "* {room} 방이 바뀌었습니다"),
    "event-removed": ("* you were removed from {room}", "* {room} 방에서 내보내졌습니다"),
    "event-left": ("* you left {room}", "* {room} 방에서 나왔습니다"),
    "event-contact-request": ("* {handle} asks to talk: {greeting}", "* {handle} 님의 대화 요청: {greeting}"),
    "event-card-checked-proven": (
        "* the public record confirms {handle}",
        "* 공개 기록에서 {handle} 님을 확인했습니다",
    ),
    "event-card-checked-promised": (
        "* {handle} is new; the directory has signed that it enters the public record",
        "* {handle} 님은 새 계정이고, 디렉터리가 공개 기록에 올리겠다고 서명했습니다",
    ),
    "event-card-checked-refuted": (
        "! the public record has another card for {handle}, or none: do not answer",
        "! 공개 기록에는 {handle}의 다른 명함이 있거나 명함이 없습니다. 답하지 마세요",
    ),
    "event-contact-accepted": ("* you can talk with {handle}", "* {handle} 님과 대화할 수 있습니다"),
    "event-room-request": (
        "* {handle} invites you into {name} ({id})",
        "* {handle} 님이 {name} 방({id})에 초대했습니다",
    ),
    "event-relay-lost-box": (
        "* the relay lost what it kept of {room}; it is being put back",
        "* 릴레이가 {room} 방의 것을 잃었습니다. 다시 채우고 있습니다",
    ),
    "event-relay-moved": (
        "* your inbox is at {relay} now; rooms that others decide about follow them",
        "* 이제 {relay}에서 받습니다. 다른 사람이 정하는 방은 그 사람을 따라갑니다",
    ),
    "event-room-moved": ("* {room} now lives at {relay}", "* {room} 방은 이제 {relay}에 있습니다"),
    "event-rejoined": ("* this device is back in {room}", "* 이 기기가 {room} 방으로 돌아왔습니다"),
    "event-events-forgotten": (
        "! what happened earlier is not in the log any more; the rooms have their messages",
        "! 더 이전의 일은 기록에 남아 있지 않습니다. 메시지는 방에 있습니다",
    ),
    "event-identity-changed": (
        "! the handle {handle} leads to other keys than those you know: nulla contact verify {handle}",
        "! {handle} 아이디의 열쇠가 알던 것과 다릅니다: nulla contact verify {handle}",
    ),
    "event-failed": ("! a message to {room} was refused", "! {room} 방에 보낸 메시지가 거절되었습니다"),
    "notice-created": ("{name} made the room", "{name} 님이 방을 만들었습니다"),
    "notice-joined": ("you are in, invited by {name}", "{name} 님의 초대로 들어왔습니다"),
    "notice-joined-nobody": ("you are in", "방에 들어왔습니다"),
    "notice-member-added": ("{name} added {others}", "{name} 님이 {others} 님을 초대했습니다"),
    "notice-member-removed": ("{name} removed {others}", "{name} 님이 {others} 님을 내보냈습니다"),
    "notice-left": ("{name} left", "{name} 님이 나갔습니다"),
    "notice-removed": ("{name} removed you", "{name} 님이 나를 내보냈습니다"),
    "notice-removed-nobody": ("you are out of the room", "방에서 나왔습니다"),
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
    "notice-device-renewed": ("a device of {name} has a new key", "{name} 님 기기의 열쇠가 바뀌었습니다"),
    "notice-relay-changed": ("this room now lives at {text}", "이 방은 이제 {text}에 있습니다"),
    "notice-relay-lost-box": ("the relay lost the room; it is put back", "릴레이가 방을 잃어 다시 채웁니다"),
    "notice-warning": ("warning: {text}", "주의: {text}"),
    "notice-card-changed": (
        "the directory shows a card of {name} that does not follow the known one",
        "디렉터리에 올라온 {name} 님의 명함이 알던 것에 이어지지 않습니다",
    ),
    "notice-identity-changed": (
        "! the handle of {name} leads to other keys: somebody else, or a new account of theirs",
        "! {name} 님의 아이디가 다른 열쇠를 가리킵니다. 다른 사람이거나 새 계정입니다",
    ),
    "notice-accepted": ("you and {name} can talk now", "이제 {name} 님과 대화할 수 있습니다"),
}
