"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from nullabona.drills.lost_directory.findings import Lost
from nullabona.drills.lost_directory.scenario import DAYS, play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text

_BACK_WITHIN: Final = 4
"""Periods, and the seconds beside them, within which a device that is online must have put its card back."""
_SLACK_S: Final = 20.0


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell))


def report_of(lost: Lost) -> Report:
    """The report of what came of it."""
    report = Report("lost-directory", Text("The directory's machine is lost", "디렉터리의 기계를 잃었을 때"))
    report.section(
        f"How long it took (a period of {lost.period_s} s; an operator's default is 600 s)",
        f"걸린 시간 (회차 간격 {lost.period_s}초; 기본값은 600초)",
        _times(lost),
    )
    report.section("An old copy of the record", "기록의 옛 사본", _old_copy(lost))
    report.section("What did not come back", "돌아오지 않은 것", _gone(lost))
    report.checks = [Check.of(id, text, held=_HELD[id](lost)) for id, text in _CLAIMS.items()]
    report.data = msgspec.to_builtins(lost)
    return report


def _times(lost: Lost) -> Iterator[Text]:
    yield Text(
        f"{lost.heard} of {lost.said} messages said while it was gone were heard; the last {lost.talked_s:.1f} s after",
        f"디렉터리가 없는 동안의 메시지 {lost.said}개 중 {lost.heard}개가 닿음; 마지막은 {lost.talked_s:.1f}초 뒤",
    )
    yield Text(
        f"The record of {lost.entries} entries was served again after {lost.served_s:.1f} s, with the next epoch",
        f"항목 {lost.entries}개의 기록이 {lost.served_s:.1f}초 뒤 다음 회차와 함께 다시 열림",
    )
    for name in ("mina", "jun"):
        seconds = lost.back.get(name, 0.0)
        yield Text(
            f"{name}'s device, online all the time, had put the card back after {seconds:.1f} s, by itself",
            f"계속 켜져 있던 {name}의 기기는 {seconds:.1f}초 뒤 스스로 명함을 다시 올림",
        )
    yield Text(
        f"nari's device, off when it happened, did so {lost.back.get('nari', 0.0):.1f} s after it was switched on",
        f"그때 꺼져 있던 nari의 기기는 켜진 지 {lost.back.get('nari', 0.0):.1f}초 만에 다시 올림",
    )


def _old_copy(lost: Lost) -> Iterator[Text]:
    code = lost.refused.error if lost.refused else "-"
    yield Text(
        f"A copy with {lost.lacking} of {lost.entries} entries: `nulla log restore` refuses it [{code}]",
        f"항목 {lost.entries}개 중 {lost.lacking}개만 있는 사본: nulla log restore가 거절함 [{code}]",
    )
    yield Text(
        f"Taken all the same: the witnesses did not cosign it ({lost.forced or 'NOT SEEN'}), whoever copies the record "
        f"stopped [{lost.copier_saw}], a look-up gave nothing [{lost.forced_shown}]",
        f"억지로 쓴 결과: 증인이 서명하지 않고({lost.forced or '확인 못함'}), 사본을 두는 쪽은 멈추고 "
        f"[{lost.copier_saw}], 조회는 아무것도 얻지 못함 [{lost.forced_shown}]",
    )


def _gone(lost: Lost) -> Iterator[Text]:
    yield Text(
        f"The hold on a deleted handle: refused before [{lost.before.get('dora', '')}], free afterwards",
        f"삭제된 이름의 보류: 이전에는 거절 [{lost.before.get('dora', '')}], 이후에는 누구나 가져감",
    )
    yield Text(
        "The handle of an owner who was away: somebody quicker had it; a contact was told "
        f"[{lost.contact_saw}], and so was the owner when she came back",
        f"꺼져 있던 주인의 이름: 먼저 온 남이 가져감; 아는 사람과 [{lost.contact_saw}] 돌아온 주인에게 알림이 감",
    )
    gaps = sorted(name for name, codes in lost.told.items() if "record-gap" in codes)
    yield Text(
        "The days of registration, and the history that owners check; whoever had not looked through the last epochs "
        f"was told of a gap ({', '.join(gaps) or '-'})",
        f"등록일과 주인이 확인하던 이력; 마지막 회차를 아직 보지 못한 기기에는 공백을 알림 ({', '.join(gaps) or '-'})",
    )


