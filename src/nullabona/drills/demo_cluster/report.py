"""Runs the cluster's demo in a temporary folder and says what came of it: claims, and a table to read."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nullabona.drills.demo_cluster.cluster import Cluster
from nullabona.drills.demo_cluster.findings import Outcome, Taken
from nullabona.drills.demo_cluster.scenario import Story
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.stage.ending import closing_at_the_end
from nullabona.errors import UserError
from nullabona.extras import require
from nullabona.processes.buckets import bucket_program
from nullabona.processes.engine import engine_programs
from nullabona.processes.postgres import postgres_programs
from nullabona.processes.proxies import haproxy_program
from nullabona.words.catalogue import Language
from nullabona.words.columns import pad, width

_say: Final = Sentences("drill_demo_cluster")
_EXTRAS: Final = "relay", "engine", "postgres", "s3"


class ClusterIncomplete(UserError):
    """This machine lacks a program that a cluster is made of."""

    code = "cluster-incomplete"
    default_hint = "run tools/need_programs.sh, and tools/need_programs.sh s3, in a clone of the source"


@dataclass(slots=True)
class Demo:
    """What the demo produced."""

    outcome: Outcome
    report: Report
    seconds: float

    @property
    def held(self) -> bool:
        """Whether all of it held."""
        return self.report.held

    @property
    def checks(self) -> list[Check]:
        """Every check."""
        return self.report.checks

    def render(self, language: Language) -> str:
        """All of it for a person."""
        return f"\n{self.report.render(language)}\n\n\n{_summary(self, language)}"

    def encode(self) -> dict[str, Any]:
        """All of it for a machine."""
        return self.report.encode() | {"seconds": round(self.seconds, 1)}


def run(tell: Tell, *, haproxy: Path, s3: Path | None) -> Demo:
    """Play it in a new folder. Whatever happens, also after Ctrl-C, all that was started has ended when this returns or
    raises, and the folder is gone. Raises `ClusterIncomplete`, and what goes wrong.
    """
    for extra in _EXTRAS:
        require(extra)
    server = bucket_program() if s3 is None else str(s3)
    check_machine(haproxy, server)
    assert server is not None
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="nullabona-cluster-"))
    folder.chmod(0o711)  # HAProxy gives up its rights and then reads its own folder
    cluster = Cluster(folder, haproxy, server)

    def close() -> None:
        tell(_say("ending"))
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)

    with closing_at_the_end(close):
        outcome = asyncio.run(Story(cluster, tell).play())
    return Demo(outcome, report_of(outcome), time.monotonic() - began)


def check_machine(haproxy: Path, s3: str | None) -> None:
    """Raises `ClusterIncomplete` with all that is missing."""
    parts = {
        "redis-server": engine_programs(),
        "PostgreSQL": postgres_programs(),
        "HAProxy": haproxy_program(),
        "versitygw": s3,
        str(haproxy): haproxy.exists(),
    }
    if lacking := [name for name, found in parts.items() if not found]:
        raise ClusterIncomplete(f"a cluster needs what is not here: {', '.join(lacking)}")


# -- claims -------------------------------------------------------------------------------------------------------


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    report = Report("demo-cluster", _say("title"))
    report.section(_say("losses"), [_lost(outcome, part) for part in range(len(outcome.losses))])
    report.section(_say("histories"), [_compared(outcome)])
    report.section(_say("searched"), map(_searched, outcome.taken))
    report.section(_say("not-shown"), [_say("one-machine"), _say("names-not-back")])
    report.checks = [_talk_goes_on(outcome), _nothing_found(outcome)]
    report.data = _encoded(outcome)
    return report


def _talk_goes_on(outcome: Outcome) -> Check:
    wrong = [f"{count} {what}" for what, count in _differences(outcome).items() if count]
    wrong += [f"file after {when}" for when, same in outcome.files if not same]
    wrong += [*outcome.accused, *([] if outcome.found_again else ["cards"])]
    return Check.of("S-40", _say("s-40").with_list(", ".join(wrong)), held=not wrong)


def _nothing_found(outcome: Outcome) -> Check:
    found = sorted({f"{leak.label}: {leak.source} ({leak.form}, {leak.share:.0%})" for leak in outcome.leaks})
    denied = any(taken.denied for taken in outcome.taken)
    check = Check.of("S-39", _say("s-39").with_list("; ".join(found)), held=not found)
    return check.unless(_say("memory-denied") if denied else None)


def _differences(outcome: Outcome) -> dict[str, int]:
    return {"missing": outcome.missing, "twice": outcome.twice, "forged": outcome.forged}


def _lost(outcome: Outcome, at: int) -> Text:
    loss = outcome.losses[at]
    return _say("loss", part=_say(f"part-{loss.part}"), away=loss.away_s, seconds=loss.caught_up_s, lines=loss.lines)


def _compared(outcome: Outcome) -> Text:
    return _say("compared", lines=outcome.lines, people=outcome.people, **_differences(outcome))


def _searched(taken: Taken) -> Text:
    disk, memory = taken.disk.bytes / 1e6, taken.memory.bytes / 1e6
    count, machine = len(taken.leaks), _say(f"machine-{taken.machine.name}")
    said = _say("machine", machine=machine, disk=disk, memory=memory, pids=len(taken.machine.pids), count=count)
    return said.because(_say("admitted", labels=", ".join(taken.admitted))) if taken.admitted else said


def _encoded(outcome: Outcome) -> dict[str, Any]:
    return {
        "began_s": round(outcome.began_s, 1),
        "losses": [
            {"part": one.part, "away_s": round(one.away_s, 2), "caught_up_s": round(one.caught_up_s, 2),
             "lines": one.lines}
            for one in outcome.losses
        ],
        "lines": outcome.lines,
        **_differences(outcome),
        "files": [{"when": when, "same": same} for when, same in outcome.files],
        "warned": outcome.warned,
        "secrets": {kind.value: count for kind, count in outcome.kinds.items()},
        "boxes": outcome.boxes,
        "objects": outcome.objects,
        "machines": [
            {"machine": one.machine.name, "disk_bytes": one.disk.bytes, "memory_bytes": one.memory.bytes,
             "leaks": len(one.leaks), "admitted": one.admitted}
            for one in outcome.taken
        ],
    }  # fmt: skip


# -- the table ----------------------------------------------------------------------------------------------------


def _summary(demo: Demo, language: Language) -> str:
    rows = [(what.in_(language), result.in_(language)) for what, result in _rows(demo.outcome)]
    columns = max(width(what) for what, _ in rows)
    lines = [f"  {pad(what, columns)}   {result}" for what, result in rows]
    title = _say("summary").in_(language)
    return "\n".join([title, "═" * width(title), *lines, "", _verdict(demo).in_(language)])


def _rows(outcome: Outcome) -> Iterator[tuple[Text, Text]]:
    yield _say("row-said"), _say("said", lines=outcome.lines, people=outcome.people)
    for loss in outcome.losses:
        yield _say(f"part-{loss.part}"), _say("caught-up", away=loss.away_s, seconds=loss.caught_up_s, lines=loss.lines)
    yield _say("row-histories"), _say("differences", **_differences(outcome))
    same = sum(same for _, same in outcome.files)
    yield _say("row-files"), _say("fetched", same=same, count=len(outcome.files))
    size = sum(one.disk.bytes + one.memory.bytes for one in outcome.taken) / 1e6
    processes = sum(len(one.machine.pids) for one in outcome.taken)
    yield (
        _say("row-officer"),
        _say("found", count=len(outcome.leaks), secrets=len(outcome.secrets), size=size, processes=processes),
    )


def _verdict(demo: Demo) -> Text:
    failed = ", ".join(check.id for check in demo.checks if check.verdict is Verdict.FAILED)
    unproven = ", ".join(check.id for check in demo.checks if check.verdict is Verdict.UNPROVEN)
    if failed:
        return _say("not-held", failed=failed)
    return _say("held-but", seconds=demo.seconds, unproven=unproven) if unproven else _say("held", seconds=demo.seconds)
