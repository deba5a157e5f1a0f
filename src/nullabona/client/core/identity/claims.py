"""An account's claimed handle, before the directory's record has confirmed it (spec/map.md §9).

A *claim* is an account with a handle from any source but the record: a request, a link, an invitation. It is `PENDING`
until we have asked the handle's record. Until then we keep the person's answer (`PendingAnswer`) and carry it out when
the claim is `PROVEN` or `PROMISED`. We report a `REFUTED` claim and drop its pending answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.directory.errors import CardRefuted
from nullabona.client.core.directory.found import BadCard, Found, NoCard, NotReached, ProvenCard
from nullabona.client.core.directory.keeping import load_pinned
from nullabona.client.core.directory.promises import AHEAD
from nullabona.client.core.model.facts.signals import ProofCarried
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardForked, check_update, verify_card
from nullabona.wire.handle import parse_handle

Standing: TypeAlias = Literal["pending", "promised", "proven", "refuted"]
PENDING: Final = "pending"
PROMISED: Final = "promised"
PROVEN: Final = "proven"
REFUTED: Final = "refuted"
GOOD: Final = frozenset({PROVEN, PROMISED})

MOST: Final = 256
MOST_PROOFS: Final = 16
"""Most proofs that wait, of 16 KiB at most: strangers may send more, and all claims are one stored value."""
MOST_BY_LINK: Final = 64
"""Most claims by accounts that follow a link of ours."""
BY_LINK_MS: Final = 60_000
"""Shortest time between two questions to a directory that we use only because such a claim names it."""
LOOKS: Final = AHEAD + 1
"""How often the record may lack a claim, a period apart, before it counts as refuted: a changed card takes two."""
DEFAULT_PERIOD_MS: Final = 600_000
NEVER: Final = 1 << 62
_CLAIMS: Final = "claims"


class Accept(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """Say yes to their request."""


class Enter(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """Join the room that they invited us to."""

    room: bytes


class LetIn(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """Add them to the group whose link they have."""

    room: bytes
    token: bytes


class Refuse(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """Tell them that their link is no longer valid."""

    room: bytes
    token: bytes
    reason: Literal["used", "expired", "closed"]


PendingAnswer: TypeAlias = Accept | Enter | LetIn | Refuse


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """``card`` as it came; empty if only a device's certificate did. ``lacked``: how often the record did not have it.

    ``next_at``: when the record is to be asked, in ms; `NEVER`: when the person answers.
    """

    account: bytes
    handle: str
    card: bytes
    next_at: int
    attempts: int = 0
    lacked: int = 0
    pending: tuple[PendingAnswer, ...] = ()
    proof: bytes = b""
    """What the account carried to prove ``card``, until we have checked it (`core.identity.carried`); or empty."""

    def __repr__(self) -> str:
        return f"<Claim {self.handle}>"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the record says of a claim. ``card``: the one to go by; ``reason``: why it is refuted, as a code."""

    standing: Standing
    card: Card | None = None
    reason: str = ""


_lists = msgspec.msgpack.Decoder(list[Claim])


# -- what is known ------------------------------------------------------------------------------------------------


def standing(step: Step, account: bytes) -> Standing | Literal[""]:
    """What the record said about an account; empty: never asked, or the account never made a claim."""
    data = step.store.get_value(_key(account))
    return "" if data is None else msgspec.msgpack.decode(data, type=Standing)


def asks(step: Step, account: bytes) -> bool:
    """Whether a yes to this account makes us look it up: its claim is open, and no proof came with it that may hold."""
    return any(each.account == account and not each.proof for each in claims(step)) and (
        standing(step, account) == PENDING
    )


def note(step: Step, account: bytes, found: Standing) -> None:
    """Record what the record says about an account."""
    step.store.set_value(_key(account), msgspec.msgpack.encode(found))


def said_yes(step: Step, account: bytes) -> None:
    """The person has answered an account that the record refutes: that is a warning from now on, and not before."""
    step.store.set_value(_yes_key(account), b"yes")


def warns(step: Step, account: bytes) -> bool:
    """Whether the record refutes an account that the person has answered."""
    return standing(step, account) == REFUTED and step.store.get_value(_yes_key(account)) is not None


def _yes_key(account: bytes) -> str:
    return f"said-yes:{account.hex()}"


def seen(step: Step, account: bytes, found: Standing) -> None:
    """The record had a card of an account that was looked up; a claim that is open is settled by `answer` alone."""
    if all(each.account != account for each in claims(step)):
        note(step, account, found)


