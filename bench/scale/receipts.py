"""When devices send receipts: the laws of `nullabona.client.core.delivery.receipts`, for `bench.scale.room`."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from bench.scale.device import Device
from nullabona.client.core.step import Timing

_TIMES: Final = Timing()
RECEIPT_S: Final = _TIMES.receipt / 1_000
UNREAD_S: Final = _TIMES.receipt_unread / 1_000
REPLY_S: Final = _TIMES.reply / 1_000
PAUSE_S: Final = _TIMES.pause / 1_000


class Receipts:
    """Of one room. ``at`` plans something, ``size`` counts the room's devices, ``send`` sends a device's receipt."""

    def __init__(
        self,
        dice: random.Random,
        at: Callable[[float, Callable[[float], None]], None],
        size: Callable[[], int],
        send: Callable[[float, Device], None],
    ) -> None:
        self._dice = dice
        self._at = at
        self._size = size
        self._send = send

    def soon(self, t: float, device: Device) -> None:
        """Within the room's delay."""
        self._within(t, device, self._delay())

    def later(self, t: float, device: Device) -> None:
        """Nobody has read it: after an exponential time, drawn once for all that comes meanwhile."""
        if device.receipt_at is None:
            self._plan(t + self._dice.expovariate(1 / UNREAD_S), device)

    def read(self, t: float, device: Device) -> None:
        """Its person has read it: soon, or a little later while they talk, as their reply tells it, too."""
        if device.talked_at is None or t - device.talked_at >= PAUSE_S:
            self.soon(t, device)
        else:
            self._within(t + REPLY_S, device, max(REPLY_S, self._delay()))
        device.talked_at = t

    def _within(self, t: float, device: Device, longest: float) -> None:
        if device.receipt_at is None or device.receipt_at > t + longest:
            self._plan(t + self._dice.uniform(0, longest), device)

    def _plan(self, t: float, device: Device) -> None:
        def due(at: float) -> None:
            if device.receipt_at == t:
                self._send(at, device)

        device.receipt_at = t
        self._at(t, due)

    def _delay(self) -> float:
        return RECEIPT_S * max(1, self._size() // 4)
