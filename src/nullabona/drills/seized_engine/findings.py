"""What the nodes of an engine brought: secrets, what of boxes is on a disk, and what memory shows beside ciphertext."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from nullabona.drills.search import Chunk, Finding, Searched, Secret
from nullabona.relay.shelves.engine.schema import FILES

ADDRESS_SIZE: Final = 32
_APPEND: Final = re.compile(rb"\*\d+\r\n\$\d+\r\nRPUSH\r\n\$34\r\nb:(.{32})\r\n\$(\d+)\r\n", re.DOTALL)
"""How a node tells its replicas of a frame; the last of that are its backlog."""
_DECLARED: Final = frozenset({*(file.pattern for file in FILES), "stderr"})
"""The last one is where a node's unit would keep nothing."""


@dataclass(slots=True)
class Node:
    """One node as it was taken."""

    name: str
    """``primary`` or ``replica``."""
    strays: list[str] = field(default_factory=list)
    """Files that are not declared."""
    told: int = 0
    """How many of the boxes and frames that it holds are in one of its files."""
    disk: Searched = field(default_factory=Searched)
    memory: Searched = field(default_factory=Searched)
    findings: list[Finding] = field(default_factory=list)
    denied: bool = False
    """Its memory may not be read here."""
    frames: int = 0
    """How many of the frames that it holds are in the image of its memory ..."""
    of_frames: int = 0
    """... of so many that were looked for."""
    order: list[bytes] = field(default_factory=list)
    """The boxes of the last appends, as they came, from the backlog."""


@dataclass(slots=True)
class Outcome:
    """All nodes, and what was looked for."""

    secrets: list[Secret] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    boxes: int = 0
    idle_s: list[int] = field(default_factory=list)
    """How many seconds ago each box was used last."""
    lines: tuple[int, int] = (0, 0)
    """How many people had said when the first node was taken, and when the last one was."""

    @property
    def denied(self) -> bool:
        """Whether the memory of some node may not be read here."""
        return any(node.denied for node in self.nodes)

    @property
    def leaks(self) -> list[Finding]:
        """Every secret that was found, on disk or in memory."""
        return [found for node in self.nodes for found in node.findings]

    @property
    def on_disk(self) -> list[str]:
        """What is on a disk and should not be."""
        told = [f"{node.name}: {node.told} boxes and frames" for node in self.nodes if node.told]
        return [*(f"{node.name}: {stray}" for node in self.nodes for stray in node.strays), *told]


def strays_of(files: Iterable[str]) -> list[str]:
    """Which of a node's files are not declared."""
    return sorted(set(files) - _DECLARED)


def count_in(chunks: Iterable[Chunk], wanted: Collection[bytes]) -> int:
    """How many of these bytes are in the chunks, as they are or in hexadecimal."""
    found: set[bytes] = set()
    for chunk in chunks:
        data = chunk.data
        found |= {one for one in wanted if one not in found and (one in data or one.hex().encode() in data)}
    return len(found)


def appends_in(chunks: Sequence[Chunk]) -> list[bytes]:
    """The boxes of the appends that one piece of memory tells in order: the piece that tells most."""
    return max(([found[1] for found in _APPEND.finditer(chunk.data)] for chunk in chunks), key=len, default=[])
