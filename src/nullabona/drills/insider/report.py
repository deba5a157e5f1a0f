"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import starmap
from typing import Any, Final

from nullabona.drills.insider.findings import Attack, Inside, Storm
from nullabona.drills.insider.scenario import play
from nullabona.drills.insider.storming import BACK_WITHIN_S, REMOVED_WITHIN_S
from nullabona.drills.insider.village import HEARD_WITHIN_S
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text

MOST_MS: Final = 4.0
"""Most time of a processor that a hostile frame of 512 bytes may cost a reader: what is no message costs no more than
one that is."""
MOST_CALLS: Final = 2.0
"""Most calls of the crate for each such frame."""
MOST_BACK_CALLS: Final = 500
"""Of the crate, by who comes back to all the rooms that stormed."""


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need. Raises what goes wrong."""
    return report_of(play(tell, only, _may_hold)).only(only)


def _may_hold(inside: Inside, line: str) -> bool:
    """Whether a line of the attacks did not fail so far."""
    tried = [getattr(inside, name) for name in _TRIES.get(line, ())]
    return all(attack.harmless for attack in tried if attack.begun)


def report_of(inside: Inside) -> Report:
    """The report of what came of it."""
    report = Report("insider", Text("Members turn their secrets against the room", "참여자가 가진 비밀로 방을 공격함"))
    attacks = [(what, attack) for what, attack in zip(_WHAT, _all(inside), strict=True) if attack.begun]
    report.section(
        "Attacks on one room, and what came of each", "한 방에 대한 공격과 그 결과", starmap(_describe, attacks)
    )
    report.section("Who will not go", "나가지 않으려는 사람", map(_storm, inside.storms))
    report.section("Figures", "수치", _figures(inside))
    report.checks = [Check.of(id, text, held=_HELD[id](inside)) for id, text in _CLAIMS.items()]
    report.data = {
        "attacks": {name: asdict(attack) for name, attack in zip(_NAMES, _all(inside), strict=True)},
        "storms": [asdict(storm) for storm in inside.storms],
        "figures": _data(inside),
    }
    return report


_NAMES: Final = (
    "named_removed",
    "named",
    "led",
    "invited",
    "claimed",
    "burned",
    "burned_removed",
    "lured",
    "lured_removed",
)


def _all(inside: Inside) -> list[Attack]:
    return [getattr(inside, name) for name in _NAMES]


def _data(inside: Inside) -> dict[str, Any]:
    return {
        "removal_s": {f"{storm.rate:.0f}": round(storm.removed_s, 1) for storm in inside.storms},
        "longest_away_s": round(inside.longest_away, 1),
        "ms_a_frame": round(_dearest(inside).ms_a_frame, 2),
        "calls_a_frame": round(_dearest(inside).calls / max(1, _dearest(inside).frames), 2),
        "us_a_byte": round(1_000_000 * _dearest(inside).cpu_s / max(1, _dearest(inside).bytes), 1),
    }


def _dearest(inside: Inside) -> Attack:
    return max((inside.burned, inside.burned_removed), key=lambda attack: attack.ms_a_frame)


# -- for people ---------------------------------------------------------------------------------------------------

_WHAT: Final = (
    Text("Frames in everybody's name, by one who was removed", "내보낸 사람이 모두의 이름으로 넣은 프레임"),
    Text("Frames in everybody's name, by a member", "참여자가 모두의 이름으로 넣은 프레임"),
    Text("A word that the room moved, and the way to a branch with another admin",
         "방이 옮겨 갔다는 말과, 관리자가 다른 갈래로 가는 길"),
    Text("An invitation into the room one is in", "이미 있는 방으로의 초대"),
    Text("Claims that ever other commits won", "다른 커밋이 이겼다는 거듭된 주장"),
    Text("Frames far ahead in somebody's ratchet, by a member", "참여자가 넣은, 래칫의 먼 위치를 대는 프레임"),
    Text("The same by one who was removed", "내보낸 사람이 넣은 같은 프레임"),
    Text("Items that name a machine of the sender's, by a member", "참여자가 보낸, 자기 컴퓨터를 대는 요청"),
    Text("The same by one who was removed", "내보낸 사람이 보낸 같은 요청"),
)  # fmt: skip


def _describe(what: Text, attack: Attack) -> Text:
    if not attack.frames:
        return Text(f"{what.en}: COULD NOT BE TRIED any more", f"{what.ko}: 더는 시도할 수 없었음")
    came = Text(f"what was said then came after {attack.heard:.1f} s", f"그때 한 말은 {attack.heard:.1f}초 뒤 도착함")
    if attack.heard < 0:
        came = Text(f"what was said then did NOT come within {HEARD_WITHIN_S:.0f} s",
                    f"그때 한 말이 {HEARD_WITHIN_S:.0f}초 안에 오지 않음")  # fmt: skip
    lost = Text("nobody lost the room", "방을 잃은 사람 없음")
    if attack.away or attack.away_s:
        who = ", ".join(attack.away) or "-"
        lost = Text(f"WITHOUT THE ROOM for {attack.away_s:.1f} s; afterwards: {who}",
                    f"{attack.away_s:.1f}초 동안 방을 잃음; 그 뒤: {who}")  # fmt: skip
    if attack.misled:
        who = ", ".join(attack.misled)
        lost = Text(f"MISLED: {who}", f"잘못 이끌린 사람: {who}")
    return Text(
        f"{what.en} ({attack.frames} frames, {attack.bytes:,} bytes): {came.en}; {lost.en}",
        f"{what.ko} (프레임 {attack.frames}개, {attack.bytes:,}바이트): {came.ko}; {lost.ko}",
    )


def _storm(storm: Storm) -> Text:
    out = Text(f"out after {storm.removed_s:.1f} s", f"{storm.removed_s:.1f}초 뒤 나감")
    if storm.removed_s < 0:
        out = Text(f"STILL IN after {REMOVED_WITHIN_S:.0f} s", f"{REMOVED_WITHIN_S:.0f}초 뒤에도 남아 있음")
    back = Text(f"who was away had caught up after {storm.back_s:.1f} s",
                f"꺼져 있던 사람은 {storm.back_s:.1f}초에 따라잡음")  # fmt: skip
    if storm.back_s < 0:
        back = Text(f"who was away did NOT catch up within {BACK_WITHIN_S:.0f} s",
                    f"꺼져 있던 사람이 {BACK_WITHIN_S:.0f}초 안에 따라잡지 못함")  # fmt: skip
    return Text(
        f"{storm.rate:.0f} commits a second, {storm.commits} in all: {out.en}; {back.en}",
        f"1초에 커밋 {storm.rate:.0f}번, 모두 {storm.commits}번: {out.ko}; {back.ko}",
    )


def _figures(inside: Inside) -> Iterator[Text]:
    data = _data(inside)
    if inside.lured_to:
        who = ", ".join(sorted(set(inside.lured_to)))
        yield Text(f"CONNECTED to the sender's machine: {who}", f"보낸 사람의 컴퓨터에 접속함: {who}")
    times = ", ".join(f"{seconds} s ({rate}/s)" for rate, seconds in data["removal_s"].items())
    if times:
        yield Text(f"Time to removal: {times}", f"내보내기까지: {times}")
    yield Text(f"Longest time without a room: {data['longest_away_s']} s",
               f"방 없이 지낸 가장 긴 시간: {data['longest_away_s']}초")  # fmt: skip
    if not _dearest(inside).frames:
        return
    yield Text(
        f"Work of a reader for a hostile frame: {data['ms_a_frame']} ms, {data['calls_a_frame']} calls; for a byte "
        f"{data['us_a_byte']} µs",
        f"적대적 프레임 하나에 드는 일: {data['ms_a_frame']} ms, 호출 {data['calls_a_frame']}번; 바이트당 "
        f"{data['us_a_byte']} µs",
    )


# -- claims -------------------------------------------------------------------------------------------------------


def _cheap(attack: Attack) -> bool:
    few = attack.ms_a_frame <= MOST_MS and attack.calls <= MOST_CALLS * attack.frames
    return attack.harmless and few


def _lured(inside: Inside) -> bool:
    return inside.lured.harmless and inside.lured_removed.harmless and not inside.lured_to


_TRIES: Final = {
    "F-11": ("lured", "lured_removed"),
    "R-17": ("named_removed", "burned_removed"),
    "E-30": ("named",),
    "E-31": ("led", "invited"),
    "E-32": ("claimed",),
    "E-33": ("burned",),
}
_HELD: Final[dict[str, Callable[[Inside], bool]]] = {
    "F-11": _lured,
    "R-17": lambda i: i.named_removed.harmless and _cheap(i.burned_removed),
    "E-30": lambda i: i.named.harmless,
    "E-31": lambda i: i.led.harmless and i.invited.harmless,
    "E-32": lambda i: i.claimed.harmless,
    "E-33": lambda i: _cheap(i.burned),
    "E-34": lambda i: bool(i.storms) and all(0 <= storm.removed_s for storm in i.storms),
    "E-35": lambda i: (
        bool(i.storms) and all(0 <= storm.back_s for storm in i.storms) and i.back_calls <= MOST_BACK_CALLS
    ),
}
_CLAIMS: Final = {
    "F-11": Text("Nobody makes a device connect to a machine of theirs by what they put into its inbox.",
                 "우편함에 무엇을 넣어도 남의 기기가 자기 컴퓨터에 접속하게 만들지 못함."),
    "R-17": Text("A removed member takes the room from nobody by what it puts into the boxes of its time, and costs "
                 "readers little.",
                 "내보낸 사람이 자기 때의 상자에 무엇을 넣어도 아무도 방을 잃지 않고, 읽는 데 드는 일도 적음."),
    "E-30": Text("A member takes the room from nobody by frames in their name, not for a moment.",
                 "참여자가 남의 이름으로 프레임을 넣어도 아무도 잠시라도 방을 잃지 않음."),
    "E-31": Text("A member leads nobody to a branch where others rule, by its word, by tickets or by invitations.",
                 "참여자가 말, 통행표, 초대로 관리자가 다른 갈래로 누구도 이끌지 못함."),
    "E-32": Text("A member silences nobody by claims that other commits won.",
                 "참여자가 다른 커밋이 이겼다고 주장해도 아무의 말도 막지 못함."),
    "E-33": Text("A member makes nobody work much for little: frames far ahead in a ratchet cost what others cost.",
                 "참여자가 적은 바이트로 큰일을 시키지 못함: 래칫의 먼 위치를 대도 드는 일은 같음."),
    "E-34": Text(f"A member that commits 2, 5 or 20 times a second is out within {REMOVED_WITHIN_S:.0f} s of an "
                 "admin's order.",
                 f"1초에 2, 5, 20번 커밋하는 참여자도 관리자가 내보내면 {REMOVED_WITHIN_S:.0f}초 안에 나감."),
    "E-35": Text(f"Who was away meanwhile has caught up within {BACK_WITHIN_S:.0f} s, whatever number of commits lie "
                 "there.",
                 f"그동안 꺼져 있던 사람은 커밋이 얼마나 쌓였든 {BACK_WITHIN_S:.0f}초 안에 따라잡음."),
}  # fmt: skip
