"""The report of the drill ``seized-engine``."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.search import Kind
from nullabona.drills.seized_engine.findings import Node, Outcome
from nullabona.drills.seized_engine.scenario import Story
from nullabona.drills.stage.ending import closing_at_the_end

_say: Final = Sentences("drill_seized_engine")
_KINDS: Final = (Kind.TEXT, Kind.ROOM, Kind.NAME, Kind.PHRASE, Kind.KEY, Kind.ADDRESS)


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    ends = ExitStack()
    with closing_at_the_end(ends.close):
        folder = Path(ends.enter_context(TemporaryDirectory(prefix="nullabona-drill-")))
        return report_of(asyncio.run(Story(folder, tell, ends).play()))


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    report = Report("seized-engine", _say("title"))
    report.section(_say("taken"), map(_taken, outcome.nodes))
    report.section(_say("shown"), _shown(outcome))
    report.section(_say("found"), _found(outcome))
    report.checks = [_memory(outcome), _disk(outcome), _secrets(outcome)]
    report.data = _encoded(outcome)
    return report


def _taken(node: Node) -> Text:
    disk, memory = (f"{searched.bytes / 1e6:.1f} MB" for searched in (node.disk, node.memory))
    said = _say("node", node=_say(f"node-{node.name}"), files=len(node.disk.sources), disk=disk, memory=memory)
    return said.because(_say("denied")) if node.denied else said


def _shown(outcome: Outcome) -> Iterator[Text]:
    yield _say("boxes", boxes=outcome.boxes, least=min(outcome.idle_s, default=0), most=max(outcome.idle_s, default=0))
    for node in outcome.nodes:
        yield _say("order", node=_say(f"node-{node.name}"), frames=node.frames, of=node.of_frames,
                   writes=len(node.order), boxes=len(set(node.order)))  # fmt: skip
    yield _say("while", before=outcome.lines[0], after=outcome.lines[1])


def _found(outcome: Outcome) -> Iterator[Text]:
    counts = Counter(secret.kind for secret in outcome.secrets)
    found = {leak.label for leak in outcome.leaks}
    for kind in _KINDS:
        labels = sorted(secret.label for secret in outcome.secrets if secret.kind is kind and secret.label in found)
        yield _say(f"kind-{kind}", count=counts[kind], found=len(labels))
    for leak in outcome.leaks:
        yield _say("leak", label=leak.label, where=f"{leak.source} @ {leak.offset} ({leak.form}, {leak.share:.0%})")


def _memory(outcome: Outcome) -> Check:
    """What the page admits: frames, the order of the last writes, and when each box was used."""
    seen = bool(outcome.idle_s) and any(node.frames and len(set(node.order)) > 1 for node in outcome.nodes)
    return Check.shown("S-34", _say("s-34"), seen=seen, otherwise=_say("denied" if outcome.denied else "not-seen"))


def _disk(outcome: Outcome) -> Check:
    wrong = "; ".join(outcome.on_disk)
    lacking = None if outcome.boxes else _say("no-boxes")
    return Check.of("S-36", _say("s-36").with_list(wrong), held=not wrong).unless(lacking)


def _secrets(outcome: Outcome) -> Check:
    found = ", ".join(sorted({leak.label for leak in outcome.leaks}))
    lacking = set(_KINDS) - {secret.kind for secret in outcome.secrets}
    why = _say("denied") if outcome.denied else _say("nothing-planted") if lacking else None
    return Check.of("S-42", _say("s-42").with_list(found), held=not found).unless(why)


def _encoded(outcome: Outcome) -> dict[str, Any]:
    return {
        "boxes": outcome.boxes,
        "idle_s": {"least": min(outcome.idle_s, default=0), "most": max(outcome.idle_s, default=0)},
        "lines": {"before": outcome.lines[0], "after": outcome.lines[1]},
        "secrets": dict(Counter(secret.kind.value for secret in outcome.secrets)),
        "nodes": [
            {
                "name": node.name,
                "files": len(node.disk.sources),
                "memory_bytes": node.memory.bytes,
                "undeclared": node.strays,
                "told_on_disk": node.told,
                "frames_in_memory": node.frames,
                "of_frames": node.of_frames,
                "appends_in_order": len(node.order),
                "boxes_in_order": len(set(node.order)),
            }
            for node in outcome.nodes
        ],
        "leaks": [{"label": leak.label, "kind": leak.kind.value, "source": leak.source} for leak in outcome.leaks],
    }
