"""The proof of our own newest card, kept from a look-up of our own handle, for those whom we ask (spec/map.md §9.1)."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.directory.carried import OLDEST_S
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.model.ports import Store
from nullabona.wire.card import card_hash
from nullabona.wire.carried import encode_carried

RENEW_S: Final = 5 * 3_600
"""How old the kept proof may get before our handle is looked up again, with the next look at it. Those are at least six
hours apart, unless something has changed or a list is missing.
"""
_OWN: Final = "own-answer"


class OwnAnswer(msgspec.Struct, array_like=True, frozen=True):
    """The proof that the card with this hash is in the record, as of an epoch that closed at ``closed_s``."""

    digest: bytes
    closed_s: int
    proof: bytes


_answers = msgspec.msgpack.Decoder(OwnAnswer)


def keep(store: Store, checked: Checked) -> None:
    """Keep what a look-up of our own handle has proven, unless the record has no card there or only promises one."""
    if checked.card and checked.promise is None and (proof := encode_carried(checked.proof)):
        kept = OwnAnswer(card_hash(checked.card), checked.proof.closed_s, proof)
        store.set_value(_OWN, msgspec.msgpack.encode(kept))


def is_due(store: Store, digest: bytes, now_s: int, named_s: int = 0) -> bool:
    """Whether our handle is to be looked up: no proof, or an old one, is kept of our card with this hash.

    A proof from before ``named_s`` is old, too: the list of an epoch that closed then has our head, and so nobody can
    use the proof.
    """
    kept = _load(store)
    if kept is None or kept.digest != digest or kept.closed_s < named_s:
        return True
    return not -RENEW_S < now_s - kept.closed_s < RENEW_S


def to_carry(store: Store, card: bytes, now_s: int) -> bytes:
    """The proof of this card of ours; empty if none is kept that others may still believe."""
    kept = _load(store)
    if kept is None or kept.digest != card_hash(card) or now_s - kept.closed_s >= OLDEST_S:
        return b""
    return kept.proof


def _load(store: Store) -> OwnAnswer | None:
    data = store.get_value(_OWN)
    return None if data is None else _answers.decode(data)
