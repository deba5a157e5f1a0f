"""The report of the drill ``tap``: what was on the tape, what it says, and what could be inferred from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.search import Finding, Hunt, Kind, Searched, Secret, files_below
from nullabona.drills.seizure.findings import describe_short
from nullabona.drills.tap.findings import Heard
from nullabona.drills.tap.listening import (
    Score,
    guess_by_look_ups,
    guess_with_addresses,
    guess_without_addresses,
    looked_up_together,
)
from nullabona.drills.tap.scenario import play

_say: Final = Sentences("drill_tap")

_SIZES: Final = frozenset({512, 1_024, 2_048, 4_096, 16_384, 65_536})
"""Of frames, fixed here and not taken from the product, so that a new size fails T-13 until it is judged."""
_MANY: Final = 100
"""Requests without which a claim about them says little."""


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    heard, folder = play(tell)
    with folder:
        tell(_say("tape-searched-said"))
        return report_of(heard)


def report_of(heard: Heard) -> Report:
    """What came of it."""
    searched, hunt = Searched(), Hunt(heard.secrets)
    sought = [secret for secret in heard.secrets if hunt.finds(secret)]
    found = hunt.search(files_below(heard.tape.parent / heard.tape.name), searched)
    tape = heard.listened
    with_, without = guess_with_addresses(tape), guess_without_addresses(tape)
    scores = {"with": Score.of(with_.pairs, heard.true), "without": Score.of(without.pairs, heard.true)}
    watched = Score.of(
        frozenset(pair for pair in with_.pairs if heard.watched in pair),
        frozenset(pair for pair in heard.true if heard.watched in pair),
    )
    scores["look-ups"] = Score.of(guess_by_look_ups(tape), frozenset(map(frozenset, heard.requests)))
    out = Report("tap", _say("live-tap-operator"))
    out.section(_say("tape"), _describe(heard, searched))
    out.section(_say("read-said"), list(_read(found, heard, sought)))
    out.section(_say("inferred-all-same"), _inferred(heard, scores, watched))
    out.section(_say("would-help-against"), _HELPS)
    opened = tape.opened()
    unread = _unread(found, sought, opened, plain=tape.noise.plain)
    out.section(_say("tried-all-passed"), _tried(heard, opened))
    out.checks = [*_can(heard, scores["with"], watched), *_asked(heard), *unread, *_cannot(heard)]
    out.data = {
        "tape": {"requests": tape.lines, "bytes": tape.size, "seconds": round(tape.seconds, 1)},
        "noise": {"count": tape.noise.count, "alike": tape.noise.alike, "packable": tape.noise.packable},
        "opened": sorted(set(opened)),
        "remembered": heard.remembered,
        "found": [{"label": one.label, "form": one.form} for one in found],
        "pairs": {way: _encode(score) for way, score in scores.items()},
        "watched": {"handle": heard.watched, **_encode(watched)},
    }
    return out


def _tried(heard: Heard, opened: list[str]) -> Iterator[Text]:
    tape = heard.listened
    names = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(opened).items()))
    boxes, inboxes, pieces = len(tape.sealed), len(tape.cards), len(tape.pieces)
    opening = _say("keys-open", names=names) if names else _say("no-key-opens")
    yield _say("keys-tried", boxes=boxes, inboxes=inboxes, pieces=pieces, opening=opening)
    marked = len(tape.marked(but=heard.together))
    yield _say("connections-heads-those", heads=len(tape.heads), marked=marked)
    remembered = ", ".join(heard.remembered or ())
    yield _say("memory-ties", remembered=remembered) if remembered else _say("memory-ties-nothing")


def _encode(score: Score) -> dict[str, int]:
    return {"right": score.right, "guessed": score.guessed, "true": score.true}


def _describe(heard: Heard, searched: Searched) -> Iterator[Text]:
    tape = heard.listened
    connections, addresses = len(tape.address), len(set(tape.address.values()))
    yield _say(
        "requests-answers-s",
        lines=tape.lines,
        seconds=tape.seconds,
        bytes=searched.bytes / 1000000.0,
        connections=connections,
        addresses=addresses,
    )
    rooms = tape.rooms_boxes()
    yield _say("boxes-rooms-inboxes", rooms=len(rooms), boxes=len(tape.boxes) - len(rooms))
    sizes = Counter(size for box in tape.boxes.values() for size in box.sizes)
    listed = ", ".join(f"{size}: {count}" for size, count in sorted(sizes.items())[:8])
    yield _say("sizes-frames-bytes", listed=listed)


def _read(found: list[Finding], heard: Heard, sought: list[Secret]) -> Iterator[Text]:
    if found:
        names = ", ".join(sorted({f"{one.label} ({one.form})" for one in found}))
        yield _say("found", names=names)
    else:
        yield _say("nothing-none-texts", sought=len(sought))
    noise = heard.listened.noise
    yield _say("frames-pieces-files", count=noise.count, alike=noise.alike, packable=noise.packable)
    if short := [secret for secret in heard.secrets if secret not in sought]:
        yield describe_short(short)


def _inferred(heard: Heard, scores: dict[str, Score], watched: Score) -> Iterator[Text]:
    named = len(guess_with_addresses(heard.listened).named)
    yield _say("with-addresses", pairs=_pairs(scores["with"]), named=named)
    yield _say("without-addresses", pairs=_pairs(scores["without"]))
    asked = scores["look-ups"]
    yield _say("without-addresses-looked", right=asked.right, guessed=asked.guessed - asked.right)
    sets, groups = looked_up_together(heard.listened), len(heard.guests)
    yield _say("same-way-looked", sets=len(sets), guests=len(heard.guests & sets), groups=groups)
    guests, looked = sum(map(len, heard.guests)), len(heard.looked_up_guests)
    yield _say("guests-looked-up", looked=looked, guests=guests)
    yield _say("watching-one", watched=heard.watched, pairs=_pairs(watched))
    sender, pieces = _file_sender(heard)
    yield _say("file-sender", pieces=pieces, sender=sender or _say("nobody"))
    yield _say("two-warrants-one", watched=heard.watched, inbox_grew=heard.inbox_grew, invited=heard.invited)


def _pairs(score: Score) -> Text:
    return _say("pairs-guessed", right=score.right, true=score.true, wrong=score.guessed - score.right)


def _file_sender(heard: Heard) -> tuple[str, int]:
    return max(heard.listened.blobs_from.items(), key=lambda item: item[1], default=("", 0))


_HELPS: Final = (
    _say("not-tried-here"),
    _say("somebody-sees-addresses"),
)  # fmt: skip


# -- claims -------------------------------------------------------------------------------------------------------


_KINDS: Final = (("T-10", (Kind.TEXT, Kind.ROOM, Kind.PHRASE)), ("T-16", (Kind.KEY,)))
_BEHIND: Final = {"T-10": frozenset({"inbox", "file"}), "T-16": frozenset({"frame"})}
"""What must not open with what passed, or that is what could be read."""


def _can(heard: Heard, pairs: Score, watched: Score) -> Iterator[Check]:
    tape = heard.listened
    yield Check.of("T-01", _CLAIMS["T-01"], held=len(set(tape.address.values())) == len(heard.handles))
    yield Check.of("T-02", _CLAIMS["T-02"], held=pairs.right > 0 and tape.rooms_on_one() > 1)
    yield Check.of("T-03", _CLAIMS["T-03"], held=watched.right > 0)
    yield Check.of("T-04", _CLAIMS["T-04"], held=_file_sender(heard)[0] == heard.file_from)
    yield Check.of("W-05", _CLAIMS["W-05"], held=heard.inbox_grew > 0)


def _asked(heard: Heard) -> Iterator[Check]:
    """By look-ups: nobody who was asked looked up who had asked, and nobody whom they put into a group."""
    told = Check.of("T-21", _CLAIMS["T-21"], held=not heard.looked_up_askers)
    yield told.unless(None if heard.requests and heard.listened.looked_up else _NOT_SAID)
    names = ", ".join(sorted(heard.looked_up_guests))
    guests = Check.of("T-22", _CLAIMS["T-22"].with_list(names), held=not names)
    yield guests.unless(None if heard.makers and heard.listened.looked_up else _NOT_SAID)


def _unread(found: list[Finding], sought: list[Secret], opened: list[str], *, plain: bool) -> Iterator[Check]:
    """What was not read; every kind that a line names has to be there to be found.

    ``plain``: something that came is no noise, so that it could say anything in a form that nobody looks for.
    """
    there = {secret.kind for secret in sought}
    for id, kinds in _KINDS:
        names = ", ".join(sorted({one.label for one in found if one.kind in kinds}))
        shut = _BEHIND[id].isdisjoint(opened) and not (id == "T-10" and plain)
        check = Check.of(id, _CLAIMS[id].with_list(names), held=not names and shut)
        yield check.unless(None if there.issuperset(kinds) else _NOT_SAID)


def _cannot(heard: Heard) -> Iterator[Check]:
    tape = heard.listened
    seen = {size for box in tape.boxes.values() for size in box.sizes}
    lengths = ", ".join(map(str, sorted(seen - _SIZES)))
    sizes = Check.of("T-13", _CLAIMS["T-13"].with_list(lengths), held=not lengths and tape.nonces.drawn)
    yield sizes.unless(None if seen else _NOT_SAID)
    inbox, rooms = tape.reading(inbox=True), tape.reading(inbox=False)
    tied = inbox & (rooms | tape.filing)
    there = inbox and rooms and tape.filing
    apart = Check.of("T-14", _CLAIMS["T-14"], held=not tied and not tape.tied_by_heads())
    yield apart.unless(None if there and tape.heads else _NOT_SAID)
    asked = Check.of("T-15", _CLAIMS["T-15"], held=not (inbox | rooms) & tape.asking)
    yield asked.unless(None if inbox | rooms and tape.asking else _NOT_SAID)
    alone = tape.requests_for_rooms(but=heard.together)
    alike = tape.opened_alike() == 0 and bool(tape.heads) and not tape.marked(but=heard.together)
    yield Check.of("T-17", _CLAIMS["T-17"], held=len(alone) > _MANY and max(alone) == 1 and alike)
    yield Check.of("T-19", _CLAIMS["T-19"], held=heard.invited == 0)
    untied = len(tape.tokens) > len(heard.together) and not tape.shared() and not heard.remembered
    yield Check.of("S-25", _CLAIMS["S-25"], held=untied).unless(_NOT_SAID if heard.remembered is None else None)


_NOT_SAID: Final = _say("nothing-kind-there")
_CLAIMS: Final = {
    "T-01": _say("t-01"),
    "T-02": _say("t-02"),
    "T-03": _say("t-03"),
    "T-04": _say("t-04"),
    "T-10": _say("t-10"),
    "T-13": _say("t-13"),
    "T-14": _say("t-14"),
    "T-15": _say("t-15"),
    "T-16": _say("t-16"),
    "T-17": _say("t-17"),
    "T-19": _say("t-19"),
    "T-21": _say("t-21"),
    "T-22": _say("t-22"),
    "S-25": _say("s-25"),
    "W-05": _say("w-05"),
}  # fmt: skip