# -- claims -------------------------------------------------------------------------------------------------------


def _nobody_is_found(lost: Lost) -> bool:
    return bool(lost.unknown and lost.unregistered)


def _handle_was_taken(lost: Lost) -> bool:
    noticed = lost.contact_saw == "card-forked" and "card-not-ours" in lost.told.get("sora", [])
    return lost.after.get("sora") == "" and noticed


def _hold_and_history_are_gone(lost: Lost) -> bool:
    hold_is_gone = lost.before.get("dora") == "handle-taken" and lost.after.get("dora") == ""
    days_are_gone = bool(lost.days) and all(after >= before + DAYS for before, after in lost.days.values())
    return hold_is_gone and days_are_gone and "record-gap" in lost.told.get("nari", [])


def _old_copy_is_the_end(lost: Lost) -> bool:
    return lost.forced == "has-more" and lost.forced_shown != "shown"


def _everybody_was_heard(lost: Lost) -> bool:
    return lost.heard == lost.said > 0


def _cards_are_back(lost: Lost) -> bool:
    soon = _BACK_WITHIN * lost.period_s + _SLACK_S
    online = all(0 < lost.back.get(name, 0.0) <= lost.served_s + soon for name in ("mina", "jun"))
    return online and 0 < lost.back.get("nari", 0.0) <= soon and len(lost.found) == 3 and all(lost.found.values())


def _the_log_goes_on(lost: Lost) -> bool:
    refused = lost.refused is not None and lost.refused.error == "log-behind"
    restored = lost.restored is not None and (lost.restored.code, lost.restored.size) == (0, lost.entries)
    noticed = lost.copier_saw == "log-rolled-back" and _old_copy_is_the_end(lost)
    return refused and noticed and restored and lost.grown > lost.entries and not lost.forged


_HELD: Final[dict[str, Callable[[Lost], bool]]] = {
    "G-01": _nobody_is_found,
    "G-02": _handle_was_taken,
    "G-03": _hold_and_history_are_gone,
    "G-04": _old_copy_is_the_end,
    "G-10": _everybody_was_heard,
    "G-11": _cards_are_back,
    "G-12": _the_log_goes_on,
}
_CLAIMS: Final = {
    "G-01": Text("While it is gone nobody new is found, and nobody can register.",
                 "없는 동안에는 새 사람을 찾거나 등록할 수 없음."),
    "G-02": Text("Afterwards the handle of an owner who is away is free until they come back; those who knew them, and "
                 "they themselves, notice if somebody else took it.",
                 "그 뒤 꺼져 있는 주인의 이름은 돌아올 때까지 비어 있음. 남이 가져가면 아는 사람과 주인이 알아챔."),
    "G-03": Text("Holds on deleted handles, days of registration and the history that owners check are gone.",
                 "삭제된 이름의 보류, 등록일, 주인이 확인하던 이력은 사라짐."),
    "G-04": Text("Where every copy of the record lacks an epoch that was cosigned, the record cannot go on.",
                 "공동 서명된 회차가 모든 사본에 빠져 있으면 그 기록은 이어 갈 수 없음."),
    "G-10": Text("Losing the directory silences nobody: rooms do not need it.",
                 "디렉터리를 잃어도 대화는 계속됨: 대화방은 디렉터리가 없어도 됨."),
    "G-11": Text("Cards are not lost: owners' devices put them back by themselves, and they are found again.",
                 "명함은 사라지지 않음: 주인의 기기가 스스로 다시 올리고, 다시 찾을 수 있음."),
    "G-12": Text("A shorter record is refused by the program that restores it, by its witnesses and by whoever copies "
                 "it; the true one goes on where it was.",
                 "더 짧은 기록은 되살리는 프로그램, 증인, 사본을 두는 쪽이 모두 거절하고, 참된 기록은 그대로 이어짐."),
}  # fmt: skip
