"""Receipts in one room of a society that the real client would live too slowly: its intents, and requests alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from bench.leakage.cells.acknowledging import told
from bench.leakage.cells.client import READS_MARK
from bench.leakage.cells.fan import Acts, Seats, heard, merged, receipts
from bench.leakage.cells.online import Numbers, Online
from bench.leakage.intents import Intent, Kind
from bench.leakage.society import Society

Law = Callable[[np.random.Generator, Online, Seats, Acts, Acts, Acts], Acts]
"""The receipts, from what devices read, where people look, and what they say."""
_COMES: Final = {Kind.ARRIVE, Kind.LINK, Kind.ONLINE}


def prompt(dice: np.random.Generator, _: Online, seats: Seats, read: Acts, looks: Acts, said: Acts) -> Acts:
    """A receipt soon after each read, and after most looks."""
    marks = looks.only(merged(looks, looks.t) & (dice.random(len(looks.t)) < READS_MARK))
    return Acts.all([receipts(dice, seats, read, said), marks])


def appended(society: Society, law: Law = told) -> Acts:
    """What is appended to the box of the society's only room: what people say, and receipts."""
    dice = np.random.default_rng([society.seed, 11])
    number: dict[tuple[int, int], int] = {}
    for account in society.accounts:
        for device in range(account.devices):
            number[account.number, device] = len(number)
    online = _online(society, number)
    seats = Seats.of([range(len(society.accounts))], online)
    said = _acts(society, number, {Kind.SAY, Kind.FILE})
    read, asked = heard(dice, online, seats, said)
    looks = _acts(society, number, {Kind.READ})
    return Acts.all([said, law(dice, online, seats, read.only(merged(read, asked)), looks, said)])


def _acts(society: Society, number: dict[tuple[int, int], int], kinds: set[Kind]) -> Acts:
    found = [intent for intent in society.intents if intent.kind in kinds]
    devices = [number[intent.account, intent.device] for intent in found]
    return Acts(np.array([intent.t for intent in found]), np.zeros(len(found), np.int64), np.array(devices, np.int64))


def _online(society: Society, number: dict[tuple[int, int], int]) -> Online:
    spans: list[tuple[int, float, float]] = []
    since: dict[int, float] = {}
    for intent in sorted(society.intents, key=_when):
        device = number.get((intent.account, intent.device), -1)
        if intent.kind in _COMES:
            since.setdefault(device, intent.t)
        elif intent.kind is Kind.OFFLINE and device in since:
            spans.append((device, since.pop(device), intent.t))
    spans = sorted([*spans, *((device, t, float(society.end)) for device, t in since.items())])
    pairs = [[number.get((account.number, each), -1) for each in (0, 1)] for account in society.accounts]
    owners: Numbers = np.array([account for account, _ in number], np.int64)
    columns = [np.array(column) for column in zip(*spans, strict=True)]
    nowhere, still = np.zeros(len(spans), np.int64), np.zeros(len(spans), bool)
    return Online(
        owners, np.array(pairs, np.int64), columns[0].astype(np.int64), columns[1], columns[2], nowhere, still
    )


def _when(intent: Intent) -> float:
    return intent.t
