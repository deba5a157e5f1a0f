"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Final

from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.search import Finding
from nullabona.drills.stolen_device.findings import Later, Stolen
from nullabona.drills.stolen_device.scenario import play
from nullabona.drills.stolen_device.scene import PERIOD_S

_SLACK_S: Final = 20.0
"""A busy machine's, beside the two periods within which an owner's device must tell of a card it did not make."""


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no further than the lines of ``only`` need. Raises what goes wrong."""
    return report_of(play(tell, only)).only(only)


def report_of(stolen: Stolen) -> Report:
    """The report of what came of it."""
    report = Report("stolen-device", Text("A stolen device", "도둑맞은 기기"))
    report.section("Locked: its files", "잠긴 기기의 파일", _locked(stolen))
    report.section("Open: the past", "열린 기기의 과거", _past(stolen))
    report.section("Open: the future", "열린 기기의 앞날", _future(stolen))
    report.section("The account's secret", "계정의 비밀", _secret(stolen))
    report.section(
        "The only device, and its account restored elsewhere",
        "하나뿐인 기기와, 다른 데서 되살린 계정",
        _elsewhere(stolen),
    )
    report.checks = [_check(id, stolen) for id in _CLAIMS]
    locked, opened = stolen.locked, stolen.opened
    report.data = {
        "locked": {"files": locked.files, "searched_bytes": locked.searched.bytes,
                   "seconds_a_try": round(locked.each_s, 2), "kib_a_try": locked.price.memory_kib,
                   "passes_a_try": locked.price.passes, "keys": locked.keys,
                   "found": _labels(locked.findings)},
        "opened": {"bytes": opened.bytes, "kept": opened.kept, "memory_searched": opened.memory_read,
                   "deleted_found": _labels(opened.deleted), "deleted_in_memory": opened.in_memory,
                   "deleted_in_index": opened.indexed_gone, "just_deleted_found": _labels(opened.late),
                   "pages_in_the_log": opened.late_logged},
        "kept_copies": {"revoked": asdict(stolen.future.kept), "removed": asdict(stolen.secret.kept)},
        "asked_for_a_way_back": stolen.future.asked,
        "seconds": {"revoked": round(stolen.future.out_s, 1), "owner_warned": round(stolen.secret.warned_s, 1),
                    "restored_and_thief_out": round(stolen.elsewhere.back_s, 1)},
        "period_s": PERIOD_S,
    }  # fmt: skip
    return report


def _labels(findings: list[Finding]) -> list[str]:
    return sorted({finding.label for finding in findings})


# -- for people ---------------------------------------------------------------------------------------------------


def _locked(stolen: Stolen) -> Iterator[Text]:
    locked = stolen.locked
    found = ", ".join(_labels(locked.findings))
    size = f"{locked.searched.bytes / 1_000_000:.1f} MB"
    yield Text(
        f"Copied while it ran, once it was idle and when it was off, {size} searched for messages, names, rooms, words "
        f"and {locked.keys} private keys: {found or 'nothing'}",
        f"켜진 채로, 한가할 때, 끈 뒤에 복제해 {size}에서 메시지, 이름, 방, 24개 단어, 비밀 열쇠 {locked.keys}개를 "
        f"찾음: {found or '없음'}",
    )
    missed = ", ".join(locked.missed)
    yield Text(
        "The same search of the decrypted pages finds messages and keys" + (f", but NOT {missed}" if missed else ""),
        "풀어낸 페이지에서는 같은 검색이 메시지와 열쇠를 찾음" + (f" (못 찾은 것: {missed})" if missed else ""),
    )
    files = ", ".join(f"{name} {size:,} B" for name, size in locked.files.items())
    yield Text(f"What can be seen: its files and their sizes ({files})", f"보이는 것: 파일 이름과 크기 ({files})")
    memory, passes = locked.price.memory_kib // 1_024, locked.price.passes
    yield Text(
        f"{locked.tried} wrong passphrases refused; a try cost {locked.each_s:.2f} s, {passes} passes and "
        f"{memory} MiB here (Argon2id)",
        f"틀린 암호 {locked.tried}개 거절됨; 한 번에 {locked.each_s:.2f}초, 패스 {passes}번, {memory} MiB가 듦 "
        "(Argon2id)",
    )
    picked = locked.picked
    opened = Text("ONE OPENS IT", "그중 하나로 열림") if picked.opened else Text("none opens it", "하나도 열지 못함")
    yield Text(
        f"{picked.tried} keys that nobody told the thief (zeros, constants, what stands in its files and in those of a "
        f"profile of the thief's own): {opened.en}",
        f"아무도 알려 주지 않은 열쇠 {picked.tried}개(0, 상수, 그 파일과 도둑 자신의 프로필에 있는 것): {opened.ko}",
    )


def _past(stolen: Stolen) -> Iterator[Text]:
    opened = stolen.opened
    found = ", ".join(_labels(opened.deleted))
    yield Text(
        f"{opened.kept} of {opened.of} messages that nobody deleted are there, and the account's secret",
        f"아무도 지우지 않은 메시지 {opened.of}개 중 {opened.kept}개와 계정의 비밀이 있음",
    )
    yield Text(
        "Deleted for all, deleted here, disappeared, once its program was idle and after it had ended, in "
        f"{opened.bytes:,} B of decrypted pages: {found or 'nothing'}",
        "모두에게서 지운 것, 여기서 지운 것, 사라진 것: 프로그램이 한가할 때와 끝난 뒤, 풀어낸 "
        f"{opened.bytes:,} B에서 {found or '없음'}",
    )
    words = ", ".join(opened.indexed_gone)
    yield Text(f"Words of theirs by which its index finds something: {words or 'none'}",
               f"색인에 남은 그 말의 조각: {words or '없음'}")  # fmt: skip
    late = ", ".join(_labels(opened.late))
    yield Text(
        f"Deleted right before, while its program ran with {opened.late_logged} pages in the write-ahead log: "
        f"{late or 'nothing'}",
        f"프로그램이 돌 때 방금 지운 것, 미리 쓰기 로그에 {opened.late_logged}쪽: {late or '없음'}",
    )
    if not opened.memory_read:
        yield Text("Memory of the running program: NOT searched, no permission (root is needed)",
                   "실행 중인 프로그램의 메모리: 권한이 없어(root 필요) 검색하지 못함")  # fmt: skip
        return
    there = ", ".join(opened.in_memory)
    yield Text(
        f"In the memory of the program while it ran, of what had been deleted seconds before: {there or 'nothing'}",
        f"실행 중인 프로그램의 메모리에서, 몇 초 전에 지운 것: {there or '없음'}",
    )


def _future(stolen: Stolen) -> Iterator[Text]:
    future = stolen.future
    yield Text("While nobody had noticed, the thief heard what was said, and was taken for the owner",
               "아무도 모르는 동안 도둑은 대화를 듣고, 주인으로 여겨짐")  # fmt: skip
    yield Text(
        f"{future.out_s:.1f} s after the owner revoked the device, it was in no room any more, and heard nothing more",
        f"주인이 그 기기를 내보낸 지 {future.out_s:.1f}초 뒤 어느 방에도 없고, 더 듣지 못함",
    )
    yield _copy(future.kept, Text("A copy from before, which forgot no key", "그 전에 떠 둔, 열쇠를 잊지 않은 복제본"))
    back = Text("it came back", "다시 들어옴") if future.returned else Text("nobody let it in", "아무도 들이지 않음")
    before = Text("which had brought it back before", "내보내기 전에는 통하던 것")
    if not future.came_back:
        before = Text("which had NOT brought it back before", "내보내기 전에도 통하지 않던 것")
    yield Text(
        f"It asked members for a way back {future.asked} times, {before.en}: {back.en}",
        f"돌아갈 길을 {future.asked}번 물음 ({before.ko}): {back.ko}",
    )


def _copy(later: Later, what: Text) -> Text:
    """What somebody reads by hand whom a member gives everything but the keys of MLS."""
    stays = Text("a copy of one who stayed in reads it", "남은 사람의 복제본은 읽음")
    if not later.control:
        stays = Text("a copy of one who stayed in does NOT read it", "남은 사람의 복제본도 못 읽음")
    return Text(
        f"{what.en}, given each box since by a member: {later.opened} of {later.opened + later.closed} opened "
        f"({later.out} of {later.rooms} rooms tell it of its end); {stays.en}",
        f"{what.ko}에 참여자가 이후의 상자를 모두 넘겨도: {later.opened + later.closed}개 중 {later.opened}개 열림 "
        f"(방 {later.rooms}개 중 {later.out}개가 끝을 알림); {stays.ko}",
    )


def _secret(stolen: Stolen) -> Iterator[Text]:
    secret = stolen.secret
    yield Text(
        f"The thief published a card that names a machine of theirs: the owner's device told of it after "
        f"{secret.warned_s:.1f} s [{secret.warning or 'NOT TOLD'}] (a period of {PERIOD_S} s; an operator's default is "
        "600 s)",
        f"도둑이 자기 기기를 적은 명함을 올림: 주인의 기기가 {secret.warned_s:.1f}초 뒤 알림 "
        f"[{secret.warning or '알리지 않음'}] (회차 간격 {PERIOD_S}초; 기본값은 600초)",
    )
    came = Text("With it, it came back into the rooms and heard again", "그 명함으로 방에 다시 들어와 들음")
    if not secret.came_back:
        came = Text("It did not come back into the rooms", "방에 다시 들어오지는 못함")
    ended = Text("once an admin had removed the account it was out", "관리자가 계정을 내보내자 끝남")
    if not secret.ended:
        ended = Text("removing the account did NOT end it", "계정을 내보내도 끝나지 않음")
    yield Text(f"{came.en}; {ended.en}", f"{came.ko}; {ended.ko}")
    yield _copy(secret.kept, Text("A copy of it from before", "그 전에 떠 둔 복제본"))


def _elsewhere(stolen: Stolen) -> Iterator[Text]:
    elsewhere = stolen.elsewhere
    if elsewhere.back_s:
        yield Text(
            f"From a backup: back in her rooms, and the stolen device out of them, after {elsewhere.back_s:.1f} s",
            f"백업으로: {elsewhere.back_s:.1f}초 뒤 방에 돌아오고, 도둑맞은 기기는 나감",
        )
    else:
        yield Text("From a backup: the stolen device was NOT revoked", "백업으로: 도둑맞은 기기가 나가지 않음")
    heard = Text("went on hearing", "계속 들음") if elsewhere.words_thief_heard else Text("heard nothing", "듣지 못함")
    ended = Text("once she had asked a contact to talk, she was back and it heard nothing more",
                 "주인이 대화 상대에게 대화를 청하자 주인은 돌아오고 그 기기는 더 듣지 못함")  # fmt: skip
    if not (elsewhere.words_ended and elsewhere.words_owner_heard):
        ended = Text("asking a contact to talk did NOT end it", "대화 상대에게 대화를 청해도 끝나지 않음")
    yield Text(
        f"From the 24 words alone: the stolen device {heard.en} in her rooms; {ended.en}",
        f"단어 스물네 개만으로: 도둑맞은 기기가 방에서 {heard.ko}; {ended.ko}",
    )


# -- claims -------------------------------------------------------------------------------------------------------


def _check(id: str, stolen: Stolen) -> Check:
    if id == "D-07" and not stolen.opened.memory_read:
        why = Text("memory not searched: no permission", "메모리를 검색하지 못함: 권한 없음")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    if id == "D-23" and not stolen.opened.late:
        why = Text("it had been put away already, each time", "매번 이미 정리된 뒤였음")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    found = ", ".join(_labels(_leaks(id, stolen)))
    return Check.of(id, _CLAIMS[id].with_list(found), held=_HELD[id](stolen))


def _leaks(id: str, stolen: Stolen) -> list[Finding]:
    return {"D-10": stolen.locked.findings, "D-11": stolen.opened.deleted}.get(id, [])


def _owner_was_told(stolen: Stolen) -> bool:
    secret = stolen.secret
    return secret.warning == "foreign-entry" and 0 < secret.warned_s <= 2 * PERIOD_S + _SLACK_S


_HELD: Final[dict[str, Callable[[Stolen], bool]]] = {
    "D-01": lambda s: s.opened.kept == s.opened.of > 0 and s.future.heard and s.future.posed,
    "D-02": lambda s: (
        s.locked.tried == s.locked.wrong > 0
        and s.locked.each_s > 0
        and s.locked.price.enough
        and not s.locked.picked.opened
        and not s.locked.picked.alike
    ),
    "D-03": lambda s: s.opened.unprotected,
    "D-04": lambda s: (
        s.opened.secret and _owner_was_told(s) and s.secret.came_back and s.secret.heard and s.secret.ended
    ),
    "D-07": lambda s: s.opened.memory_read,
    "D-08": lambda s: s.elsewhere.words_thief_heard and s.elsewhere.words_ended and s.elsewhere.words_owner_heard,
    "D-10": lambda s: (
        s.locked.searched.bytes > 0
        and not s.locked.findings
        and s.locked.tried > 0
        and s.locked.picked.tried > 0
        and not s.locked.picked.opened
        and s.locked.keys > 0
        and not s.locked.missed
    ),
    "D-11": lambda s: (
        s.opened.kept > 0
        and not s.opened.deleted
        and not s.opened.unread
        and not s.opened.logged
        and s.opened.indexed
        and not s.opened.indexed_gone
    ),
    "D-13": lambda s: (
        s.future.owner_heard
        and s.future.stayed
        and not s.future.heard_after
        and s.future.out_s > 0
        and s.future.kept.worthless
    ),
    "D-14": lambda s: s.future.came_back and s.future.asked > 0 and not s.future.returned,
    "D-20": lambda s: s.elsewhere.back_s > 0 and s.elsewhere.owner_heard and not s.elsewhere.thief_heard,
    "D-23": lambda s: s.opened.late_logged > 0 and bool(s.opened.late),
    "R-14": lambda s: s.secret.kept.worthless,
}
_CLAIMS: Final = {
    "D-01": Text("An open profile shows what nobody deleted; its thief hears what is said and poses as the owner until "
                 "the device is revoked.",
                 "열린 기기에는 지우지 않은 것이 다 보이고, 내보낼 때까지 엿듣고 주인인 척할 수 있음."),
    "D-02": Text("Passphrases of a locked profile can be tried, at the cost of Argon2id each (three passes "
                 "over 64 MiB at least).",
                 "잠긴 기기의 암호를 하나씩, Argon2id 비용(64 MiB, 세 번 이상)을 치르며 시험해 볼 수 있음."),
    "D-03": Text("A profile without protection opens by itself.", "보호하지 않은 기기는 그냥 열림."),
    "D-04": Text("The account's secret makes cards, and with them a way back into rooms; the owner's devices tell of "
                 "it within periods, and removing the account from a group ends it there.",
                 "계정의 비밀로 명함을 만들고 방에 다시 들어올 수 있음. 주인의 기기가 곧 알리고, 그룹에서 계정을 "
                 "내보내면 끝남."),
    "D-07": Text("The memory of a running program holds what was shown, and may for a while hold what was deleted.",
                 "실행 중인 프로그램의 메모리에는 보인 것이 있고, 지운 것도 한동안 남아 있을 수 있음."),
    "D-08": Text("After an account came back from its words alone, a stolen device hears on in its rooms until the "
                 "owner asks a contact there to talk.",
                 "단어만으로 되살린 뒤에는, 주인이 그 방에 있는 대화 상대에게 대화를 청할 때까지 도둑맞은 기기가 계속 "
                 "들을 수 있음."),
    "D-10": Text("Nothing can be read in the files of a locked profile, copied running or off.",
                 "잠긴 기기의 파일은 켜진 채로든 끈 뒤든 읽을 수 없음."),
    "D-11": Text("Messages that were deleted or have disappeared are not in the files of a profile, nor their words in "
                 "its index, once its program was idle or had ended in good order.",
                 "지웠거나 사라진 메시지는, 프로그램이 한가해졌거나 제대로 끝난 뒤에는 열린 기기의 파일과 색인에도 "
                 "없음."),
    "D-13": Text("A device that was revoked hears nothing more, nor does a copy of it that forgot no key.",
                 "내보낸 기기도, 열쇠를 잊지 않은 그 복제본도 더 이상 듣지 못함."),
    "D-14": Text("It does not come back by asking.", "다시 들여 달라고 해도 들어오지 못함."),
    "D-20": Text("Once the account came back from a backup elsewhere, the stolen device is revoked and hears nothing "
                 "more.",
                 "다른 데서 백업으로 되살리면 도둑맞은 기기는 나가고 더 이상 듣지 못함."),
    "D-23": Text("What was deleted a moment ago lies in the files of a profile while its program runs, or if it was "
                 "killed, until that is idle.",
                 "프로그램이 돌고 있거나 강제로 끝났으면, 방금 지운 것은 한가해질 때까지 열린 기기의 파일에 있음."),
    "R-14": Text("A removed member who kept everything reads nothing that is said after it.",
                 "모든 것을 간직한 내보낸 사람도 이후의 말은 읽지 못함."),
}  # fmt: skip
