"""Settles a claim by the proof that its account carried, so that no directory learns who asked us (spec/map.md §9.1).

A proof settles a claim as `PROVEN`, or it is of no use: then the record is asked as if there had been none. It never
refutes a claim, and it never says which devices an account has now.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.directory import newest
from nullabona.client.core.directory.carried import as_evidence, check_carried, still_holds
from nullabona.client.core.directory.changes import Day, load_lists
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.errors import LogForked
from nullabona.client.core.directory.found import ProvenCard, found_in
from nullabona.client.core.directory.keeping import Evidence, keep_evidence, load_pinned, may_tell
from nullabona.client.core.directory.leaves import load_leaves
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.identity.claims import Claim, Verdict
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import ContactRequest, Invitation, LinkUse
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, decode_card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import parse_handle

Bringing = TypeVar("Bringing", ContactRequest, LinkUse, Invitation)


def signed_by_named(sender: DeviceCertificate, item: Bringing) -> Bringing:
    """The item, without its proof unless the card in it names the device that signed it.

    A device that was revoked could bring the proof of a newer card, which is public; the record is asked instead.
    """
    if not item.proof or _names(item.card, sender):
        return item
    return msgspec.structs.replace(item, proof=b"")


def _names(card: bytes, sender: DeviceCertificate) -> bool:
    try:
        return sender.encode() in {entry.certificate for entry in decode_card(card).body.devices}
    except PeerError:
        return False


def waits(step: Step, handle: str) -> list[bytes]:
    """Accounts that claim a handle and brought a proof which could not be compared with the log as we know it."""
    return [claim.account for claim in claims.claims(step) if claim.handle == handle and claim.proof]


def settle(step: Step, account: bytes, shown: Day | None = None) -> tuple[Claim, Verdict] | None:
    """The account's claim and the verdict, if the proof that it brought holds. The claim is then settled.

    Without ``shown`` a proof is kept of which nothing here tells yet whether it is of our log, and whether its card is
    still the newest. ``shown``: the newest day of the log, which the directory has just shown; a proof that does not
    hold with that is dropped, as is one that fails otherwise.
    """
    claim = next((each for each in claims.claims(step) if each.account == account and each.proof), None)
    pinned = load_pinned(step.store, parse_handle(claim.handle).authority) if claim is not None else None
    if claim is None or (pinned is None and shown is None):
        return None
    if pinned is None:
        claims.without_proof(step, claim)
        return None
    try:
        checked, found = proven_by(step, pinned, claim.handle, claim.card, claim.proof, shown)
    except PeerError as error:
        if isinstance(error, LogForked):
            accuse(step, pinned, claim.card, claim.proof, error)
        claims.without_proof(step, claim)
        return None
    if found is None and shown is None:
        return None
    verdict = claims.judge(claim, found, step.day) if found is not None else Verdict(claims.PENDING)
    if verdict.standing != claims.PROVEN or verdict.card is None or not fits(step, verdict.card):
        claims.without_proof(step, claim)
        return None
    claims.proven(step, claim, verdict)
    if pinned.host == step.local.host:
        newest.note(step.store, checked)
    return claim, verdict


def proven_by(
    step: Step, pinned: Pinned, handle: str, card: bytes, proof: bytes, shown: Day | None = None
) -> tuple[Checked, ProvenCard | None]:
    """What a proof proves; None: nothing here tells whether it holds. Raises `PeerError` if it does not.

    ``shown``: as for `settle`.
    """
    now_s = step.now // 1_000
    checked = check_carried(pinned, parse_handle(handle), card, proof, now_s)
    found = found_in(checked, handle, step.day)
    lists = load_lists(step.store, pinned.host, checked.frontier.size)
    kept = Day(load_leaves(step.store, pinned.host), lists)
    holds = still_holds(pinned, kept, checked, now_s, shown)
    return checked, found if holds and isinstance(found, ProvenCard) else None


def fits(step: Step, card: Card) -> bool:
    """Whether nothing that we know speaks against a card: no newer one of the account, no other account that we know by
    its handle. One that only claims the handle is not known by it: anybody can ask us under any handle.
    """
    newer = inbox_addresses.newest_number(step, card.account_id) > card.sequence
    others = (
        each.account
        for each in step.store.contacts()
        if each.handle == str(card.handle) and each.account != card.account_id
    )
    return not newer and not any(_is_known(step, account) for account in others)


def _is_known(step: Step, account: bytes) -> bool:
    return acquaintance.is_contact(step.store, account) or claims.standing(step, account) in claims.GOOD


def accuse(step: Step, pinned: Pinned, card: bytes, proof: bytes, error: LogForked) -> None:
    """The directory has signed two histories: keep the evidence, and tell the person once an hour."""
    now_s = step.now // 1_000
    evidence = Evidence(error.code, pinned.host, now_s, pinned.checkpoint, as_evidence(card, proof))
    if keep_evidence(step.store, evidence, step.local.host) and may_tell(step.store, pinned.host, now_s):
        step.tell(Warned(code=error.code, detail={"host": pinned.host}))
