"""Runs the demo in a temporary folder and says what came of it: a report with claims, and a table to read."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nullabona.drills.demo.findings import Outcome
from nullabona.drills.demo.scenario import Story
from nullabona.drills.demo.script import load_script
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Tell, Text
from nullabona.errors import NullabonaError, UserError
from nullabona.words.catalogue import Language
from nullabona.words.columns import pad, width

_GONE: Final = 3
"""With this exit code a relay says that its data was taken away."""
CAST: Final = "cast.json"
"""In a kept folder: the relay's address and data, and everybody's name and profile."""


class NotEmpty(UserError):
    """The demo's folder holds something already."""

    code = "not-empty"


@dataclass(slots=True)
class Demo:
    """What the demo produced."""

    outcome: Outcome
    report: Report
    seconds: float
    whole: bool = True
    """Whether all of it was played, and a table ends it."""

    @property
    def reports(self) -> list[Report]:
        """Every report, in order."""
        return [*self.outcome.docket, *self.outcome.warrants, *self.outcome.seizures, self.report]

    @property
    def held(self) -> bool:
        """Whether all of it held."""
        return all(report.held for report in self.reports)

    @property
    def checks(self) -> list[Check]:
        """Every check of every report."""
        return [check for report in self.reports for check in report.checks]

    def render(self, language: Language) -> str:
        """All of it for a person."""
        reports = "\n\n\n".join(report.render(language) for report in self.reports)
        return f"\n{reports}\n\n\n{_summary(self, language)}" if self.whole else f"\n{reports}"

    def encode(self) -> dict[str, Any]:
        """All of it for a machine."""
        reports = [report.encode() for report in self.reports]
        return {"held": self.held, "seconds": round(self.seconds, 1), "reports": reports}


