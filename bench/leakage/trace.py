"""What a server's machine saw, and what was true: the only things that pass between a design and an attacker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

NOBODY: Final = -1
"""In a field of an event: the machine did not see it, or there is none."""


class Role(IntEnum):
    """A process that an operator runs; where it is seen that something happened."""

    RELAY = 0
    """Keeps boxes and blobs."""
    DIRECTORY = 1
    """Is asked for public records."""
    INGRESS = 2
    """Forwards sealed cells: it sees network addresses, and neither boxes nor handles."""
    FEED = 3
    """Hands out what was active. Nothing that exists today has one."""


class Op(IntEnum):
    """What happened."""

    APPEND = 0
    """Something was put into a place."""
    READ = 1
    """Somebody asked what is new in a place, and perhaps began to wait there."""
    DELIVER = 2
    """Something was handed to a reader. A disk knows none."""
    ERASE = 3
    """A reader had something erased."""
    PUT_BLOB = 4
    GET_BLOB = 5
    LOOKUP = 6
    """A public record (``place``: the account's number) was looked up."""
    OPEN = 7
    """A connection began."""
    CLOSE = 8
    SENT = 9
    """A sealed cell came from a device. Only an ingress sees it as such."""
    ANSWERED = 10
    """A sealed cell went to a device."""


def role_of(op: Op) -> Role:
    """Who sees it where clients connect to the relay themselves."""
    if op in {Op.SENT, Op.ANSWERED}:
        return Role.INGRESS
    return Role.DIRECTORY if op is Op.LOOKUP else Role.RELAY


EVENT: Final = np.dtype(
    [
        ("t", "f8"),  # seconds since the society began, as exact as the machine knows or keeps it
        ("op", "u1"),
        ("place", "i8"),  # what the design puts things into: box, queue, mailbox, room; numbered by first use
        ("conn", "i8"),  # the connection, numbered by its opening
        ("addr", "i4"),  # the network address, one number for each
        ("who", "i4"),  # the account that the machine knows to act (a login), not one that must be guessed
        ("to", "i4"),  # the account that the machine knows to be addressed
        ("size", "i4"),  # bytes, after padding
        ("at", "u1"),  # the `Role` of the machine that sees it
    ]
)
"""One thing that a machine saw or keeps. `NOBODY` where it does not know."""

Events: TypeAlias = NDArray[np.void]
"""An array of `EVENT`, in the order of ``t``."""
Pair: TypeAlias = tuple[int, int]
"""Two accounts, the lower number first."""


class Owners(Mapping[int, int]):
    """The account of each connection, which are numbered from 0: millions of them, in an array."""

    def __init__(self, accounts: Sequence[int] | NDArray[np.int32]) -> None:
        self.accounts: NDArray[np.int32] = np.asarray(accounts, np.int32)

    def __getitem__(self, conn: int) -> int:
        if not 0 <= conn < len(self.accounts):
            raise KeyError(conn)
        return int(self.accounts[conn])

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.accounts)))

    def __len__(self) -> int:
        return len(self.accounts)


@dataclass(frozen=True, slots=True)
class Truth:
    """What an attacker would like to know. Accounts and rooms are numbered from 0.

    ``talks``: pairs that have a room for two and wrote in it. ``rooms``: the accounts that were ever in each room,
    rooms for two included. ``room_of``: the room that a place serves; places of no room (inboxes) are absent.
    ``chain``: places that follow one another in one room, for a design whose rooms move. ``account_of_conn`` and
    ``account_of_addr``: who stood behind each, to score guesses about them; no attacker gets to see these.
    """

    accounts: int
    talks: frozenset[Pair]
    rooms: Sequence[frozenset[int]]
    room_of: Mapping[int, int]
    chain: Sequence[Pair]
    account_of_conn: Owners
    account_of_addr: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Recording:
    """All that one design's machine saw and kept of one society.

    ``live`` is everything that passed, in time. ``disk`` is what is there at the end, ``memory`` what a running
    process holds beside it: the same dtype, ``t`` rounded to what is kept. ``directory`` names the places that a public
    record ties to an account (our inboxes; empty where there is no such record).
    """

    design: str
    live: Events
    disk: Events
    memory: Events
    directory: Mapping[int, int]
    truth: Truth
