"""Changes at our label that change nothing, by which a directory could have our handle named (spec/map.md §6.1).

No honest directory makes one: it does not enter a card again that it has, and labels do not share their first 8 bytes
by chance. A directory that wants to know when we are on can: it enters our card again, or another leaf whose label
begins like ours, and the list of the epoch is true. So one such change is looked at, and then none for a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec

from nullabona.client.core.directory.keeping import load_position, save_position
from nullabona.client.core.directory.listing import UNHEEDED_S, begin_at
from nullabona.client.core.directory.owner import EMPTY_CHANGE, Alarm, Look, Sight, Watch
from nullabona.client.core.model.ports import Store
from nullabona.log.prefix import Opening


def settle(store: Store, before: Watch, found: Look, alarms: Sequence[Alarm], now_s: int) -> list[Alarm]:
    """The alarms of a look: of all changes that change nothing, the newest, with the epoch before it as evidence.

    If there is one, lists with our head are not heeded for a day. The person is told unless that was so already.
    """
    position = load_position(store) or begin_at(found.watch)
    others = [alarm for alarm in alarms if alarm.code != EMPTY_CHANGE]
    empty = [alarm for alarm in alarms if alarm.code == EMPTY_CHANGE]
    empty += [
        Alarm(EMPTY_CHANGE, epoch, closed_s, "nothing-entered")
        for (_, _, last), (epoch, closed_s, opening) in _steps(before, found.openings)
        if epoch == position.named and opening == last and opening is not None
    ]
    if not empty:
        return others
    save_position(store, msgspec.structs.replace(position, unheeded_s=now_s + UNHEEDED_S))
    newest = max(empty, key=lambda alarm: alarm.epoch)
    earlier = [
        replace(newest, epoch=epoch, closed_s=closed_s, told=False)
        for epoch, closed_s, _ in found.openings
        if epoch == newest.epoch - 1
    ]
    return [*others, *earlier, replace(newest, told=position.heeds(now_s))]


def last_named_s(store: Store, before: Watch, found: Look) -> int:
    """When the newest epoch closed in which our label changed, or whose list has its head; 0: none of the look.

    Nobody believes a proof from before (spec/map.md §9.1).
    """
    position = load_position(store)
    named = position.named if position is not None else 0
    times = (
        closed_s
        for (_, _, last), (epoch, closed_s, opening) in _steps(before, found.openings)
        if epoch == named or (last is not None and opening != last)  # a watch begins without knowing what is there
    )
    return max(times, default=0)


def _steps(before: Watch, sights: Sequence[Sight]) -> Iterator[tuple[Sight, Sight]]:
    """Each epoch with the one before it."""
    nonce, version, digest = before.entry
    last = Opening(nonce, version, digest) if version else None
    return pairwise([(before.epoch, before.closed_s or 0, last), *sights])