def run(
    tell: Tell, *, chat: Path | None = None, keep: Path | None = None, desk: bool = True, only: Sequence[str] = ()
) -> Demo:
    """Play the demo, without the legal desk's act unless ``desk``, and no further than the lines of ``only`` need, if
    any. Its folder is removed if all held; else it is kept and ``tell`` says where.

    With ``keep`` it is played there, in a folder that must be empty or not exist, and kept. Raises what goes wrong.
    """
    script, began = load_script(chat), time.monotonic()
    folder = keep or Path(tempfile.mkdtemp(prefix="nullabona-demo-"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty", hint="name another folder, or remove this one")
    held = False
    try:
        story = Story(script, folder, tell, desk=desk)
        outcome = asyncio.run(story.play(only))
        demo = Demo(outcome, _report(outcome), time.monotonic() - began, whole=not only)
        for report in demo.reports:
            report.only(only)
        held = demo.held
        if keep is not None:
            (keep / CAST).write_text(json.dumps(story.cast(), ensure_ascii=False, indent=1), encoding="utf-8")
    except NullabonaError as error:
        error.hint = f"{error.hint}\nwhat it left behind is in {folder}".strip()
        raise
    else:
        return demo
    finally:
        if held and keep is None:
            shutil.rmtree(folder)
        elif not held:
            tell(Text(f"Kept for a closer look: {folder}", f"자세히 볼 수 있게 남겨 둠: {folder}"))


def _report(outcome: Outcome) -> Report:
    report = Report("demo", Text("The relay was emptied while it ran", "실행 중인 서버를 비웠을 때"))
    wrong = [key for key, lines in outcome.expected.items() if outcome.got[key] != lines]
    removed = f"{outcome.script.removed.name}/{outcome.script.group}"
    if not outcome.expected:
        return report
    lost = ", ".join(key for key in wrong if key != removed)
    report.checks = [
        Check.of("S-20", _CLAIMS["S-20"].with_list(lost), held=not lost and outcome.relay_exit == _GONE),
        Check.of("S-21", _CLAIMS["S-21"], held=not lost and outcome.put_back > 0),
        Check.of("R-10", _CLAIMS["R-10"], held=outcome.got[removed] == outcome.expected[removed] and not outcome.told),
    ]
    report.section(
        "Histories", "대화 기록", [_compare(k, outcome.expected[k], outcome.got[k]) for k in outcome.expected]
    )
    report.data = {"histories": {key: outcome.got[key] == lines for key, lines in outcome.expected.items()}}
    return report


def _compare(key: str, expected: list[list[str]], got: list[list[str]]) -> Text:
    """How somebody's history differs from what was said, without quoting it."""
    wanted, found = (Counter(map(tuple, lines)) for lines in (expected, got))
    missing, extra = (wanted - found).total(), (found - wanted).total()
    order = missing == extra == 0 and expected != got
    return Text(
        f"{key}: {len(got)} messages, {missing} missing, {extra} too many" + (", out of order" if order else ""),
        f"{key}: 메시지 {len(got)}개, 빠진 것 {missing}, 남는 것 {extra}" + (", 순서 다름" if order else ""),
    )


_CLAIMS: Final = {
    "S-20": Text("Taking the relay's data silences nobody: everybody has every message exactly once and in order.",
                 "서버의 데이터를 가져가도 대화는 계속됨: 모두가 모든 메시지를 순서대로 정확히 한 번씩 가지고 있음."),
    "S-21": Text("Messages that somebody had not received when the data was deleted came back from those who had them.",
                 "데이터가 지워질 때 아직 받지 못한 메시지는 가지고 있던 사람들이 다시 채워 넣음."),
    "R-10": Text("The removed member has what was said before, and nothing of what was said after, in no room.",
                 "내보낸 사람은 이전 대화만 가지고 있고, 이후 대화는 어느 방에도 하나도 없음."),
}  # fmt: skip


# -- the table ----------------------------------------------------------------------------------------------------


def _summary(demo: Demo, language: Language) -> str:
    """The table at the end."""
    rows = [(what.in_(language), result.in_(language)) for what, result in _rows(demo)]
    columns = max(width(what) for what, _ in rows)
    lines = [f"  {pad(what, columns)}   {result}" for what, result in rows]
    title = Text("Summary", "요약").in_(language)
    return "\n".join([title, "═" * width(title), *lines, "", _verdict(demo).in_(language)])


def _verdict(demo: Demo) -> Text:
    seconds = f"{demo.seconds:.0f}"
    if demo.held:
        return _all_held(demo, seconds)
    failed = [check.id for check in demo.checks if check.verdict is Verdict.FAILED]
    return Text(f"NOT all of it held: {', '.join(failed)}.", f"지켜지지 않은 것이 있습니다: {', '.join(failed)}.")


def _all_held(demo: Demo, seconds: str) -> Text:
    """Nothing failed; lines that no report could show are named."""
    shown = {check.id for check in demo.checks if check.verdict is Verdict.HELD}
    if rest := ", ".join(sorted({check.id for check in demo.checks} - shown)):
        return Text(f"All that could be looked at held ({seconds} s). Not proven: {rest}.",
                    f"살펴볼 수 있는 것은 모두 지켜졌습니다 ({seconds}초). 입증 못함: {rest}.")  # fmt: skip
    return Text(f"All of it held ({seconds} s).", f"모두 지켜졌습니다 ({seconds}초).")


def _rows(demo: Demo) -> Iterator[tuple[Text, Text]]:
    outcome, script = demo.outcome, demo.outcome.script
    people, messages = len(script.people), len(script.lines)
    said = Text(f"{messages} messages by {people} people", f"{people}명이 메시지 {messages}개")
    if script.unsaid:
        out = script.removed.name
        said = said.because(
            Text(
                f"{script.unsaid} more left out: {out} would have said them after being removed",
                f"{script.unsaid}개는 뺌: 내보낸 뒤 {out}의 말",
            )
        )
    yield Text("Said", "대화"), said
    for report in outcome.docket:
        yield Text("Two demands at the legal desk", "법무 창구에 온 요청 두 건"), _docket(report)
    for report in outcome.warrants:
        yield (
            Text(f"Warrant for {report.data['handle']}", f"{report.data['handle']} 영장"),
            Text(
                f"card, when it came and changed; inbox: {report.data['inbox']['waiting']} sealed; nothing else",
                f"공개 명함과 등록·갱신 시점, 우편함(봉인 {report.data['inbox']['waiting']}개). 그 밖에 없음",
            )
            if report.held
            else _broken(report),
        )
    for report, what in zip(outcome.seizures, _SEIZED, strict=True):
        yield what, _searched(report)
    missed = outcome.put_back
    yield (
        Text("Relay's data deleted while running", "실행 중 데이터 삭제"),
        Text(f"0 lost, 0 twice; {missed} put back", f"분실 0, 중복 0, 다시 채워 넣음 {missed}")
        if _held(demo.report, "S-20", "S-21")
        else _broken(demo.report),
    )
    yield (
        Text(f"{script.removed.name}, removed half way", f"중간에 내보낸 {script.removed.name}"),
        Text(f"saw none of the {len(script.after)} that followed", f"이후 메시지 {len(script.after)}개 중 0개를 봄")
        if _held(demo.report, "R-10")
        else _broken(demo.report),
    )


_SEIZED: Final = (
    Text("Relay seized: disks and memory", "서버 압수: 디스크와 메모리"),
    Text("New relay seized: disks and memory", "새 서버 압수: 디스크와 메모리"),
)


def _docket(report: Report) -> Text:
    if not report.held:
        return _broken(report)
    return Text(
        "public card, nothing else held; 2 packages and the public record hold; an altered byte is noticed",
        "공개 명함만 제출, 나머지는 없음. 꾸러미 2개와 공개 기록 확인됨, 바꾼 한 바이트는 들킴",
    )


def _held(report: Report, *ids: str) -> bool:
    return all(check.verdict is Verdict.HELD for check in report.checks if check.id in ids)


def _broken(report: Report) -> Text:
    ids = ", ".join(check.id for check in report.checks if check.verdict is Verdict.FAILED)
    return Text(f"FAILED: {ids}", f"깨짐: {ids}")


def _searched(report: Report) -> Text:
    if not report.held:
        return _broken(report)
    secrets, searched = sum(report.data["secrets"].values()), report.data["searched"]
    size = (searched["disk_bytes"] + searched["memory_bytes"]) / 1_000_000
    text = Text(
        f"0 of {secrets} secrets in {size:.0f} MB; {report.data['held']['frames']} sealed frames",
        f"비밀 {secrets}개 중 0개 발견 ({size:.0f} MB), 봉인된 프레임 {report.data['held']['frames']}개",
    )
    if report.data["memory_searched"]:
        return text
    return text.because(Text("memory not searched: no permission", "메모리는 권한이 없어 검색 못함"))
