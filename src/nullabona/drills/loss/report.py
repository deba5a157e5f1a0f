"""The report of the drill ``loss``."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.drills.loss.findings import Outcome, Size
from nullabona.drills.loss.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text

SAME: Final = "S-22"
"""What it puts to the test when the empty relay has the old one's name."""
RENAMED: Final = "S-24"
"""What it puts to the test when it has another one."""
RECOVERY_S: Final = 60.0
"""Within this time everybody has to have everything again, and whatever is said later."""
WHOLE: Final = Size()
"""What the two lines speak of, which is what is played if nothing else is asked for."""
_LEAST_RATE: Final = 0.9
"""Of the lines' rate, so much has to be said really: who speaks next is drawn, and the machine may be busy."""


def run(
    tell: Tell, *, accounts: int, rooms: int, rate: float, seconds: float, patience: float, renamed: bool
) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    size = Size(accounts=accounts, rooms=rooms, rate=rate, before_s=seconds, after_s=seconds, patience_s=patience,
                renamed=renamed)  # fmt: skip
    return report_of(play(tell, size))


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    out = Report("loss", Text("A relay carried away while a crowd talks", "많은 사람이 대화하는 동안 가져간 서버"))
    out.section("The crowd", "사람들", [_crowd(outcome), _conditions(outcome)])
    out.section("What came of it", "결과", [_recovered(outcome), _later(outcome), _compared(outcome)])
    id = RENAMED if outcome.size.renamed else SAME
    wrong = _wrong(outcome)
    out.checks = [Check.of(id, _CLAIM.with_list(wrong), held=not wrong).unless(_too_little(outcome))]
    out.data = msgspec.to_builtins(outcome) | {"rate": round(outcome.rate, 1)}
    return out


def _crowd(outcome: Outcome) -> Text:
    size = outcome.size
    return Text(
        f"{size.accounts} accounts in {size.rooms} rooms, each a whole client with an encrypted store; "
        f"{outcome.said} messages, {outcome.rate:.0f} a second, {outcome.deliveries} deliveries. Made ready in "
        f"{outcome.setup_s:.0f} s; {outcome.memory_mb:.0f} MB for all clients.",
        f"방 {size.rooms}개에 계정 {size.accounts}개, 각각 암호화된 저장소를 가진 온전한 클라이언트; "
        f"메시지 {outcome.said}개(초당 {outcome.rate:.0f}개), 전달 {outcome.deliveries}건. "
        f"준비에 {outcome.setup_s:.0f}초, 모든 클라이언트의 메모리 {outcome.memory_mb:.0f} MB.",
    )


def _conditions(outcome: Outcome) -> Text:
    """What is otherwise than in life."""
    period, in_memory = outcome.size.period_s, outcome.in_memory
    return Text(
        f"The directory's period is {period} s (an operator's default is 600). The relay's data is on the disk, the "
        f"people's profiles {'in memory, as each would have a disk of its own' if in_memory else 'beside it'}.",
        f"디렉터리의 회차 간격은 {period}초(기본값 600초). 릴레이의 데이터는 디스크에, "
        f"사람들의 프로필은 {'각자의 디스크 대신 메모리에' if in_memory else '그 옆에'} 있음.",
    )


def _recovered(outcome: Outcome) -> Text:
    lacking, gap, seconds = outcome.lacking, f"{outcome.gap_s:.1f}", f"{outcome.recovery_s:.1f}"
    told = _moved(outcome)
    return Text(
        f"{outcome.away} people were away when the machine was taken, and {outcome.waiting} deliveries to them waited "
        f"on it. {told.en}The empty relay answered {gap} s after; {lacking} deliveries were still to be made then, and "
        f"{seconds} s later all were, while people talked on.",
        f"기계를 가져갈 때 {outcome.away}명이 접속해 있지 않았고, 이들에게 갈 {outcome.waiting}건이 그 안에서 기다림. "
        f"{told.ko}빈 서버는 {gap}초 뒤 응답했고, 그때 전달되지 않은 것이 {lacking}건이었으며, "
        f"대화가 이어지는 동안 {seconds}초 만에 모두 전달됨.",
    )


