"""What a running relay remembers, as its own program sees it: is there anything that ties a wake token to a room's box?

Every object of the process is checked, regardless of its holder. A *record* is what one object puts side by side: an
entry of a dict, a tuple, an object's attributes. One with something that only a box has beside something that only
a wake token has says which box that token was woken for, in whatever form it was kept: as it is, hashed, or in
hexadecimal.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from nullabona.relay.core.boxes import Head
from nullabona.wire.address import box_address
from nullabona.wire.messages import POLICY_ROOM, AnyRequest, AnyResponse, Append, Appended, AwaitWake, Read
from nullabona.wire.wakes import wake_tokens

_MOST: Final = 64
"""Values of one record that are looked at."""
_DEEPEST: Final = 3
_ROWS: Final = (list, tuple, set, frozenset, deque)
_PASSING: Final = ("nullabona.wire.messages", "nullabona.drills.")
"""A request in hand says both, until it is answered; and what this program notes is the operator's own."""


@dataclass(slots=True)
class Known:
    """What passed that names a room's box, and what names a wake token or ties wake tokens together."""

    boxes: set[bytes] = field(default_factory=set)
    tokens: set[bytes] = field(default_factory=set)

    def take(self, asked: AnyRequest) -> None:
        """A request came."""
        match asked:
            case Append(policy=policy) if policy == POLICY_ROOM:
                write_hash = sha256(asked.write_secret).digest()
                self._box(asked.read_hash, write_hash, asked.write_secret)
                if asked.wake is not None:
                    self._token(bytes(asked.wake[0]), *wake_tokens(*asked.wake))
            case Read(policy=policy) if policy == POLICY_ROOM:
                self._box(sha256(asked.read_secret).digest(), asked.write_hash, asked.read_secret)
            case AwaitWake():
                self._token(asked.token)
            case _:
                pass

    def take_answer(self, told: AnyResponse) -> None:
        """An answer left."""
        if isinstance(told, Appended):
            self.boxes |= _forms(told.incarnation)

    def _box(self, read_hash: bytes, write_hash: bytes, secret: bytes) -> None:
        address = box_address(POLICY_ROOM, read_hash, write_hash)
        for each in (address, read_hash, write_hash, secret):
            self.boxes |= _forms(each)

    def _token(self, *found: bytes) -> None:
        for each in found:
            self.tokens |= _forms(each)


def _forms(value: bytes) -> set[bytes]:
    digest = sha256(value).digest()
    return {value, digest, value.hex().encode(), digest.hex().encode()}


def ties(known: Known, everything: list[Any] | None = None) -> list[str]:
    """What kind of object each record is in that ties the two, once each: of ``everything``, or of all there is."""
    everything = _all_there_is() if everything is None else everything
    numbers = _numbers(everything, known)
    found = {
        name
        for name, record in _records(everything)
        if (values := list(_flat(record)))
        and not known.tokens.isdisjoint(values)
        and not (known.boxes.isdisjoint(values) and numbers.isdisjoint(values))
    }
    return sorted(found)


def _all_there_is() -> list[Any]:
    """Every object that can hold others.

    A dict or a tuple of plain values holds nothing that could come back to it: the collector does not list it.
    """
    found = gc.get_objects()
    edge = list(found)
    reached: set[int] = set()
    while edge:
        edge = [one for one in gc.get_referents(*edge) if type(one) in {dict, tuple} and not gc.is_tracked(one)]
        edge = list({id(one): one for one in edge if id(one) not in reached}.values())
        reached.update(map(id, edge))
        found += edge
    return found


def _numbers(everything: Iterable[Any], known: Known) -> set[int]:
    """The numbers by which the relay keeps the boxes of rooms: they are in the heads that it remembers."""
    return {one.num for one in everything if isinstance(one, Head) and one.incarnation in known.boxes}


def _records(everything: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for one in everything:
        kind = type(one)
        if kind is dict:
            yield from (("an entry of a dict", entry) for entry in list(islice(one.items(), _MOST * _MOST)))
        elif kind in _ROWS:
            yield f"a {kind.__name__}", one
        elif _is_the_relays(str(kind.__module__)):
            yield kind.__name__, _attributes(one)


def _is_the_relays(module: str) -> bool:
    return module.startswith("nullabona.") and not module.startswith(_PASSING)


def _attributes(one: Any) -> list[Any]:  # noqa: ANN401 - any object of the relay
    names = [name for each in type(one).__mro__ for name in getattr(each, "__slots__", ())]
    return [getattr(one, name, None) for name in names] + list(getattr(one, "__dict__", {}).values())


def _flat(record: Any, depth: int = 0) -> Iterator[bytes | int]:  # noqa: ANN401 - whatever is there
    """The values that stand side by side."""
    if isinstance(record, bytes | bytearray):
        yield bytes(record)
    elif isinstance(record, str):
        yield record.encode("utf-8", "replace")
    elif isinstance(record, int):
        yield record
    elif isinstance(record, _ROWS) and depth < _DEEPEST:
        # To take items from a tuple that another thread is still making would end the process: some are not there.
        items = gc.get_referents(record) if isinstance(record, tuple) else record
        for each in list(islice(items, _MOST)):
            yield from _flat(each, depth + 1)
