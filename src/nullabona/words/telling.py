"""What a person is told unasked: warnings by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from nullabona.words.errors import Language

Level: TypeAlias = Literal["news", "warning", "grave"]

TOLD: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "card-changed": (
        (
            "The directory shows a card of {handle} that does not follow the known one.",
            "It is not used. Ask them whether they published one, and compare safety numbers.",
        ),
        (
            "디렉터리에 올라온 {handle} 님의 명함이 알던 것에 이어지지 않아요.",
            "그 명함은 쓰지 않아요. 본인이 올린 것인지 물어보고 안전 번호를 비교해 보세요.",
        ),
    ),
    "handle-of-contact": (
        ("Somebody else now has the handle {handle}.", "Ask your contact in another way what happened."),
        ("{handle} 아이디를 다른 사람이 쓰고 있어요.", "상대에게 다른 방법으로 무슨 일인지 물어보세요."),
    ),
    "invitation-refused": (
        ("An invitation could not be followed.", "Ask whoever sent it to invite you again."),
        ("초대를 따라갈 수 없었어요.", "초대한 사람에게 다시 초대해 달라고 하세요."),
    ),
    "two-versions": (
        ("{handle} invites you into another version of this room.", "Ask both inviters in another way, then answer."),
        ("{handle} 님이 이 방의 다른 버전으로 초대했어요.", "초대한 두 분에게 직접 물어보고 답하세요."),
    ),
    "alone-on-branch": (
        ("Nobody else is in this version of the room.", "Ask its members to add you again."),
        ("이 방에 혼자 남은 것 같아요.", "다른 사람에게 다시 초대해 달라고 하세요."),
    ),
    "no-way-back": (
        ("This device cannot find its way back into a room.", "Ask a member to add you again."),
        ("이 기기가 방으로 돌아가지 못했어요.", "방에 있는 사람에게 다시 초대해 달라고 하세요."),
    ),
    "relay-showed-different-histories": (
        (
            "The relay showed different members different histories.",
            "Your devices sort it out; consider another relay.",
        ),
        ("릴레이가 사람마다 다른 기록을 보여 줬어요.", "기기들이 스스로 바로잡아요. 다른 릴레이를 고려해 보세요."),
    ),
    "room-forked": (
        ("A room had two versions for a while; it is one again.", ""),
        ("방이 잠시 둘로 갈라졌다가 다시 하나가 되었어요.", ""),
    ),
    "ticket-refused": (
        ("A device could not be let back into a room.", ""),
        ("어떤 기기가 방으로 돌아오지 못했어요.", ""),
    ),
    "card-not-found": (
        ("{handle} was not found.", "The invitation waits until the directory shows them."),
        ("{handle} 님을 찾지 못했어요.", "디렉터리에 나타날 때까지 초대가 기다려요."),
    ),
    "card-not-ours": (
        ("The directory shows a card of ours that this device did not make.", "Was the account restored elsewhere?"),
        ("이 기기가 만들지 않은 내 명함이 디렉터리에 있어요.", "다른 기기에서 계정을 되찾았나요?"),
    ),
    "card-refuted": (
        (
            "Somebody claims the handle {handle}, and the public record says otherwise.",
            "Do not answer. If you know the person, ask them in another way.",
        ),
        (
            "누군가 {handle} 아이디를 쓴다고 하지만 공개 기록에는 다른 명함이 있거나 명함이 없어요.",
            "답하지 마세요. 아는 사람이라면 다른 방법으로 물어보세요.",
        ),
    ),
    "card-from-before": (
        (
            "The directory is out of reach; {handle} was added with the card known from before.",
            "If they changed devices since, add them again later.",
        ),
        (
            "디렉터리에 연결할 수 없어 {handle} 님을 전에 알던 명함으로 초대했어요.",
            "그 사이 기기를 바꿨다면 나중에 다시 초대하세요.",
        ),
    ),
    "copied-back": (
        (
            "This device's folder is an older copy of itself.",
            "Its chats get new keys before anything is sent; they go on when somebody in them is online.",
        ),
        (
            "이 기기의 폴더는 예전에 복사해 둔 것이에요.",
            "무엇을 보내기 전에 대화방마다 열쇠를 새로 받아요. 방에 있는 사람의 앱이 켜지면 이어져요.",
        ),
    ),
    "history-failed": (
        ("What was said before could not be taken over from the other device ({reason}).", "Link the device anew."),
        ("다른 기기에서 지난 대화를 받지 못했어요 ({reason}).", "기기를 다시 연결해 보세요."),
    ),
    "signed-out": (
        (
            "This device is none of your account's any more.",
            "If neither another device of yours did that nor you restored the account, somebody has your 24 words.",
        ),
        (
            "이 기기는 이제 계정에서 나왔어요.",
            "내가 다른 기기에서 한 일이 아니라면, 누군가 24개 단어를 가진 거예요.",
        ),
    ),
    "history-whole": (
        ("All {count} messages from before are here.", ""),
        ("지난 메시지 {count}개를 모두 받았어요.", ""),
    ),
    "answer-failed": (
        ("Your yes to {handle} could not be carried out ({reason}).", "Ask them to write again."),
        ("{handle} 님에게 수락을 전하지 못했어요 ({reason}).", "다시 요청해 달라고 하세요."),
    ),
    "card-promised": (
        (
            "The card of {handle} is new and does not stand in the public record yet.",
            "The directory has promised in writing to enter it; this device looks whether it does.",
        ),
        (
            "{handle} 님의 명함은 새것이라 아직 공개 기록에 없어요.",
            "디렉터리가 곧 올리겠다고 서명했고, 이 기기가 지켜지는지 확인해요.",
        ),
    ),
    "not-witnessed": (
        (
            "The directory at {host} shows a record that its witnesses have not signed.",
            "Nothing of it was believed. It may show you something else than it shows others.",
        ),
        (
            "{host} 디렉터리가 증인들의 서명이 없는 기록을 보여 줬어요.",
            "아무것도 믿지 않았어요. 나에게만 다른 내용을 보여 주는 것일 수 있어요.",
        ),
    ),
    "log-forked": (
        (
            "The directory at {host} shows two different histories of its public record.",
            "It cannot be trusted. The evidence is kept on this device: nulla record evidence.",
        ),
        (
            "{host} 디렉터리의 공개 기록이 서로 다른 두 갈래로 나타났어요.",
            "믿을 수 없는 디렉터리예요. 증거를 이 기기에 남겼어요: nulla record evidence.",
        ),
    ),
    "log-rolled-back": (
        (
            "The directory at {host} shows an older state of its public record than before.",
            "Nothing of it was believed. Ask its operator; the evidence is kept on this device.",
        ),
        (
            "{host} 디렉터리가 전보다 오래된 공개 기록을 보여 줬어요.",
            "아무것도 믿지 않았어요. 운영자에게 물어보세요. 증거는 이 기기에 있어요.",
        ),
    ),
    "log-stale": (
        (
            "The public record of the directory at {host} has stopped.",
            "Check this device's clock. Until the record goes on, nothing new is believed.",
        ),
        (
            "{host} 디렉터리의 공개 기록이 멈췄어요.",
            "이 기기의 시계를 확인하세요. 기록이 이어질 때까지 새로운 것은 믿지 않아요.",
        ),
    ),
    "log-replaced": (
        (
            "The directory at {host} shows another public record, or other keys, than before.",
            "Ask its operator in another way. Only if they began a new one: nulla record forget {host}.",
        ),
        (
            "{host} 디렉터리의 공개 기록이나 열쇠가 전과 다른 것으로 바뀌었어요.",
            "운영자에게 다른 방법으로 물어보세요. 새로 시작한 것이 맞을 때만: nulla record forget {host}.",
        ),
    ),
    "card-not-in-log": (
        (
            "A card that was shown does not stand in the public record.",
            "Nothing of it was believed. Compare safety numbers before you write something that matters.",
        ),
        (
            "보여 준 명함이 공개 기록에 없어요.",
            "아무것도 믿지 않았어요. 중요한 이야기를 하기 전에 안전 번호를 비교해 보세요.",
        ),
    ),
    "foreign-entry": (
        (
            "The public record has an entry for {handle} that this device did not make (epoch {epoch}).",
            "Unless you restored the account elsewhere, somebody poses as you. Tell your contacts.",
        ),
        (
            "공개 기록에 이 기기가 만들지 않은 {handle} 항목이 있어요 (회차 {epoch}).",
            "다른 기기에서 계정을 되찾은 게 아니라면 누군가 나인 척하고 있어요. 대화 상대에게 알리세요.",
        ),
    ),
    "promise-broken": (
        (
            "The directory promised to enter the card of {handle} in its public record and did not.",
            "The signed promise is kept as evidence: nulla record evidence. Compare safety numbers.",
        ),
        (
            "디렉터리가 {handle} 님의 명함을 공개 기록에 올리겠다는 약속을 어겼어요.",
            "서명된 약속을 증거로 남겼어요: nulla record evidence. 안전 번호를 비교하세요.",
        ),
    ),
    "promise-invalid": (
        (
            "The directory at {host} showed a card that is neither in its public record nor promised.",
            "Nothing of it was believed.",
        ),
        ("{host} 디렉터리가 공개 기록에도 없고 약속도 하지 않은 명함을 보여 줬어요.", "아무것도 믿지 않았어요."),
    ),
    "record-gap": (
        (
            "The directory cannot prove what its public record had for {handle} some time ago.",
            "Entries in between were not looked through. Compare safety numbers with those you talk to.",
        ),
        (
            "디렉터리가 얼마 전까지의 {handle} 공개 기록을 증명하지 못해요.",
            "그 사이의 항목은 확인하지 못했어요. 대화 상대와 안전 번호를 비교하세요.",
        ),
    ),
    "record-withheld": (
        (
            "The directory at {host} answers, but does not tell what its public record has for {handle}.",
            "A false card would go unseen. Ask its operator; if it stays, compare safety numbers.",
        ),
        (
            "{host} 디렉터리가 응답은 하면서 {handle} 공개 기록은 알려 주지 않아요.",
            "거짓 명함이 있어도 알아챌 수 없어요. 운영자에게 물어보고, 계속되면 대화 상대와 안전 번호를 비교하세요.",
        ),
    ),
    "card-refused": (
        ("The directory does not take this account's card.", "Choose another handle, or ask the operator."),
        ("디렉터리가 이 계정의 명함을 받지 않았어요.", "다른 아이디를 고르거나 운영자에게 문의하세요."),
    ),
    "refused": (
        ("The relay will not take something of ours ({code}).", ""),
        ("릴레이가 보낸 것을 거절했어요 ({code}).", ""),
    ),
    "change-failed": (
        ("A change of the room could not be made.", "See whether it still makes sense, and try again."),
        ("방을 바꾸지 못했어요.", "아직 필요한 변경인지 보고 다시 시도하세요."),
    ),
    "relay-lost-box": (
        ("The relay lost what it kept of a room; it is being put back.", "Nothing of yours is lost."),
        ("릴레이가 방의 내용을 잃어버려서 다시 채우고 있어요.", "잃어버린 메시지는 없어요."),
    ),
    "relay-moved": (
        ("Your inbox is at {relay} now.", "Rooms that you decide about went there too; others follow their admins."),
        ("이제 {relay}에서 받아요.", "내가 정하는 방도 함께 옮겼고, 다른 방은 관리자를 따라가요."),
    ),
    "relay-refused": (
        (
            "A card of this account names {relay}, which this device does not go to.",
            "See whether your devices are all yours.",
        ),
        ("이 계정의 명함에 적힌 {relay}에는 이 기기가 가지 않아요.", "모르는 기기가 있는지 기기 목록을 보세요."),
    ),
    "relay-rings-falsely": (
        (
            "{relay} said three times that something was new where nothing was.",
            "It may want to see what this device reads. What comes from there comes within a minute from now on.",
        ),
        (
            "{relay}에서 새것이 없는데도 있다고 세 번 알렸어요.",
            "이 기기가 무엇을 읽는지 보려는 것일 수 있어요. 이제 그곳의 메시지는 1분 안에 와요.",
        ),
    ),
    "relay-untrusted": (
        ("Something stands between this device and the relay.", "Nothing was sent. Try another network."),
        ("이 기기와 릴레이 사이에 무언가 끼어들었어요.", "아무것도 보내지 않았어요. 다른 네트워크를 써 보세요."),
    ),
    "operator-notice-unchecked": (
        (
            "Something came that says it is a notice of your operator at {host}, and this device cannot check it.",
            "It is not shown. Get the operator's policy in a way you trust: nulla record pin FILE.",
        ),
        (
            "{host} 운영자의 통지라는 것이 왔지만 이 기기가 확인할 수 없어요.",
            "보여 주지 않아요. 운영자의 정책을 믿을 수 있는 방법으로 받으세요: nulla record pin 파일.",
        ),
    ),
    "operator-notice-unwitnessed": (
        (
            "Your operator at {host} sent a notice from a docket log that its witnesses have not signed.",
            "It is not shown. It may keep a log for you that nobody else sees: nulla record evidence.",
        ),
        (
            "{host} 운영자가 증인들의 서명이 없는 기록부로 통지를 보냈어요.",
            "보여 주지 않아요. 나에게만 다른 기록부를 보여 주는 것일 수 있어요: nulla record evidence.",
        ),
    ),
    "docket-forked": (
        (
            "The docket log of your operator at {host} has two different histories.",
            "It cannot be trusted. The evidence is kept on this device: nulla record evidence.",
        ),
        (
            "{host} 운영자의 기록부가 서로 다른 두 갈래로 나타났어요.",
            "믿을 수 없는 기록부예요. 증거를 이 기기에 남겼어요: nulla record evidence.",
        ),
    ),
    "docket-rolled-back": (
        (
            "The docket log of your operator at {host} has fewer entries than before.",
            "It cannot be trusted. The evidence is kept on this device: nulla record evidence.",
        ),
        (
            "{host} 운영자의 기록부가 전보다 짧아졌어요.",
            "믿을 수 없는 기록부예요. 증거를 이 기기에 남겼어요: nulla record evidence.",
        ),
    ),
    "docket-unproven": (
        (
            "Your operator at {host} does not show that its docket log is still the one this device saw before.",
            "It may keep a log for you that nobody else sees. Ask why; what it signed is kept: nulla record evidence.",
        ),
        (
            "{host} 운영자가 기록부를 보여 주지 않아, 전에 본 기록부가 맞는지 알 수 없어요.",
            "나에게만 다른 기록부를 보여 주는 것일 수 있어요. 까닭을 물어보세요. 증거: nulla record evidence.",
        ),
    ),
    "undeliverable": (
        ("{handle} was not found; what was meant for them waits no longer.", "Check the handle, and do it again."),
        ("{handle} 님을 찾지 못해 보내려던 것을 그만두었어요.", "아이디를 확인하고 다시 해 보세요."),
    ),
    "endpoint-refused": (
        ("This device does not connect to the address of a relay.", "It uses wss:// and https:// only."),
        ("이 기기가 연결하지 않는 릴레이 주소예요.", "wss://와 https:// 주소에만 연결해요."),
    ),
    "unreachable": (
        ("A relay could not be reached.", "Nothing is lost; it is tried again."),
        ("릴레이에 연결하지 못했어요.", "잃은 것은 없어요. 저절로 다시 시도해요."),
    ),
    "timed-out": (
        ("A relay did not answer in time.", "Nothing is lost; it is tried again."),
        ("릴레이가 제때 답하지 않았어요.", "잃은 것은 없어요. 저절로 다시 시도해요."),
    ),
    "unregistered": (
        (
            "The relay has not been reached yet.",
            "The handle is registered once it is. Until then nobody can find you.",
        ),
        (
            "릴레이에 아직 연결하지 못했어요.",
            "연결되면 아이디가 등록돼요. 그 전에는 다른 사람이 나를 찾을 수 없어요.",
        ),
    ),
    "malformed": (
        ("The relay sent something that makes no sense.", "Nothing of it was used."),
        ("릴레이가 이해할 수 없는 것을 보냈어요.", "아무것도 쓰지 않고 버렸어요."),
    ),
}
"""code → ((sentence, hint) in English, in Korean); what stands in braces comes with the warning."""
GRAVE: Final = frozenset({
    "docket-forked", "docket-rolled-back", "docket-unproven", "operator-notice-unwitnessed",
    "not-witnessed", "log-forked", "log-rolled-back", "log-replaced", "card-not-in-log", "foreign-entry",
    "promise-broken", "promise-invalid", "card-refuted", "signed-out",
})  # fmt: skip
"""Warnings that stay until the person has put them away: somebody lies."""
NEWS: Final = frozenset({
    "history-whole", "relay-moved", "room-forked", "card-promised", "relay-lost-box", "card-not-found",
    "card-from-before", "unreachable", "timed-out", "unregistered",
})  # fmt: skip
"""Good or ordinary: nothing for the person to do."""
_UNREACHED: Final = frozenset({"unreachable", "timed-out"})
_OTHER: Final = (
    ("Something is not as it should be ({code}).", ""),
    ("무언가 제대로 되지 않았어요 ({code}).", ""),
)


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def told(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    sentence, hint = TOLD.get(code, _OTHER)[language == "ko"]
    known = _Known({"code": code} | {key: str(value) for key, value in values.items()})
    return sentence.format_map(known), hint.format_map(known)


def level_of(code: str) -> Level:
    """How loudly a warning is told."""
    return "grave" if code in GRAVE else "news" if code in NEWS else "warning"


def met(code: str, *, published: bool) -> str:
    """The code of what it means to the person: a relay out of reach is more to an account that is not published yet."""
    return "unregistered" if code in _UNREACHED and not published else code
