"""The report of the drill: how each lie was noticed, by whom and after how long, and what that says of each line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.drills.lying_directory.findings import SLACK_S, Caught, line, within
from nullabona.drills.lying_directory.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text


def run(tell: Tell, *, period: int, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need, if any. Raises what fails."""
    return report_of(period, play(tell, period, only)).only(only)


def report_of(period_s: int, lies: Sequence[Caught]) -> Report:
    """What came of all of them."""
    report = Report(
        "lying-directory",
        Text("A directory that lies: who notices, and after how long", "거짓말하는 디렉터리: 누가 언제 알아채는가"),
        data={
            "period_s": period_s,
            "lies": [
                {"id": each.id, "code": each.code, "held": each.held, "seconds": round(each.seconds, 2)}
                for each in lies
            ],
        },
    )
    report.section(
        f"With a period of {period_s} s (an operator's default is 600 s)", f"회차 간격 {period_s}초 (기본값은 600초)",
        [*(line(each) for each in lies), _in_time(period_s)],
    )  # fmt: skip
    for id, text in _CLAIMS.items():
        of = [each for each in lies if each.id == id]
        report.checks.append(Check.of(id, text, held=bool(of) and all(each.held for each in of)))
    return report


def _in_time(period_s: int) -> Text:
    return Text(
        f"What has to be told within two periods was given {within(period_s):.0f} s: "
        f"{SLACK_S:.0f} more, for a busy machine",
        f"두 회차 안에 알려야 하는 것에는 {within(period_s):.0f}초를 줌: 기계가 바쁠 수 있어 {SLACK_S:.0f}초를 더함",
    )


_CLAIMS: Final = {
    "M-03": Text("A false card in the record is believed by those who do not know its owner, until the owner's device "
                 "tells, within two periods.",
                 "공개 기록에 올린 거짓 명함은 주인을 모르는 사람을 속일 수 있으나, 두 회차 안에 주인의 "
                 "기기가 알림."),
    "M-10": Text("A card that is not in the record is refused by whoever is shown it, at once.",
                 "공개 기록에 없는 명함은 받아 본 사람이 곧바로 거절함."),
    "M-11": Text("A card with another key cannot be entered without the owner's devices noticing within two periods.",
                 "열쇠를 바꾼 명함을 올리면 두 회차 안에 주인의 기기가 알아챔."),
    "M-12": Text("Nor can a ghost device be added, not even with the owner's identity key: they notice as soon.",
                 "주인의 신원 키가 있어도 유령 기기를 몰래 더할 수 없음: 역시 두 회차 안에 알아챔."),
    "M-13": Text("Two records cannot be shown: witnesses sign one, and keep evidence of the other.",
                 "공개 기록을 둘로 나눌 수 없음: 증인은 하나에만 서명하고 다른 하나의 증거를 남김."),
    "M-14": Text("An older state of the record cannot be shown to whoever saw a newer one.",
                 "새 기록을 본 사람에게 지난 기록을 보여 줄 수 없음."),
    "M-15": Text("A confirmed card cannot be held back: owner and lookers have a signed promise.",
                 "받았다고 한 명함을 숨길 수 없음: 주인과 찾아본 사람에게 서명된 약속이 있음."),
}  # fmt: skip
