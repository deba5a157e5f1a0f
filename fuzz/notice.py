"""Fuzz operator notices: what anybody may put into an inbox with the right beginning.

Any bytes are the one genuine notice or raise `PeerError`; what decodes encodes to itself.
"""

from __future__ import annotations

import json
import random

from fuzz._harness import fuzz, mutate
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.operator_notices.checking import check
from nullabona.errors import PeerError
from nullabona.wire.handle import parse_handle
from nullabona.wire.operator_notice import HEADER, encode_notice, parse_notice
from tests.operator.forging import HOST, NOW_S, Docket

HANDLE = parse_handle(f"mina@{HOST}")
DOCKET = Docket()
ITEM = DOCKET.item(str(HANDLE))
PINNED = Pinned(HOST, DOCKET.policy, by_hand=True, genesis=b"", size=0, peaks=(), checkpoint=b"", seen_s=0)
VALUES: list[object] = [
    None,
    True,
    0,
    -1,
    2**53,
    2**70,
    "",
    "x" * 300,
    [],
    {},
    [[]] * 20,
    "AA==",
    1.5,
    "\ud7ff",
    "\x00",
]


def bent(rng: random.Random) -> bytes:
    """The genuine notice with a value somewhere in it exchanged."""
    root = json.loads(ITEM.removeprefix(HEADER))
    at = root
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = rng.choice(keys)
        if not isinstance(at[key], dict | list) or not at[key] or rng.random() < 0.2:
            at[key] = rng.choice(VALUES)
            return HEADER + json.dumps(root, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        at = at[key]


def notices(rng: random.Random) -> None:
    """Only the genuine one is believed."""
    item = bent(rng) if rng.random() < 0.5 else mutate(rng, ITEM)
    try:
        assert encode_notice(parse_notice(item)) == item
        check(item, HANDLE, PINNED, lambda _: None, NOW_S, NOW_S)
    except PeerError:
        return
    assert item == ITEM


if __name__ == "__main__":
    fuzz("notice", __doc__, (notices,))
