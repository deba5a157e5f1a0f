"""The report of the drill ``loss``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nullabona.drills.loss.play import Outcome, Size, play
from nullabona.drills.report import Check, Report
from nullabona.drills.text import Text

SAME: Final = "S-22"
"""What it puts to the test when the empty relay has the old one's name."""
RENAMED: Final = "S-24"
"""What it puts to the test when it has another one."""
PROVES: Final = (SAME, RENAMED)
RECOVERY_S: Final = 60.0
"""Within this time everybody has to have everything again."""


def run_loss(tell: Callable[[Text], None] = lambda _: None, size: Size | None = None) -> Report:
    """Play the drill in a folder of its own. Raises what goes wrong."""
    return report(play(tell, size or Size()))


def report(outcome: Outcome) -> Report:
    """What came of it."""
    out = Report("loss", Text("A relay carried away while a crowd talks", "많은 사람이 대화하는 동안 가져간 서버"))
    out.section("The crowd", "사람들", [_crowd(outcome), _conditions(outcome)])
    out.section("What came of it", "결과", [_recovered(outcome), _compared(outcome)])
    id = RENAMED if outcome.size.renamed else SAME
    out.checks = [Check.of(id, _CLAIM.with_list(_wrong(outcome)), held=not _wrong(outcome))]
    out.data = {
        "renamed": outcome.size.renamed, "movers": outcome.movers,
        "accounts": outcome.size.accounts, "rooms": outcome.size.rooms, "said": outcome.said,
        "rate_asked": outcome.size.rate, "rate": round(outcome.rate, 1),
        "deliveries": outcome.deliveries, "away": outcome.away, "waiting": outcome.waiting,
        "lacking": outcome.lacking, "recovery_s": round(outcome.recovery_s, 1), "rest_s": round(outcome.all_s, 1),
        "missing": outcome.missing, "twice": outcome.twice, "forged": outcome.forged,
        "setup_s": round(outcome.setup_s, 1), "memory_mb": round(outcome.memory_mb),
    }  # fmt: skip
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
    lacking, seconds, rest = outcome.lacking, f"{outcome.recovery_s:.1f}", f"{outcome.all_s:.1f}"
    told = _moved(outcome)
    return Text(
        f"{outcome.away} people were away when the machine was taken, and {outcome.waiting} deliveries waited on it. "
        f"{told.en}When the empty relay began, {lacking} deliveries were still to be made; {seconds} s later all were, "
        f"while people talked on. After the last word it took {rest} s until everybody had it.",
        f"기계를 가져갈 때 {outcome.away}명이 접속해 있지 않았고, 전달 {outcome.waiting}건이 그 안에서 기다림. "
        f"{told.ko}빈 서버가 시작할 때 전달되지 않은 것이 {lacking}건이었고, "
        f"대화가 이어지는 동안 {seconds}초 만에 모두 전달됨. 마지막 말 뒤 모두가 받기까지 {rest}초.",
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
    if outcome.recovery_s > RECOVERY_S:
        wrong.append(f"{outcome.recovery_s:.0f} s")
    return ", ".join(wrong)


_CLAIM: Final = Text(
    "Nothing is lost or doubled, and what was lacking is there again within a minute.",
    "잃거나 겹친 것이 없고, 빠졌던 것은 1분 안에 모두 채워짐.",
)
