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
from nullabona.drills.reporting.text import Sentences, Tell, Text, as_it_is
from nullabona.errors import NullabonaError, UserError
from nullabona.words.catalogue import Language
from nullabona.words.columns import pad, width

_say: Final = Sentences("drill_demo")

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
            tell(_say("kept-closer-look", folder=folder))


def _report(outcome: Outcome) -> Report:
    report = Report("demo", _say("relay-emptied-while"))
    wrong = [key for key, lines in outcome.expected.items() if not _as_said(outcome, key, lines)]
    removed = f"{outcome.script.removed.name}/{outcome.script.group}"
    if not outcome.expected:
        return report
    lost = ", ".join(key for key in wrong if key != removed)
    report.checks = [
        Check.of("S-20", _CLAIMS["S-20"].with_list(lost), held=not lost and outcome.relay_exit == _GONE),
        Check.of("S-21", _CLAIMS["S-21"], held=not lost and outcome.put_back > 0 and outcome.came_back),
        Check.of("R-10", _CLAIMS["R-10"], held=outcome.got[removed] == outcome.expected[removed] and not outcome.told),
    ]
    report.section(_say("histories"), [_compare(k, outcome.expected[k], outcome.got[k]) for k in outcome.expected])
    report.data = {"histories": {key: key not in wrong for key in outcome.expected}}
    return report


def _as_said(outcome: Outcome, key: str, lines: list[list[str]]) -> bool:
    """Whether a history has every line once, in order. What was put back for who was away has each speaker's order."""
    got = outcome.got[key]
    if key != outcome.away or got == lines:
        return got == lines
    return sorted(got) == sorted(lines) and _by_speaker(got) == _by_speaker(lines)


def _by_speaker(lines: list[list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for account, text in lines:
        found.setdefault(account, []).append(text)
    return found


def _compare(key: str, expected: list[list[str]], got: list[list[str]]) -> Text:
    """How somebody's history differs from what was said, without quoting it."""
    wanted, found = (Counter(map(tuple, lines)) for lines in (expected, got))
    missing, extra = (wanted - found).total(), (found - wanted).total()
    order = missing == extra == 0 and expected != got
    place = _say("out-of-order") if order else as_it_is("")
    return _say("history-compared", who=key, got=len(got), missing=missing, extra=extra, order=place)


_CLAIMS: Final = {
    "S-20": _say("s-20"),
    "S-21": _say("s-21"),
    "R-10": _say("r-10"),
}


# -- the table ----------------------------------------------------------------------------------------------------


def _summary(demo: Demo, language: Language) -> str:
    """The table at the end."""
    rows = [(what.in_(language), result.in_(language)) for what, result in _rows(demo)]
    columns = max(width(what) for what, _ in rows)
    lines = [f"  {pad(what, columns)}   {result}" for what, result in rows]
    title = _say("summary").in_(language)
    return "\n".join([title, "═" * width(title), *lines, "", _verdict(demo).in_(language)])


def _verdict(demo: Demo) -> Text:
    seconds = f"{demo.seconds:.0f}"
    if demo.held:
        return _all_held(demo, seconds)
    failed = [check.id for check in demo.checks if check.verdict is Verdict.FAILED]
    return _say("not-all-held", failed=", ".join(failed))


def _all_held(demo: Demo, seconds: str) -> Text:
    """Nothing failed; lines that no report could show are named."""
    shown = {check.id for check in demo.checks if check.verdict is Verdict.HELD}
    if rest := ", ".join(sorted({check.id for check in demo.checks} - shown)):
        return _say("all-could-looked", seconds=seconds, rest=rest)
    return _say("all-held-s", seconds=seconds)


def _rows(demo: Demo) -> Iterator[tuple[Text, Text]]:
    outcome, script = demo.outcome, demo.outcome.script
    people, messages = len(script.people), len(script.lines)
    said = _say("messages-people", messages=messages, people=people)
    if script.unsaid:
        out = script.removed.name
        said = said.because(_say("more-left-out", unsaid=script.unsaid, out=out))
    yield _say("said"), said
    for report in outcome.docket:
        yield _say("two-demands-legal"), _docket(report)
    for report in outcome.warrants:
        yield (
            _say("warrant", handle=report.data["handle"]),
            _say("card-when-came", waiting=report.data["inbox"]["waiting"]) if report.held else _broken(report),
        )
    for report, what in zip(outcome.seizures, _SEIZED, strict=True):
        yield what, _searched(report)
    missed = outcome.put_back
    yield (
        _say("relay-s-data"),
        _say("0-lost-0", missed=missed) if _held(demo.report, "S-20", "S-21") else _broken(demo.report),
    )
    yield (
        _say("removed-half-way", name=script.removed.name),
        _say("saw-none-followed", after=len(script.after)) if _held(demo.report, "R-10") else _broken(demo.report),
    )


_SEIZED: Final = (
    _say("relay-seized-disks"),
    _say("new-relay-seized"),
)


def _docket(report: Report) -> Text:
    if not report.held:
        return _broken(report)
    return _say("public-card-nothing")


def _held(report: Report, *ids: str) -> bool:
    return all(check.verdict is Verdict.HELD for check in report.checks if check.id in ids)


def _broken(report: Report) -> Text:
    ids = ", ".join(check.id for check in report.checks if check.verdict is Verdict.FAILED)
    return _say("failed", ids=ids)


def _searched(report: Report) -> Text:
    if not report.held:
        return _broken(report)
    secrets, searched = sum(report.data["secrets"].values()), report.data["searched"]
    size = (searched["disk_bytes"] + searched["memory_bytes"]) / 1_000_000
    text = _say("0-secrets-mb", secrets=secrets, size=size, frames=report.data["held"]["frames"])
    if report.data["memory_searched"]:
        return text
    return text.because(_say("memory-not-searched"))
