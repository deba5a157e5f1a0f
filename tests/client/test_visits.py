"""Which boxes count as read when a device comes back and hears what rang meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from nullabona.client.core.step import Timing
from nullabona.client.core.wants import ReadWant
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.chance import moment_s
from nullabona.client.runner.visits import OFTEN, Visits
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_ROOM

RELAY = "ws://127.0.0.1:1"
BOX = BoxSecrets(POLICY_ROOM, bytes(32), bytes(32))


def test_what_was_never_read_stays_to_be_read() -> None:
    """A box that did not ring is as it was when all was read, unless it is newer than that; what rang is not."""
    keys: dict[str, Key] = {name: (b"room", RELAY, name.encode()) for name in ("read", "rang", "new", "joining")}
    after = {"read": 7, "rang": 7, "new": 0, "joining": 3}
    wants = {
        keys[name]: ReadWant(RELAY, BOX, after[name], rings=None if name == "joining" else bytes(32)) for name in keys
    }
    elsewhere: Key = (b"room", "ws://127.0.0.1:2", b"elsewhere")
    behind = {*keys.values(), elsewhere}
    visits = Visits(cast(Any, None), Timing(), lambda: 0.5, wants, behind)
    visits.bring_up(RELAY, [keys["rang"]])
    assert {keys["rang"], keys["new"], keys["joining"], elsewhere} == behind


def test_boxes_of_epochs_that_are_over_are_seldom_read() -> None:
    """They ring like others if something comes; what does not ring is looked for less often there."""
    keys: dict[bool, Key] = {old: (b"room", RELAY, bytes([old])) for old in (False, True)}
    wants = {keys[old]: ReadWant(RELAY, BOX, 7, old=old, rings=bytes(32)) for old in keys}
    timing = Timing()
    visits = Visits(cast(Any, None), timing, lambda: 0.5, wants, set())
    visits._ears[RELAY] = cast(Any, SimpleNamespace(hears=True))
    moments = {old: visits._moment_s(key) for old, key in keys.items()}
    assert moment_s(timing.calm / 1_000, 0.5) == moments[False]
    assert moment_s(timing.calm_old / 1_000, 0.5) == moments[True] == 8 * moments[False]


def test_two_who_talk_without_a_pause_are_read_at_once_and_a_busy_group_ever_later() -> None:
    """A message each two seconds from either side, and a receipt for each, ring twenty times in ten seconds."""
    key: Key = (b"room", RELAY, b"box")
    visits = Visits(cast(Any, None), Timing(), lambda: 0.5, {}, set())
    talking = [visits._restless(key, now / 2) for now in range(200)]
    assert {1} == set(talking)
    crowd = [visits._restless(key, 1_000 + now / 10) for now in range(100)]
    assert [1] * OFTEN == crowd[:OFTEN]
    assert [2, 4, 8, 8] == crowd[OFTEN : OFTEN + 4]
    assert 8 == crowd[-1]
    assert 1 == visits._restless(key, 2_000)
