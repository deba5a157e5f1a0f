"""The report of the drill ``flood``."""

from __future__ import annotations

from statistics import median
from typing import Final

import msgspec

from nullabona.drills.flood.findings import Flood, Phase
from nullabona.drills.flood.scenario import limits, play
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Tell, Text

REFUSED_S: Final = 8.0
"""Nothing honest may be refused for longer."""
NORMAL_S: Final = 60.0
QUICK_S: Final = 0.5
"""A message that takes no longer is quick, whatever it took before."""
_AROUND: Final = 1.25
"""What digests may hold beside the tags: salts, and a second that was measured a little short."""
STARVED: Final = 0.2
"""Where other programs keep a relay from the processor for more of the time, nothing can be said of how quick it is."""
_MIB: Final = 2**20
_PROCESS_MB: Final = 200
"""Beside the bounds: queue, batch, activity digests, connections, and what Python does not give back."""


def run(tell: Tell, *, minutes: float) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell, minutes))


def report_of(flood: Flood) -> Report:
    """What came of it."""
    out = Report("flood", Text("A stranger without identity", "신원 없는 사람의 공격"))
    out.section("What was done", "무엇을 했나", [_done(phase) for phase in flood.phases])
    out.section("Beside it", "그동안", [_beside(flood, phase) for phase in flood.phases])
    out.section("What the machine took", "기계", [_machine(flood)])
    out.checks = _checks(flood)
    most = {"memory_most_mb": round(memory_most_mb(flood)), "disk_most_mb": round(disk_most_mb(flood))}
    out.data = msgspec.to_builtins(flood) | most
    return out


def memory_most_mb(flood: Flood) -> float:
    """What the process may take: what it took before, and what strangers may have it hold."""
    held = sum(limits(flood.minutes)[f"{what}_total_bytes"] for what in ("arriving", "unsent")) / _MIB
    return flood.memory_before_mb + held + _PROCESS_MB


def disk_most_mb(flood: Flood) -> float:
    """What may be on the disk: a quarter of a day's blobs, the cards that are taken at once and those that come by and
    by, what was taken of frames with what each takes beside its bytes, and logs.
    """
    taken = flood.taken
    seconds = 60 * flood.minutes + 60
    blobs = limits(flood.minutes)["blob_bytes_per_day"] / 4 * (1 + seconds / 20_000) / _MIB
    cards = 1.5 * ((2_000 + 5 * seconds) * 10_240 + (200 + seconds / 5) * 65_536) / _MIB
    frames = (taken["frames"] * 600 + taken["large_frames"] * 70_000) / _MIB
    return flood.disk_before_mb + blobs + cards + frames + 100


def _checks(flood: Flood) -> list[Check]:
    quick = max(QUICK_S, median(flood.before))
    slow = [phase.connections for phase in flood.phases if median(phase.latencies) > 2 * quick]
    late = {k: round(s) for phase in flood.phases for k, s in phase.slowest.items() if s > REFUSED_S}
    most = limits(flood.minutes)["activity_bytes_per_s"] * _AROUND
    loud = [f"{phase.heard_bytes_s:,.0f} bytes/s" for phase in flood.phases if phase.heard_bytes_s > most]
    loud += [f"{phase.lacking} of {phase.appended} appends not reported" for phase in flood.phases if phase.lacking]
    memory = f"{flood.memory_mb:.0f} MB" if flood.memory_mb > memory_most_mb(flood) else ""
    disk = f"{flood.disk_mb:.0f} MB" if flood.disk_mb > disk_most_mb(flood) else ""
    starved = max((phase.starved for phase in flood.phases), default=0.0)
    return [
        _timed("Q-10", "Messages take a second at most, or twice as long as before",
               "메시지가 1초 안에, 또는 전의 두 배 안에 옴",
               ", ".join(f"slower with {count} connections" for count in slow), starved),
        _timed("Q-11", "Nothing honest is refused for more than seconds", "정상 요청이 몇 초 넘게 거절되지 않음",
               ", ".join(f"{kind}: {seconds} s" for kind, seconds in late.items()), starved),
        _check("Q-12", "Memory stays below what is said", "메모리가 정한 값을 넘지 않음", memory),
        _check("Q-13", "The disk stays below what is said", "디스크가 정한 값을 넘지 않음", disk),
        _check("Q-14", "A polling client is sent no more than the limit, and all activity of honest people",
               "듣는 사람이 받는 양이 정한 값을 넘지 않고, 정상 알림이 모두 전달됨", ", ".join(loud)),
        _timed("Q-15", "All is as before a minute later", "1분 안에 모두 원래대로 돌아옴",
               f"{flood.normal_s:.0f} s" if flood.normal_s > NORMAL_S else "", starved),
    ]  # fmt: skip


