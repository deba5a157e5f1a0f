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
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_insider")

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
    report = Report("insider", _say("members-turn-their"))
    attacks = [(what, attack) for what, attack in zip(_WHAT, _all(inside), strict=True) if attack.begun]
    report.section(_say("attacks-one-room"), starmap(_describe, attacks))
    report.section(_say("will-not-go"), map(_storm, inside.storms))
    report.section(_say("figures"), _figures(inside))
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
    _say("frames-everybody-s"),
    _say("frames-everybody-s-name"),
    _say("word-room-moved"),
    _say("invitation-into-room"),
    _say("claims-ever-other"),
    _say("frames-far-ahead"),
    _say("same-one-removed"),
    _say("items-name-machine"),
    _say("same-one-removed-2"),
)


def _describe(what: Text, attack: Attack) -> Text:
    if not attack.frames:
        return _say("could-not-tried", what=what)
    came = _say("said-then-came", heard=attack.heard)
    if attack.heard < 0:
        came = _say("said-then-did", heard_within_s=HEARD_WITHIN_S)
    lost = _say("nobody-lost-room")
    if attack.away or attack.away_s:
        who = ", ".join(attack.away) or "-"
        lost = _say("without-room-s", away_s=attack.away_s, who=who)
    if attack.misled:
        who = ", ".join(attack.misled)
        lost = _say("misled", who=who)
    return _say("frames-bytes", what=what, frames=attack.frames, bytes=attack.bytes, came=came, lost=lost)


def _storm(storm: Storm) -> Text:
    out = _say("out-after-s", removed_s=storm.removed_s)
    if storm.removed_s < 0:
        out = _say("still-after-s", removed_within_s=REMOVED_WITHIN_S)
    back = _say("away-had-caught", back_s=storm.back_s)
    if storm.back_s < 0:
        back = _say("away-did-not", back_within_s=BACK_WITHIN_S)
    return _say("commits-second-all", rate=storm.rate, commits=storm.commits, out=out, back=back)


def _figures(inside: Inside) -> Iterator[Text]:
    data = _data(inside)
    if inside.lured_to:
        who = ", ".join(sorted(set(inside.lured_to)))
        yield _say("connected-sender-s", who=who)
    times = ", ".join(f"{seconds} s ({rate}/s)" for rate, seconds in data["removal_s"].items())
    if times:
        yield _say("time-removal", times=times)
    yield _say("longest-time-without", longest_away_s=data["longest_away_s"])
    if not _dearest(inside).frames:
        return
    yield _say(
        "work-reader-hostile",
        ms_a_frame=data["ms_a_frame"],
        calls_a_frame=data["calls_a_frame"],
        us_a_byte=data["us_a_byte"],
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
    "F-11": _say("f-11"),
    "R-17": _say("r-17"),
    "E-30": _say("e-30"),
    "E-31": _say("e-31"),
    "E-32": _say("e-32"),
    "E-33": _say("e-33"),
    "E-34": _say("e-34", removed_within_s=REMOVED_WITHIN_S),
    "E-35": _say("e-35", back_within_s=BACK_WITHIN_S),
}
