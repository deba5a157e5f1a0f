"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from nullabona.drills.removal.findings import Hunted, Removal
from nullabona.drills.removal.scenario import BLOCKED_S, NAMED, play
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.search import Kind


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need. Raises what goes wrong."""
    return report_of(play(tell, only)).only(only)


def report_of(removal: Removal) -> Report:
    """The report of what came of it."""
    report = Report(
        "removal", Text("An order to find and delete a message and a picture", "메시지와 사진을 찾아 지우라는 요구")
    )
    report.section(
        "Looked for, with the exact words and bytes at hand", "문구와 바이트를 그대로 받아 찾은 결과", _sought(removal)
    )
    report.section("With everybody's names at hand", "모두의 이름을 받아 찾은 결과", _named(removal))
    report.section("With a member who turned informant", "참여자 한 명이 정보원이 되었을 때", _hunted(removal))
    report.section("A member who was removed before", "그 전에 내보낸 사람", _out(removal))
    report.checks = [_check(id, removal) for id in _CLAIMS]
    report.data = {
        "searched_bytes": removal.sought.searched.bytes,
        "memory_searched": removal.sought.memory,
        "found": sorted({f"{found.label} in {found.source}" for found in removal.sought.findings}),
        "hunted": {name: msgspec.to_builtins(hunted) or {} for name, hunted in _all_hunted(removal).items()},
        "blocked": {"for_s": BLOCKED_S, "state": removal.blocked, "came_when_sent_again": removal.again},
        "removed_member": msgspec.to_builtins(removal.out),
    }
    return report


def _all_hunted(removal: Removal) -> dict[str, Hunted | None]:
    return {"frame": removal.frame, "spoiled": removal.spoiled, "box": removal.box, "trimmed": removal.trimmed,
            "chunk": removal.chunk}  # fmt: skip


# -- for people ---------------------------------------------------------------------------------------------------


def _sought(removal: Removal) -> Iterator[Text]:
    size = f"{removal.sought.searched.bytes / 1_000_000:.1f} MB"
    found = ", ".join(sorted({finding.label for finding in removal.sought.findings}))
    yield Text(
        f"Message, room name and picture (parts and hash, as taken and as members have it) in {size}: "
        f"{'FOUND ' + found if found else 'nothing'}",
        f"{size}에서 메시지, 방 이름, 사진(조각과 해시, 원본과 참여자가 가진 것): "
        f"{'발견 ' + found if found else '없음'}",
    )
    if not removal.sought.memory:
        yield Text(
            "Memory: NOT searched, no permission (root is needed)", "메모리: 권한이 없어(root 필요) 검색하지 못함"
        )


def _named(removal: Removal) -> Iterator[Text]:
    for report in removal.warrants:
        waiting = report.data["inbox"]["waiting"]
        yield Text(
            f"{report.data['handle']}: the public card and an inbox with {waiting} sealed item(s); no message, no room",
            f"{report.data['handle']}: 공개 명함과 봉인된 항목 {waiting}개의 우편함; 메시지도 대화방도 없음",
        )


_WHAT: Final = {
    "frame": Text(
        "The message's ciphertext, handed over: that frame erased", "넘겨받은 메시지의 암호문: 그 프레임을 지움"
    ),
    "spoiled": Text(
        "Another message's ciphertext: other bytes in its place", "다른 메시지의 암호문: 엉뚱한 바이트로 바꿈"
    ),
    "box": Text("The box's address: the whole box erased", "상자의 주소: 상자를 통째로 지움"),
    "trimmed": Text(
        "The box's secrets: emptied by the informant, without the operator", "상자의 비밀: 운영자 없이 정보원이 비움"
    ),
    "chunk": Text("The picture's hash: its chunk erased", "사진의 해시: 그 조각을 지움"),
}


def _hunted(removal: Removal) -> Iterator[Text]:
    for name, hunted in _all_hunted(removal).items():
        if hunted is not None:
            yield _describe(_WHAT[name], hunted)
    state = Text("did not get it", "받지 못함") if removal.blocked != "here" else Text("HAD IT", "받음")
    again = Text("came at once when it was sent once more, under other hashes", "다시 보내니 다른 해시로 곧 도착함")
    if not removal.again:
        again = Text("DID NOT COME when it was sent once more", "다시 보내도 도착하지 않음")
    yield Text(
        f"A second picture, its hashes on a list for {BLOCKED_S:.0f} s: who had been away {state.en}; whoever had it "
        f"kept it; it {again.en}",
        f"둘째 사진, 해시를 {BLOCKED_S:.0f}초 동안 목록에 둠: 꺼져 있던 사람은 {state.ko}; 이미 받은 사람은 그대로 "
        f"가짐; {again.ko}",
    )


def _describe(what: Text, hunted: Hunted) -> Text:
    kept = Text("those who had it kept it", "가진 사람은 그대로 가짐")
    if not hunted.kept:
        kept = Text("those who had it LOST it", "가진 사람도 잃음")
    came = Text(
        f"who had been away had it {hunted.seconds:.1f} s after coming back",
        f"꺼져 있던 사람은 돌아온 지 {hunted.seconds:.1f}초 안에 받음",
    )
    if not hunted.arrived:
        came = Text("it did NOT come to who had been away", "꺼져 있던 사람에게 오지 않음")
    elif not hunted.in_order:
        came = Text(f"{came.en}, in another order than others", f"{came.ko} (순서는 다를 수 있음)")
    told = f"; {', '.join(hunted.told)}" if hunted.told else ""
    return Text(
        f"{what.en} ({hunted.erased}): {kept.en}; {came.en}{told}",
        f"{what.ko} ({hunted.erased}): {kept.ko}; {came.ko}{told}",
    )


def _out(removal: Removal) -> Iterator[Text]:
    out = removal.out
    yield Text(
        f"She read {out.read} frames in the box of her time, put {out.filled} of her own in, and erased what was "
        "there; nobody was harmed",
        f"자기가 있던 때의 상자에서 프레임 {out.read}개를 읽고, {out.filled}개를 넣고, 있던 것을 지움; 아무도 해를 "
        "입지 않음",
    )
    yield Text(
        f"She has the {out.had} messages of her time and none later, and does not know the room's present box",
        f"자기가 있던 때의 메시지 {out.had}개만 있고 이후 것은 없으며, 지금의 상자를 모름",
    )
    if out.emptied:
        yield Text("Once everybody had caught up, her box was empty", "모두가 따라잡은 뒤 그 상자는 비워짐")
    else:
        yield Text("Her box was not emptied while the drill ran", "연습이 끝날 때까지 그 상자는 비워지지 않음")


# -- claims -------------------------------------------------------------------------------------------------------


def _check(id: str, removal: Removal) -> Check:
    held = _HELD[id](removal)
    if held and id in _IN_MEMORY and not removal.sought.memory:
        why = Text("memory not searched: no permission", "메모리를 검색하지 못함: 권한 없음")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    return Check.of(id, _CLAIMS[id].with_list("" if held else ", ".join(_discovered(id, removal))), held=held)


def _discovered(id: str, removal: Removal) -> Iterator[str]:
    """What was found or computed, where a line says that nothing can be."""
    labels = sorted({finding.label for finding in removal.sought.findings})
    if id == "X-11":
        yield from (label for label in labels if "the picture" in label)
        if removal.computed_chunk:
            yield "the chunk of a picture that is known"
    elif id == "X-12":
        yield from (label for label in labels if NAMED in label)
        if removal.computed_box:
            yield "the box of two people who are known"
    elif id == "X-04" and removal.opened_alike:
        yield "boxes that open alike"
    elif id == "X-03" and not removal.other_hashes:
        yield "the same hashes when it is sent once more"


def _found(removal: Removal, *kinds: Kind) -> bool:
    return any(finding.kind in kinds for finding in removal.sought.findings)


def _labelled(removal: Removal, words: str) -> bool:
    return any(words in finding.label for finding in removal.sought.findings)


def _hit(hunted: Hunted | None) -> bool:
    return hunted is not None and hunted.erased > 0


def _survived(hunted: Hunted | None) -> bool:
    return hunted is not None and hunted.erased > 0 and hunted.kept and hunted.arrived


def _told(hunted: Hunted | None, code: str) -> bool:
    return hunted is not None and code in hunted.told


_SOME: Final = 2
"""Boxes that can have something in common."""
_IN_MEMORY: Final = frozenset({"X-10", "X-11"})
_HELD: Final[dict[str, Callable[[Removal], bool]]] = {
    "X-01": lambda r: len(r.warrants) == 4 and all("inbox" in report.data for report in r.warrants),
    "X-02": lambda r: _survived(r.chunk),
    "X-03": lambda r: r.blocked not in {"", "here"} and r.blocked_kept and r.again and r.other_hashes,
    "X-04": lambda r: _hit(r.frame) and _hit(r.spoiled) and _hit(r.box) and (r.boxes < _SOME or r.opened_alike == 0),
    "X-10": lambda r: r.sought.able and not _found(r, Kind.TEXT, Kind.ROOM) and not _labelled(r, "the message"),
    "X-11": lambda r: r.sought.able and not _labelled(r, "the picture") and not r.computed_chunk,
    "X-12": lambda r: len(r.warrants) == 4 and not r.yielded and not _labelled(r, NAMED) and not r.computed_box,
    "X-13": lambda r: all(_survived(hunted) for hunted in (r.frame, r.box, r.trimmed)),
    "X-14": lambda r: _survived(r.spoiled) and not r.reworded,
    "X-15": lambda r: (
        _told(r.box, "relay-lost-box")
        and all(_told(hunted, "relay-showed-different-histories") for hunted in (r.frame, r.spoiled, r.trimmed))
    ),
    "R-02": lambda r: (
        min(r.out.read, r.out.filled, r.out.had) > 0 and r.out.erased and not r.out.later and not r.out.knows
    ),
}
_CLAIMS: Final = {
    "X-01": Text("The operator can find the public cards of people who are named, and their inboxes.",
                 "이름이 적힌 사람의 공개 명함과 우편함은 찾을 수 있음."),
    "X-02": Text("The chunk of a file can be erased by its exact hash, if a member names it; whoever has the file "
                 "keeps it, and its sender puts the chunk back for whoever lacks it.",
                 "참여자가 해시를 알려 주면 파일 조각을 지울 수 있음. 가진 사람은 그대로 갖고 보낸 사람이 다시 올림."),
    "X-03": Text("With a list of hashes it can be kept from those who have not got it, until it is sent once more: "
                 "then it has other hashes.",
                 "해시 목록으로 아직 못 받은 사람에게서 막을 수 있으나, 다시 보내면 해시가 달라짐."),
    "X-04": Text("A frame can be erased by its exact ciphertext, a whole box by its address, if a member names them.",
                 "참여자가 알려 주면 암호문으로 프레임 하나를, 주소로 상자 하나를 지울 수 있음."),
    "X-10": Text("A message cannot be found by its words.", "문구로 메시지를 찾을 수 없음."),
    "X-11": Text("A picture cannot be found by its bytes or its hash.", "바이트나 해시로 사진을 찾을 수 없음."),
    "X-12": Text("Nothing can be found by the names of sender and recipients but their cards.",
                 "보낸 사람과 받은 사람의 이름으로 명함 외에는 아무것도 찾을 수 없음."),
    "X-13": Text("A message cannot be made to disappear, even by erasing its frame or its whole box: everybody has it, "
                 "once.",
                 "프레임이나 상자를 지워도 메시지를 없앨 수 없음: 모두가 한 번씩 받음."),
    "X-14": Text("A message cannot be altered: bytes in its place are not believed, and it comes all the same.",
                 "메시지를 바꿀 수 없음: 바꿔치기한 바이트는 통하지 않고 메시지는 그대로 도착함."),
    "X-15": Text("None of it happens to a box unnoticed: members' devices tell that the relay lost it or showed "
                 "different histories.",
                 "상자에 손대면 참여자의 기기가 알아채고 알림."),
    "R-02": Text("A removed member knows the boxes of their time, reads them until they are emptied, and may fill or "
                 "empty them; it shows nothing later and harms nobody.",
                 "내보낸 사람은 자기가 있던 때의 상자를 알고, 비워질 때까지 읽고, 채우거나 비울 수 있으나, 이후 것은 "
                 "못 보고 아무도 해치지 못함."),
}  # fmt: skip