def _check(id: str, en: str, ko: str, wrong: str) -> Check:
    return Check.of(id, Text(en, ko).with_list(wrong), held=not wrong)


def _timed(id: str, en: str, ko: str, wrong: str, starved: float) -> Check:
    """What failed on a machine that others keep busy says nothing of the relay; what held there held all the same."""
    check = _check(id, en, ko, wrong)
    if not wrong or starved <= STARVED:
        return check
    why = Text(f"other programs kept the relay from the processor for {starved:.0%} of the time",
               f"다른 프로그램 때문에 릴레이가 시간의 {starved:.0%} 동안 프로세서를 얻지 못함")  # fmt: skip
    return Check(id, Verdict.UNPROVEN, check.text.because(why))


def _done(phase: Phase) -> Text:
    taken = phase.taken
    count, frames, blobs = phase.connections, taken["frames"] + taken["large_frames"], taken["blob_kib"] / 1_024
    return Text(
        f"On {count} connections: {frames:,} frames, {blobs:,.0f} MiB of blobs, {taken['cards']:,} cards and "
        f"{taken['lookups']:,} look-ups were taken, {taken['refused']:,} requests refused.",
        f"연결 {count}개: 프레임 {frames:,}개, 블롭 {blobs:,.0f} MiB, 카드 {taken['cards']:,}개, "
        f"조회 {taken['lookups']:,}건이 받아들여지고 {taken['refused']:,}건이 거절됨.",
    )


def _beside(flood: Flood, phase: Phase) -> Text:
    slowest = max(phase.slowest.values(), default=0.0)
    took, before, told = median(phase.latencies), median(flood.before), phase.appended - phase.lacking
    heard = f"{phase.heard_bytes_s:,.0f}"
    return Text(
        f"On {phase.connections} connections: a message took {took:.2f} s (before: {before:.2f} s); of {phase.asked} "
        f"other requests the slowest was taken after {slowest:.1f} s; a poller was sent {heard} bytes a second and "
        f"{told} of {phase.appended} honest appends.",
        f"연결 {phase.connections}개: 메시지 {took:.2f}초(이전 {before:.2f}초), 다른 요청 {phase.asked}건 중 가장 늦은 "
        f"것 {slowest:.1f}초, 듣는 사람이 초당 {heard}바이트를 받고 정상 알림 {phase.appended}건 중 {told}건을 들음.",
    )


def _machine(flood: Flood) -> Text:
    memory, disk = f"{memory_most_mb(flood):.0f}", f"{disk_most_mb(flood):.0f}"
    return Text(
        f"{flood.memory_mb:.0f} MB of memory (may be {memory}), {flood.disk_mb:.0f} MB of disk (may be {disk}); all "
        f"was as before {flood.normal_s:.1f} s after the stranger had gone.",
        f"메모리 {flood.memory_mb:.0f} MB(한도 {memory}), 디스크 {flood.disk_mb:.0f} MB(한도 {disk}). 공격이 끝나고 "
        f"{flood.normal_s:.1f}초 뒤 원래대로 돌아옴.",
    )