def forget(step: Step, account: bytes) -> None:
    """Forget an account's claims and what the record said."""
    step.store.delete_value(_key(account))
    step.store.delete_value(_yes_key(account))
    _save(step, [each for each in claims(step) if each.account != account])


def claims(step: Step) -> list[Claim]:
    """Those that the record has not answered for good, the oldest first."""
    data = step.store.get_value(_CLAIMS)
    return _lists.decode(data) if data else []


def drop(step: Step, account: bytes) -> None:
    """Ask nothing more for an account."""
    _save(step, [each for each in claims(step) if each.account != account])


def answered(step: Step, account: bytes) -> bool:
    """Whether the person, or a link of theirs, has answered an account whose claim is still open."""
    return any(each.account == account and each.pending for each in claims(step))


def _key(account: bytes) -> str:
    return f"in-record:{account.hex()}"


def _save(step: Step, kept: list[Claim]) -> None:
    """Keep the newest claims: answered ones first, then unanswered ones, then those by a link."""
    while len(kept) > MOST:
        kept.remove(next((each for each in kept if _is_idle(step, each)), kept[0]))
    kept = _with_few_proofs(kept)
    if kept:
        step.store.set_value(_CLAIMS, msgspec.msgpack.encode(kept))
    else:
        step.store.delete_value(_CLAIMS)


def _with_few_proofs(kept: list[Claim]) -> list[Claim]:
    """The newest proofs are kept, first those that wait for a time; of a claim without one the record is asked."""
    bearing = sorted((each for each in kept if each.proof), key=lambda each: each.next_at < NEVER)
    bare = {each.account for each in bearing[:-MOST_PROOFS]}
    return [msgspec.structs.replace(each, proof=b"") if each.account in bare else each for each in kept]


def _is_idle(step: Step, claim: Claim) -> bool:
    """Whether nobody waits for it: we only check a promised claim again, so that a broken promise is noticed."""
    return not claim.pending and standing(step, claim.account) != PROMISED


# -- claims come --------------------------------------------------------------------------------------------------


def came(step: Step, account: bytes, handle: str, card: bytes = b"", proof: bytes = b"") -> None:
    """An account claimed a handle. Without a ``proof`` that holds we will ask the record: soon, if we use its directory
    anyway.

    Not at once: an operator of both relay and directory could see from the look-up who had just received an item. A
    directory that only the stranger chose is asked after the person has answered: otherwise it would learn that the
    item was read.
    """
    known = next((each for each in claims(step) if each.account == account), None)
    pending = known.pending if known is not None else ()
    known_host = acquaintance.uses_host(step, parse_handle(handle).authority)
    next_at = step.now if pending else step.within(step.timing.claim) if known_host else NEVER
    note(step, account, PENDING)
    _put(step, Claim(account, handle, card, next_at, pending=pending, proof=proof))
    if proof:
        step.tell(ProofCarried(account))


def _put(step: Step, claim: Claim) -> None:
    _save(step, [*(each for each in claims(step) if each.account != claim.account), claim])


def want(step: Step, account: bytes, handle: str, card: bytes, answer: PendingAnswer) -> bool:
    """True if the record has proven or promised an account: the answer may be carried out. Else it waits for that.

    Raises `CardRefuted` if the record says otherwise.
    """
    found = standing(step, account)
    if found in GOOD:
        return True
    if found == REFUTED:
        raise CardRefuted(f"the public record has another card for {handle}, or none")
    known = next((each for each in claims(step) if each.account == account), None)
    claim = known or Claim(account, handle, card, step.now)
    pending = (*(each for each in claim.pending if each != answer), answer)
    note(step, account, PENDING)
    _put(step, msgspec.structs.replace(claim, next_at=step.now, pending=pending))
    return False


def by_link(step: Step, account: bytes, handle: str, card: bytes, answer: LetIn | Refuse, proof: bytes = b"") -> None:
    """An account follows a link of ours: our answer waits for the record, in a claim that the person never sees.

    We refuse an ended link only if we use the account's directory anyway. Accounts that may come in but have other
    directories wait for one another.
    """
    host = parse_handle(handle).authority
    others = [
        each for each in claims(step) if each.pending and all(isinstance(w, LetIn | Refuse) for w in each.pending)
    ]
    others = [each for each in others if each.account != account]
    near = acquaintance.uses_host(step, host)
    if len(others) >= MOST_BY_LINK or not (near or isinstance(answer, LetIn)):
        return
    came(step, account, handle, card, proof)
    claim = next(each for each in claims(step) if each.account == account)
    far = [each.next_at for each in others if not acquaintance.uses_host(step, parse_handle(each.handle).authority)]
    next_at = step.now if near else max([step.now, *(at + BY_LINK_MS for at in far)])
    pending = (*(each for each in claim.pending if each != answer), answer)
    _put(step, msgspec.structs.replace(claim, next_at=next_at, pending=pending))


