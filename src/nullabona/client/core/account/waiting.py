"""Devices to which this one still owes something, until they have it or are revoked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.ports import Store

_ID: Final = 16
"""Bytes of a device's id."""


def waiting(store: Store, key: str) -> list[bytes]:
    """The devices that wait for what ``key`` names, in the order in which they came."""
    data = store.get_value(key) or b""
    return [data[start : start + _ID] for start in range(0, len(data), _ID)]


def wait(store: Store, key: str, device: bytes) -> None:
    """Add a waiting device, and drop devices that the card no longer names."""
    listed = {each.id for each in own_devices.listed(store)}
    _keep(store, key, [each for each in waiting(store, key) if each in listed and each != device] + [device])


def served(store: Store, key: str, devices: Collection[bytes]) -> None:
    """Remove devices that have received it."""
    _keep(store, key, [each for each in waiting(store, key) if each not in devices])


def _keep(store: Store, key: str, devices: list[bytes]) -> None:
    if devices:
        store.set_value(key, b"".join(devices))
    else:
        store.delete_value(key)
