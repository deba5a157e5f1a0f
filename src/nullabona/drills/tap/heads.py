"""What connections reveal about their clients before any request's content: the heads of their first requests.

A head tells nothing if everybody's is the same. Whatever is in some and not in all of a kind (a cookie, a program's
name, a number of the device, an order of its own) ties those that have it together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

_DRAWN: Final = b"sec-websocket-key"
"""RFC 6455 wants 16 bytes of chance for each connection: of one that comes twice it is a mark like any other."""
_LENGTH: Final = b"content-length"
"""Of what is asked, which the relay is told anyway."""


def marks_of(heads: Mapping[int, bytes]) -> dict[int, frozenset[bytes]]:
    """What in each connection's head is not in that of every connection that begins in the same way."""
    drawn = Counter(line for head in heads.values() for line in head.split(b"\n") if _name(line) == _DRAWN)
    shown = {peer: _lines(head, drawn) for peer, head in heads.items()}
    kinds: dict[bytes, list[frozenset[bytes]]] = defaultdict(list)
    for lines in shown.values():
        kinds[lines[0]].append(_with_order(lines))
    common = {kind: frozenset.intersection(*found) for kind, found in kinds.items()}
    return {peer: _with_order(lines) - common[lines[0]] for peer, lines in shown.items()}


def tied(marks: Mapping[int, frozenset[bytes]], some: Iterable[int], others: Iterable[int]) -> bool:
    """Whether a connection of ``some`` bears a mark that one of ``others`` bears, too."""
    theirs = {mark for peer in others for mark in marks.get(peer, ())}
    return any(not theirs.isdisjoint(marks.get(peer, ())) for peer in some)


def _lines(head: bytes, drawn: Mapping[bytes, int]) -> list[bytes]:
    """The head without what is another in each."""
    return [
        _name(line) if _name(line) == _LENGTH or (_name(line) == _DRAWN and drawn[line] == 1) else line
        for line in head.split(b"\n")
    ]


def _with_order(lines: list[bytes]) -> frozenset[bytes]:
    names = [line.partition(b":")[0] for line in lines[1:]]
    return frozenset((*lines, b"in the order " + b" ".join(names)))


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].lower()
