"""The people of a society with their devices and hours, and the intents that have come together so far."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from bench.leakage import hours, talk
from bench.leakage.intents import Account, Intent, Kind

LINKED_AFTER: Final = 600.0
"""A second device is added no earlier than this after the first."""
TOGETHER: Final = 5.0
"""Both have been online for so long when the second is added."""


@dataclass(slots=True)
class Life:
    """Everybody of a society. Rooms add to ``intents``; the order is made at the end."""

    days: int
    voices: talk.Voices
    addresses: hours.Addresses = field(default_factory=hours.Addresses)
    accounts: list[Account] = field(default_factory=list)
    devices: list[list[hours.Hours]] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)

    def person(self, dice: random.Random, number: int, household: int, arrives: float) -> None:
        """One more person, with devices, hours and comings and goings."""
        home = self.addresses.home(household)
        first = hours.carried(dice, self.days, home, self.addresses, arrives)
        while not first.spans:  # asleep until the end
            arrives = max(0.0, arrives - hours.HOUR * 6)
            first = hours.carried(dice, self.days, home, self.addresses, arrives)
        devices = [first]
        if dice.random() < hours.TWO_DEVICES:
            second = self._second(dice, first, home)
            devices += [second] if second.spans else []
        self.accounts.append(Account(number, household, len(devices), first.spans[0].begin))
        self.devices.append(devices)
        self.intents.append(Intent(first.spans[0].begin, Kind.ARRIVE, number, 0))
        for device, its in enumerate(devices):
            self._comings(number, device, its)

    def _second(self, dice: random.Random, first: hours.Hours, home: int) -> hours.Hours:
        """The desk device, from the first moment on when it and the carried one are both online."""
        drawn = hours.desk(dice, self.days, home, self.addresses, first.spans[0].begin + LINKED_AFTER)
        for at, span in enumerate(drawn.spans):
            both = first.next(span.begin)
            if both is not None and both < span.end - 60.0 and first.online(both + TOGETHER):
                begins = hours.Span(both + TOGETHER, span.end, span.address, moved=False)
                spans = (begins, *drawn.spans[at + 1 :])
                return hours.Hours(spans, tuple(span.begin for span in spans))
        return hours.Hours((), ())

    def _comings(self, number: int, device: int, its: hours.Hours) -> None:
        for at, span in enumerate(its.spans):
            kind = Kind.MOVE if span.moved else Kind.ONLINE
            if device and not at:
                self.intents.append(Intent(span.begin, Kind.LINK, number, device))
            self.intents.append(Intent(span.begin, kind, number, device, address=span.address))
            later = its.spans[at + 1] if at + 1 < len(its.spans) else None
            if later is None or not later.moved:
                self.intents.append(Intent(span.end, Kind.OFFLINE, number, device))

    def arrived(self, account: int) -> float:
        return self.accounts[account].arrives

    def device_at(self, dice: random.Random, account: int, t: float) -> int | None:
        """The device that the person would use at ``t``: at the desk as often as not, if it is on."""
        online = [device for device, its in enumerate(self.devices[account]) if its.online(t) and its.online(t + 2.0)]
        return dice.choice(online) if online else None

    def next_online(self, account: int, t: float) -> float | None:
        """The first moment from ``t`` on when one of the person's devices is online, a few seconds in."""
        if any(its.online(t) and its.online(t + 2.0) for its in self.devices[account]):
            return t
        times = [found for its in self.devices[account] if (found := its.next(t + 2.0)) is not None]
        return min(times) + 5.0 if times else None
