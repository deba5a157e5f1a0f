"""The report of the drill ``flood``."""

from __future__ import annotations

from statistics import median
from typing import Final

import msgspec

from nullabona.drills.flood.findings import Flood, Phase
from nullabona.drills.flood.scenario import limits, play
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_flood")

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
    out = Report("flood", _say("stranger-without-identity"))
    out.section(_say("done"), [_done(phase) for phase in flood.phases])
    out.section(_say("beside"), [_beside(flood, phase) for phase in flood.phases])
    out.section(_say("machine-took"), [_machine(flood)])
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
        _timed("Q-10", _say("q-10"), ", ".join(f"slower with {count} connections" for count in slow), starved),
        _timed("Q-11", _say("q-11"), ", ".join(f"{kind}: {seconds} s" for kind, seconds in late.items()), starved),
        _check("Q-12", _say("q-12"), memory),
        _check("Q-13", _say("q-13"), disk),
        _check("Q-14", _say("q-14"), ", ".join(loud)),
        _timed("Q-15", _say("q-15"), f"{flood.normal_s:.0f} s" if flood.normal_s > NORMAL_S else "", starved),
    ]


def _check(id: str, claim: Text, wrong: str) -> Check:
    return Check.of(id, claim.with_list(wrong), held=not wrong)


def _timed(id: str, claim: Text, wrong: str, starved: float) -> Check:
    """What failed on a machine that others keep busy says nothing of the relay; what held there held all the same."""
    check = _check(id, claim, wrong)
    if not wrong or starved <= STARVED:
        return check
    why = _say("other-programs-kept", starved=starved)
    return Check(id, Verdict.UNPROVEN, check.text.because(why))


def _done(phase: Phase) -> Text:
    taken = phase.taken
    count, frames, blobs = phase.connections, taken["frames"] + taken["large_frames"], taken["blob_kib"] / 1_024
    return _say(
        "connections-frames-mib",
        count=count,
        frames=frames,
        blobs=blobs,
        cards=taken["cards"],
        lookups=taken["lookups"],
        refused=taken["refused"],
    )


def _beside(flood: Flood, phase: Phase) -> Text:
    slowest = max(phase.slowest.values(), default=0.0)
    took, before, told = median(phase.latencies), median(flood.before), phase.appended - phase.lacking
    heard = f"{phase.heard_bytes_s:,.0f}"
    return _say(
        "connections-message-took",
        connections=phase.connections,
        took=took,
        before=before,
        asked=phase.asked,
        slowest=slowest,
        heard=heard,
        told=told,
        appended=phase.appended,
    )


def _machine(flood: Flood) -> Text:
    memory, disk = f"{memory_most_mb(flood):.0f}", f"{disk_most_mb(flood):.0f}"
    return _say(
        "mb-memory-may",
        memory_mb=flood.memory_mb,
        memory=memory,
        disk_mb=flood.disk_mb,
        disk=disk,
        normal_s=flood.normal_s,
    )
