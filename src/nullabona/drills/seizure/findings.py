"""What a seizure brought: the outcome of the search, and how it is told to people and to machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nullabona.drills.expert.inventory import Box, Inventory, day_text, size_counts
from nullabona.drills.reporting.text import Sentences, Text
from nullabona.drills.search import OPEN_FILE, Finding, Kind, Searched, Secret, Swap
from nullabona.drills.search.forms import forms_of

_say: Final = Sentences("drill_seizure")

MEMORY: Final = "memory "
"""How the names of memory regions begin."""
_CARDS: Final = ("cards.db", "cards.db-wal")


@dataclass(slots=True)
class Seized:
    """What was searched and found. ``memory_read`` is false if memory could not be read."""

    sought: list[Secret] = field(default_factory=list)
    """What was looked for ..."""
    short: list[Secret] = field(default_factory=list)
    """... and what of the secrets could not be: it would turn up by chance."""
    disk: Searched = field(default_factory=Searched)
    memory: Searched = field(default_factory=Searched)
    findings: list[Finding] = field(default_factory=list)
    memory_read: bool = False
    connected: list[str] = field(default_factory=list)
    """Addresses of the connections that were open."""
    swap: Swap = field(default_factory=lambda: Swap(0, 0))
    """What of the process was swapped out when it was seized."""

    @property
    def leaks(self) -> list[Finding]:
        """The findings that count."""
        return [found for found in self.findings if not _is_public(found)]

    @property
    def public(self) -> int:
        """How many handles were found where their public cards are."""
        return len({found.label for found in self.findings if _is_public(found)})

    def of(self, *kinds: Kind, memory: bool) -> list[Finding]:
        """The leaks of these kinds, on disk or in memory."""
        return [f for f in self.leaks if f.kind in kinds and f.source.startswith(MEMORY) == memory]


def _is_public(found: Finding) -> bool:
    """A handle is a public record; it is expected in the cards, and in the memory of the process that serves them."""
    file = found.source.removeprefix(OPEN_FILE).removesuffix(" (deleted)")
    return found.kind is Kind.NAME and (file in _CARDS or found.source.startswith(MEMORY))


# -- for people ---------------------------------------------------------------------------------------------------


def describe_carried(seized: Seized) -> Iterator[Text]:
    """How much was taken and searched."""
    files, size = len(seized.disk.sources), _megabytes(seized.disk.bytes)
    yield _say("files-their-logs", files=files, size=size)
    if not seized.memory_read:
        yield _say("memory-not-searched")
        return
    size, seconds = _megabytes(seized.memory.bytes), seized.memory.seconds
    yield _say("memory-running-process", size=size, seconds=seconds)
    yield _describe_swap(seized.swap)
    opened, forms = seized.disk.opened + seized.memory.opened, _count_forms(seized.sought)
    yield _say("compressed-streams-opened", opened=opened, forms=forms)


def _count_forms(sought: Sequence[Secret]) -> Text:
    """In how many ways each may be written down: a key in fewer than a text, ASCII in fewer than Korean."""
    counts = [len(forms_of(secret)) for secret in sought] or [0]
    least, most = min(counts), max(counts)
    return _say("each-secret-looked", least=least, most=most)


def _describe_swap(swap: Swap) -> Text:
    if not swap.areas:
        return _say("machine-has-no")
    size = _megabytes(swap.bytes)
    return _say("swapped-out-read", size=size, areas=swap.areas)


def describe_readable(inventory: Inventory) -> Iterator[Text]:
    """What is there instead of secrets."""
    frames = [size for box in inventory.boxes for size in box.sizes]
    yield _say(
        "boxes-encrypted-frames", boxes=len(inventory.boxes), frames=len(frames), size_counts=size_counts(frames)
    )
    blobs, size = len(inventory.blobs), _megabytes(sum(inventory.blobs))
    yield _say("encrypted-blobs-together", blobs=blobs, size=size)
    cards, names = len(inventory.cards), ", ".join(card.name for card in inventory.cards) or "-"
    yield _say("public-cards-each", cards=cards, names=names)


def describe_inferred(inventory: Inventory, seized: Seized) -> Iterator[Text]:
    """What may be concluded from it."""
    days = Counter(day_text(day) for box in inventory.boxes for day in box.days)
    shown = ", ".join(f"{day}: {count}" for day, count in sorted(days.items())) or "-"
    yield _say("frames-expiry-day", shown=shown)
    inboxes = count_inboxes(inventory)
    rest = len(inventory.boxes) - inboxes
    yield _say("boxes-inboxes-known", inboxes=inboxes, rest=rest)
    log = f"{inventory.log_bytes:,} B"
    yield _say("write-ahead-logs", log=log, log_writes=inventory.log_writes)
    connections = len(seized.connected)
    yield _say("connections-open-while", connections=connections)


_KINDS: Final = {
    Kind.TEXT: _say("messages"),
    Kind.ROOM: _say("room-names"),
    Kind.NAME: _say("names-outside-public"),
    Kind.PHRASE: _say("recovery-phrases"),
    Kind.KEY: _say("keys"),
    Kind.ADDRESS: _say("client-addresses"),
}


def describe_found(seized: Seized) -> Iterator[Text]:
    """How many of the secrets that were looked for were found, kind by kind, and where each was."""
    counts = Counter(secret.kind for secret in seized.sought)
    yield from (_found(seized, kind, counts[kind]) for kind in _KINDS if counts[kind])
    if seized.short:
        yield describe_short(seized.short)
    if public := seized.public:
        yield _say("handles-stand-their", public=public)
    for found in seized.leaks:
        where = f"{found.source} @ {found.offset} ({found.form}, {found.share:.0%})"
        yield _say("leak", label=found.label, where=where)
    if passed := seized.disk.passed_over + seized.memory.passed_over:
        yield _say("places-not-counted", passed=passed)


def describe_short(short: Sequence[Secret]) -> Text:
    """What was planted and not looked for."""
    labels = ", ".join(secret.label for secret in short)
    return _say("more-could-not", short=len(short), labels=labels)


def _found(seized: Seized, kind: Kind, count: int) -> Text:
    disk = len({found.label for found in seized.of(kind, memory=False)})
    memory = len({found.label for found in seized.of(kind, memory=True)})
    inside = _say("found-in-memory", memory=memory) if seized.memory_read else _say("kind-memory-unsearched")
    return _say("found-of-a-kind", kind=_KINDS[kind], count=count, disk=disk, inside=inside)


# -- for machines -------------------------------------------------------------------------------------------------


def encode_seized(seized: Seized, inventory: Inventory) -> dict[str, Any]:
    """The same facts as values of JSON."""
    sizes = Counter(size for box in inventory.boxes for size in box.sizes)
    return {
        "memory_searched": seized.memory_read,
        "searched": {
            "files": len(seized.disk.sources),
            "disk_bytes": seized.disk.bytes,
            "memory_bytes": seized.memory.bytes,
            "swapped_bytes": seized.swap.bytes,
            "swap_areas": seized.swap.areas,
            "seconds": round(seized.disk.seconds + seized.memory.seconds, 2),
        },
        "held": {
            "boxes": len(inventory.boxes),
            "inboxes": count_inboxes(inventory),
            "frames_ever": sum(box.number for box in _others(inventory)),
            "frames": sum(sizes.values()),
            "frame_sizes": {str(size): count for size, count in sorted(sizes.items())},
            "blobs": len(inventory.blobs),
            "cards": len(inventory.cards),
            "log_writes": inventory.log_writes,
            "undeclared": list(inventory.undeclared),
        },
        "secrets": dict(Counter(secret.kind.value for secret in seized.sought)),
        "too_short": [secret.label for secret in seized.short],
        "leaks": [_encode_finding(found) for found in seized.leaks],
        "public": seized.public,
        "connections": len(seized.connected),
    }


def _encode_finding(found: Finding) -> dict[str, Any]:
    return {
        "label": found.label,
        "kind": found.kind.value,
        "source": found.source,
        "offset": found.offset,
        "form": found.form,
        "places": found.places,
        "share": round(found.share, 3),
    }


def count_inboxes(inventory: Inventory) -> int:
    """How many boxes a card says to be its account's inbox."""
    return len(inventory.boxes) - len(_others(inventory))


def _others(inventory: Inventory) -> list[Box]:
    """Boxes that no card names: their numbers begin at 1."""
    known = {card.card.body.inbox.address for card in inventory.cards}
    return [box for box in inventory.boxes if box.address not in known]


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
