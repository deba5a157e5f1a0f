"""The record, tampered with by its own operator in five ways: what public, witnesses and the authority notice."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from nullabona.docket.core.findings import Finding
from nullabona.docket.core.receipt import Receipt, check_receipt
from nullabona.docket.core.recount_cases import Demand
from nullabona.drills.docket.office import Grounds
from nullabona.drills.docket.tampering import Book, Deed, Forged, Public
from nullabona.drills.reporting.text import Sentences
from nullabona.drills.stage.stubborn import asking_no_witness
from nullabona.errors import PeerError
from nullabona.log.keys import SignerKey
from nullabona.log.note import Signer
from nullabona.log.policy import Policy
from nullabona.log.proof import parse_proof
from nullabona.machine.keyfile import read_key_file
from nullabona.sequencer import NoQuorum, open_log
from nullabona.wire.slots import BLIND_SIZE, SlotLeaf, SlotRef, commit, parse_slot_leaf

_say: Final = Sentences("drill_docket")

DEEDS: Final = {
    Deed.REMOVE: _say("entry-removed"),
    Deed.ALTER: _say("one-bit-entry"),
    Deed.REORDER: _say("entry-changes-places"),
    Deed.BACKDATE: _say("entry-moved-earlier"),
    Deed.DROP: _say("replaced-nothing-openings"),
}
_REFUSAL: Final = "refused"
_JUDGEMENTS: Final = frozenset({"has-more", "status-422"})
"""What a witness answers to another record. One that breaks down does not sign either, but shows no judgement."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What verification says of one lie; a message that is empty: nobody noticed."""

    served: str
    """If the files alone are exchanged."""
    alone: str
    """If the operator signs again, and no witness does."""
    helped: str
    """If every witness signs the whole again; only what names the period counts, here and in the next."""
    anew: str
    """If every witness also signs each period again, and states when it does: its window is over."""
    back_dated: tuple[str, ...]
    """Everything that is said if every witness does so and states the times of then."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One lie, and what came of it."""

    deed: Deed
    noticed: Noticed
    refused: dict[str, str]
    """Why each witness that was asked did not sign."""
    lacking: bool
    """Whether the authority's receipt names an entry that is not there any more."""
    made_up: bool = False
    """Whether a receipt of an entry that never was in the record is taken for one."""

    @property
    def caught(self) -> bool:
        """Whether public and witnesses notice it, whatever is signed, unless it is back-dated."""
        said = self.noticed
        return all((said.served, said.alone, said.helped, said.anew, self.declined))

    @property
    def declined(self) -> bool:
        """Whether each witness that was asked judged that this is another record than it signed."""
        return bool(self.refused) and all(reason in _JUDGEMENTS for reason in self.refused.values())

    @property
    def passed(self) -> bool:
        """Whether an entry is gone and nothing is found, because a quorum back-dated what it signed."""
        return self.lacking and not self.noticed.back_dated


class Liar:
    """A liar with the log's keys and database, and the witnesses' keys where stated."""

    def __init__(
        self, grounds: Grounds, public: Path, entries: list[bytes], now_s: int, witnesses: Sequence[Signer]
    ) -> None:
        self._grounds, self._now_s = grounds, now_s
        self._policy = Policy.parse(grounds.policy)
        self._public, self._book = Public.read(public), Book(entries)
        self._witnesses = tuple(witnesses)

    def try_(self, deed: Deed, places: Sequence[SlotRef], shown: Demand | None, receipt: Receipt) -> Tried:
        """Tell one lie about the demand at ``places``, in each way."""
        forged = self.forge(deed, places, shown, receipt)
        made_up = _holds(_unentered(receipt), self._policy)
        return Tried(deed, self.notice(forged), self._ask(forged), _lacks(receipt, forged.entries), made_up)

    def forge(self, deed: Deed, places: Sequence[SlotRef], shown: Demand | None, receipt: Receipt) -> Forged:
        """The lie itself: told about the entry that the receipt is of, and where it must be about the others too."""
        received = parse_slot_leaf(receipt.slot.leaf).at
        return self._book.forge(deed, (received, *(at for at in places if at != received)), shown)

    def notice(self, forged: Forged) -> Noticed:
        """What verification says: of other files, and of what the operator signs alone, and with every witness."""
        cadence, helpers = self._grounds.cadence, (*self._grounds.signers, *self._witnesses)
        after_s = self._now_s + cadence.window_s + 1
        anew = self._public.signed_throughout(forged, self._grounds.origin, helpers, lambda _: after_s)
        back_dated = self._public.signed_throughout(forged, self._grounds.origin, helpers, cadence.due_of)
        alone = self._look(self._public.signed(forged, self._grounds.origin, self._grounds.signers, self._now_s))
        return Noticed(
            _said(forged.exchanged(self._look(self._public.served(forged)))),
            _said(alone[0] if alone else None),
            _said(forged.caught(self._look(self._public.signed(forged, self._grounds.origin, helpers, self._now_s)))),
            _said(forged.late(self._look(anew, after_s))),
            tuple(_said(found) for found in self._look(back_dated)),
        )

    def _look(self, public: Public, now_s: int | None = None) -> tuple[Finding, ...]:
        return public.verify(self._policy, self._now_s if now_s is None else now_s).findings

    def _ask(self, forged: Forged) -> dict[str, str]:
        """Ask the witnesses to sign it; why they did not. Empty if they signed."""
        folder = self._grounds.folder / f"forged-{forged.deed}-{secrets.token_hex(4)}"
        return asyncio.run(_publish(folder, self._grounds, forged, self._now_s))


async def _publish(folder: Path, grounds: Grounds, forged: Forged, now_s: int) -> dict[str, str]:
    policy = Policy.parse(grounds.policy)
    log = open_log(folder, grounds.signers, grounds.origin, witnesses=grounds.witnesses, policy=policy)
    try:
        log.stage(forged.entries)
        with _unsaid(), asking_no_witness():
            await log.publish(now_s)
    except NoQuorum as error:
        return {key.partition("+")[0]: reason or _REFUSAL for key, reason in error.reasons.items()}
    finally:
        await log.close()
    return {}


@contextmanager
def _unsaid() -> Iterator[None]:
    """That witnesses refuse is what is looked for, and no warning to the operator."""
    told = logging.getLogger("nullabona.sequencer")
    before, told.disabled = told.disabled, True
    try:
        yield
    finally:
        told.disabled = before


def keys_of_witnesses(grounds: Grounds) -> Iterator[SignerKey]:
    """The keys of the stage's witnesses, who lie where this drill says so."""
    for path in sorted(grounds.folder.glob("*/witness.key")):
        yield from read_key_file(path)


def _said(found: Finding | None) -> str:
    return "" if found is None else f"{found.code}: {found.message}"


def _unentered(receipt: Receipt) -> Receipt:
    """The receipt as it would be of another entry at the same place, which commits to the same demand."""
    leaf, blind = parse_slot_leaf(receipt.slot.leaf), secrets.token_bytes(BLIND_SIZE)
    other = SlotLeaf(leaf.at, commit(blind, receipt.slot.record), leaf.pointer).encode()
    return msgspec.structs.replace(receipt, slot=msgspec.structs.replace(receipt.slot, leaf=other, blind=blind))


def _holds(receipt: Receipt, policy: Policy) -> bool:
    try:
        check_receipt(receipt, policy)
    except PeerError:
        return False
    return True


def _lacks(receipt: Receipt, entries: Sequence[bytes]) -> bool:
    index = parse_proof(receipt.slot.proof.encode()).index
    return index >= len(entries) or entries[index] != receipt.slot.leaf