def _later(outcome: Outcome) -> Text:
    rest, slowest = f"{outcome.all_s:.1f}", f"{outcome.slowest_s:.1f}"
    return Text(
        f"After the last word it took {rest} s until everybody had it. No delivery took longer than {slowest} s, "
        "counted from the word or, if that was before, from the empty relay's first answer.",
        f"마지막 말 뒤 모두가 받기까지 {rest}초. 가장 오래 걸린 전달은 {slowest}초: 말한 때부터, "
        "그 전에 한 말이면 빈 서버가 처음 응답한 때부터 셈.",
    )


def _moved(outcome: Outcome) -> Text:
    if not outcome.size.renamed:
        return Text("", "")
    movers, others = outcome.movers, outcome.size.accounts - outcome.movers
    return Text(
        f"The empty relay has another name. {movers} people who had opened rooms went there; {others} followed what "
        "their cards say. ",
        f"빈 서버는 이름이 다름. 방을 연 {movers}명이 그곳으로 옮겼고, {others}명은 이들의 명함을 보고 따라감. ",
    )


def _compared(outcome: Outcome) -> Text:
    missing, twice, forged = outcome.missing, outcome.twice, outcome.forged
    return Text(
        f"Histories against what was said: {missing} missing, {twice} twice, {forged} that nobody said.",
        f"기록과 실제 대화 비교: 빠진 것 {missing}, 중복 {twice}, 아무도 하지 않은 말 {forged}.",
    )


def _wrong(outcome: Outcome) -> str:
    counts = {"missing": outcome.missing, "twice": outcome.twice, "forged": outcome.forged}
    wrong = [f"{count} {what}" for what, count in counts.items() if count]
    took_s = max(outcome.recovery_s, outcome.all_s, outcome.slowest_s)
    if took_s > RECOVERY_S:
        wrong.append(f"{took_s:.0f} s")
    return ", ".join(wrong)


def _too_little(outcome: Outcome) -> Text | None:
    """Why what was played is less than the lines speak of, if it is."""
    size, least = outcome.size, _LEAST_RATE * WHOLE.rate
    if not (outcome.away and outcome.waiting and outcome.lacking):
        return Text(
            f"nothing was at stake: {outcome.away} away, {outcome.waiting} deliveries waiting for them, "
            f"{outcome.lacking} lacking",
            f"잃을 것이 없었음: 접속하지 않은 사람 {outcome.away}명, 기다리던 전달 {outcome.waiting}건, "
            f"빠진 전달 {outcome.lacking}건",
        )
    if size.renamed and not 0 < outcome.movers < size.accounts:
        return Text("nobody had only the others' cards to go by", "남의 명함만 보고 따라간 사람이 없음")
    if size.accounts < WHOLE.accounts or size.rooms < WHOLE.rooms or outcome.rate < least:
        return Text(
            f"it held, but is unproven at this size: {size.accounts} accounts, {size.rooms} rooms and "
            f"{outcome.rate:.1f} messages a second, where {WHOLE.accounts}, {WHOLE.rooms} and {least:.0f} are needed",
            f"지켜졌으나 이 규모로는 입증 못함: 계정 {size.accounts}개, 방 {size.rooms}개, 초당 메시지 "
            f"{outcome.rate:.1f}개; {WHOLE.accounts}개, {WHOLE.rooms}개, {least:.0f}개가 필요함",
        )
    return None


_CLAIM: Final = Text(
    "Nothing is lost or doubled, and nothing is held up for longer than a minute after the empty relay answers.",
    "잃거나 겹친 것이 없고, 빈 서버가 응답한 뒤 1분 넘게 늦어진 것이 없음.",
)
