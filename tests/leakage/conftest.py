"""A society small enough to be written by hand and lived in a second."""

from __future__ import annotations

import pytest

from bench.leakage.society import Account, Intent, Kind, Room, Size, Society

HOUR = 3_600.0
MINA, JUN, SORA = range(3)
PAIR, GROUP = range(2)
REMOVED = 4 * HOUR


def friends_society() -> Society:
    """Mina and Jun have a room for two; all three a group, from which Sora is removed. Jun changes his network."""
    rooms = (
        Room(PAIR, pair=True, creator=MINA, founders=(JUN,), created=1.1 * HOUR),
        Room(GROUP, pair=False, creator=MINA, founders=(JUN, SORA), created=1.2 * HOUR),
    )
    intents: list[Intent] = []
    for account in (MINA, JUN, SORA):
        begin = HOUR + 60.0 * account
        intents += [Intent(begin, Kind.ARRIVE, account, 0), Intent(begin, Kind.ONLINE, account, 0, address=account)]
    intents += [
        Intent(rooms[PAIR].created, Kind.CREATE, MINA, 0, PAIR),
        Intent(rooms[GROUP].created, Kind.CREATE, MINA, 0, GROUP),
        *(_say(2.0 * HOUR + 20.0 * turn, turn % 2, PAIR, 30 + turn) for turn in range(6)),
        *(_say(2.5 * HOUR + 40.0 * turn, turn % 3, GROUP, 300 * (turn + 1)) for turn in range(6)),
        Intent(2.6 * HOUR, Kind.FILE, JUN, 0, PAIR, size=50_000),
        *(Intent(2.7 * HOUR + account, Kind.READ, account, 0, GROUP) for account in (MINA, JUN, SORA)),
        Intent(3.0 * HOUR, Kind.MOVE, JUN, 0, address=3),
        Intent(REMOVED, Kind.REMOVE, MINA, 0, GROUP, other=SORA),
        *(_say(5.0 * HOUR + 40.0 * turn, turn % 2, GROUP, 30) for turn in range(4)),
        Intent(6.0 * HOUR, Kind.OFFLINE, SORA, 0),
    ]
    intents.sort(key=lambda intent: (intent.t, intent.kind))
    accounts = tuple(Account(number, number, 1, HOUR + 60.0 * number) for number in range(3))
    return Society(7, Size(3, 1, 10.0), accounts, ((MINA, JUN),), rooms, 4, tuple(intents))


def _say(t: float, account: int, room: int, size: int) -> Intent:
    return Intent(t, Kind.SAY, account, 0, room, size=size)


@pytest.fixture(scope="session")
def friends() -> Society:
    return friends_society()
