"""The drill ``seizure``: the relay's machine is carried away, disks and memory; what can be read, what inferred?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.drills.expert.connections import connected_addresses
from nullabona.drills.expert.declared import strays_beside
from nullabona.drills.expert.inventory import Inventory, take_inventory
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.search import (
    Bare,
    Hunt,
    Kind,
    MemoryDenied,
    Secret,
    files_below,
    load_secrets,
    look_at_swap,
    memory_chunks,
    open_files,
    program_files,
)
from nullabona.drills.seizure.erased import Erased, look_below
from nullabona.drills.seizure.findings import (
    Seized,
    count_inboxes,
    describe_carried,
    describe_found,
    describe_inferred,
    describe_readable,
    encode_seized,
)

_say: Final = Sentences("drill_seizure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is seized. ``also`` are backups and the like; ``control`` is the process of a relay nobody ever used.

    ``logs`` and ``temporary`` are searched like ``also``; and no line may be in a log that is not declared, and nothing
    in a temporary folder.
    """

    data: Path
    secrets: Sequence[Secret]
    pid: int | None = None
    also: Sequence[Path] = ()
    logs: Sequence[Path] = ()
    temporary: Sequence[Path] = ()
    control: int | None = None


def run(_: Tell, *, data: Path, secrets: Path, pid: int | None, also: Sequence[Path], control: int | None) -> Report:
    """Play the drill with the secrets of a file. Raises `SecretsUnreadable` besides."""
    return run_seizure(Scene(data=data, secrets=load_secrets(secrets), pid=pid, also=also, control=control))


def run_seizure(scene: Scene) -> Report:
    """Play the drill. Raises `DataUnreadable`, or `NoProcess` if there is no such process."""
    seized = _search(scene)
    inventory = take_inventory(scene.data)
    report = Report("seizure", _say("seizure-relay-disks"))
    report.section(_say("carried-away"), describe_carried(seized))
    report.section(_say("can-read"), describe_readable(inventory))
    report.section(_say("can-inferred"), describe_inferred(inventory, seized))
    report.section(_say("found-planted-secrets"), describe_found(seized))
    below = look_below()
    report.section(_say("below-files"), describe_below(below))
    beside = list(strays_beside(scene.logs, scene.temporary))
    report.checks = [*_can(seized, inventory), *_cannot(seized, [*inventory.undeclared, *beside])]
    report.checks.append(_below(below))
    report.data = {**encode_seized(seized, inventory), "below": {"planted": below.planted, "left": list(below.left)}}
    return report


def _search(scene: Scene) -> Seized:
    hunt, seized, disk, memory = Hunt(scene.secrets), Seized(), Bare.of(scene.secrets), Bare.of(scene.secrets)
    for secret in scene.secrets:
        (seized.sought if hunt.finds(secret) else seized.short).append(secret)
    for place in (scene.data, *scene.also, *scene.logs, *scene.temporary):
        seized.findings += hunt.search(disk.watch(files_below(place)), seized.disk)
    seized.findings += disk.findings
    if scene.pid is None:
        return seized
    try:
        if scene.control is not None:
            hunt.learn(memory_chunks(scene.control))
            hunt.learn(program_files())
        seized.swap = look_at_swap(scene.pid)
        seized.findings += hunt.search(open_files(scene.pid), seized.disk)
        seized.findings += hunt.search(memory.watch(memory_chunks(scene.pid)), seized.memory) + memory.findings
        seized.connected = connected_addresses(scene.pid)
        seized.memory_read = seized.memory.bytes > 0
    except MemoryDenied:
        seized.memory_read = False
    return seized


# -- claims -------------------------------------------------------------------------------------------------------

_CAN: Final = {
    "S-01": _say("s-01"),
    "S-02": _say("s-02"),
    "S-03": _say("s-03"),
    "S-04": _say("s-04"),
    "S-05": _say("s-05"),
}  # fmt: skip
_CANNOT: Final = (
    ("S-10", (Kind.TEXT,), False,
     _say("s-10")),
    ("S-11", (Kind.TEXT,), True,
     _say("s-11")),
    ("S-12", (Kind.ROOM,), False,
     _say("s-12")),
    ("S-13", (Kind.PHRASE, Kind.KEY), False,
     _say("s-13")),
    ("S-14", (Kind.ROOM, Kind.PHRASE, Kind.KEY), True,
     _say("s-14")),
    ("S-15", (Kind.ADDRESS,), False,
     _say("s-15")),
    ("S-16", (Kind.ADDRESS,), True,
     _say("s-16")),
)  # fmt: skip
_DECLARED: Final = _say("no-file-table")


_BELOW: Final = _say("nothing-relay-has")
_NOTHING: Final[dict[str, Text]] = {
    "S-01": _say("no-frame-there"),
    "S-02": _say("no-card-there"),
    "S-03": _say("no-inbox-card"),
    "S-04": _say("logs-told-no"),
    "S-05": _say("nobody-seen-connected"),
}
_DENIED: Final = _say("memory-not-searched-no")
_NO_DISK: Final = _say("there-nothing-search")


def _can(seized: Seized, inventory: Inventory) -> Iterator[Check]:
    """What the page admits, where it was seen in what was carried away."""
    seen = {
        "S-01": any(box.days for box in inventory.boxes),
        "S-02": bool(inventory.cards),
        "S-03": count_inboxes(inventory) > 0,
        "S-04": inventory.log_writes > 1,
        "S-05": bool(seized.connected),
    }
    return (Check.shown(id, text, seen=seen[id], otherwise=_NOTHING[id]) for id, text in _CAN.items())


def _cannot(seized: Seized, undeclared: Iterable[str]) -> Iterator[Check]:
    for id, kinds, memory, text in _CANNOT:
        found = ", ".join(sorted({leak.label for leak in seized.of(*kinds, memory=memory)}))
        yield Check.of(id, text.with_list(found), held=not found).unless(_blind(seized, kinds, memory=memory))
    strays = [*undeclared, *sorted({leak.source for leak in seized.of(Kind.NAME, memory=False)})]
    check = Check.of("S-17", _DECLARED.with_list(", ".join(strays)), held=not strays)
    yield check.unless(_blind(seized, (Kind.NAME,), memory=False))


def describe_below(below: Erased) -> Iterator[Text]:
    """What was planted on images and looked for when it was erased."""
    if below.lacking:
        yield _say("not-looked-only", lacking=below.lacking)
        return
    yield _say("images-ext4-without", planted=below.planted)
    yield _say("found-them-afterwards", left="; ".join(below.left) or "0")


def _below(below: Erased) -> Check:
    why = _say("no-image", lacking=below.lacking) if below.lacking else None
    return Check.of("S-29", _BELOW.with_list("; ".join(below.left)), held=not below.left).unless(why)


def _blind(seized: Seized, kinds: Iterable[Kind], *, memory: bool) -> Text | None:
    """Why secrets of these kinds could not have been found: every kind that a line names has to be planted."""
    lacking = set(kinds) - {secret.kind for secret in seized.sought}
    if lacking:
        names = ", ".join(sorted(lacking))
        return _say("nothing-planted-could", names=names)
    if memory and not seized.memory_read:
        return _DENIED
    return None if memory or seized.disk.bytes else _NO_DISK