def drop_answer(step: Step, answer: PendingAnswer) -> None:
    """The person changed their mind."""
    kept = [
        msgspec.structs.replace(each, pending=tuple(other for other in each.pending if other != answer))
        for each in claims(step)
    ]
    _save(step, kept)


# -- the record is asked ------------------------------------------------------------------------------------------


def due(step: Step) -> list[str]:
    """Handles whose record is to be asked now."""
    return [each.handle for each in claims(step) if each.next_at <= step.now]


def next_due(step: Step) -> int | None:
    """When `due` has something next, in ms; None: not before somebody does something."""
    times = [each.next_at for each in claims(step) if each.next_at < NEVER]
    return min(times, default=None)


def proven(step: Step, claim: Claim, verdict: Verdict) -> None:
    """The proof that came with a claim holds: the record is not asked."""
    note(step, claim.account, verdict.standing)
    drop(step, claim.account)


def without_proof(step: Step, claim: Claim) -> None:
    """The proof that came with a claim is of no use: the record is asked as if there had been none."""
    _save(step, [msgspec.structs.replace(each, proof=b"") if each == claim else each for each in claims(step)])


def answer(step: Step, found: Found) -> list[tuple[Claim, Verdict]]:
    """The record was asked for a handle: the claims that this settles, with verdicts; the others are asked later."""
    settled: list[tuple[Claim, Verdict]] = []
    for claim in [each for each in claims(step) if each.handle == found.handle]:
        verdict = judge(claim, found, step.day)
        again = _again(step, claim, verdict, found)
        note(step, claim.account, verdict.standing)
        _save(step, [each for each in claims(step) if each.account != claim.account])
        if again is not None:
            _put(step, again)
        if verdict.standing != PENDING:
            settled.append((claim, verdict))
    return settled


def _again(step: Step, claim: Claim, verdict: Verdict, found: Found) -> Claim | None:
    """The claim as it is to be asked again; None: the record has said what there is to say."""
    period = _period_ms(step, claim.handle)
    if verdict.standing == PROMISED:
        return msgspec.structs.replace(claim, next_at=step.now + 2 * period, pending=(), lacked=0)
    if verdict.standing != PENDING:
        return None
    if isinstance(found, NotReached):
        pause = min(step.timing.retry << min(claim.attempts, 12), step.timing.retry_most)
        return msgspec.structs.replace(claim, next_at=step.now + pause, attempts=claim.attempts + 1)
    return msgspec.structs.replace(claim, next_at=step.now + period, lacked=claim.lacked + 1)


def _period_ms(step: Step, handle: str) -> int:
    pinned = load_pinned(step.store, parse_handle(handle).authority)
    return pinned.rules.period_s * 1_000 if pinned is not None else DEFAULT_PERIOD_MS


def judge(claim: Claim, found: Found, today: int) -> Verdict:
    """What the record's answer means for a claim."""
    match found:
        case NotReached():
            return Verdict(PENDING)
        case NoCard():
            return _lacking(claim, "absent")
        case BadCard():
            return Verdict(REFUTED, reason=found.error.code)
        case ProvenCard():
            return _judge_card(claim, found.card, standing_of(found), today)
        case _:
            assert_never(found)


def standing_of(found: ProvenCard) -> Standing:
    return PROMISED if found.promised else PROVEN


def _judge_card(claim: Claim, card: Card, good: Standing, today: int) -> Verdict:
    if claim.card:
        return _compare(claim, card, good, today)
    return Verdict(good, card) if card.account_id == claim.account else Verdict(REFUTED, reason="another-account")


def _compare(claim: Claim, card: Card, good: Standing, today: int) -> Verdict:
    """Whether the record's card is the claimed one or a later one, or an earlier one that it is still to replace."""
    try:
        known = verify_card(claim.card, today=today)
    except PeerError as error:
        return Verdict(REFUTED, reason=error.code)
    if card.account_id == claim.account and _follows(card, known):
        return Verdict(good, card)
    return _lacking(claim, "not-entered") if _follows(known, card) else Verdict(REFUTED, reason=CardForked.code)


def _follows(later: Card, earlier: Card) -> bool:
    try:
        check_update(later, earlier)
    except PeerError:
        return False
    return True


def _lacking(claim: Claim, reason: str) -> Verdict:
    """The record does not have it yet, but may soon: ask again each period, then the claim is refuted."""
    return Verdict(PENDING) if claim.lacked + 1 < LOOKS else Verdict(REFUTED, reason=reason)
