"""Notices to people: drawn up when a notifier signs, delivered once the log proves them (spec/operator-notice.md).

A notice may wait for the log, the end of a later gag, an unreachable relay, or a full inbox. It never delays
another notice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from nullabona.docket.cases.changes import Changes
from nullabona.docket.cases.receipts import Receipts
from nullabona.docket.core import decide
from nullabona.docket.core.entered import CaseAltered
from nullabona.docket.core.instrument import DAY, Instrument
from nullabona.docket.core.records import CaseContent, Match
from nullabona.docket.core.timers import WAIT
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.vault import Locked, unseal
from nullabona.docket.ports import Acting, Deliver
from nullabona.docket.production.classes import fields_of
from nullabona.docket.publishing.batches import NotInLog
from nullabona.docket.store.rows import Recused
from nullabona.errors import Malformed, NullabonaError, PeerError, UserError
from nullabona.wire.canonical import digest, read_canonical
from nullabona.wire.card import Card, decode_card, verify_card, verify_update
from nullabona.wire.handle import parse_handle
from nullabona.wire.operator_notice import NoticeBody, OperatorNotice, Title, encode_notice
from nullabona.wire.seal import ITEM_DIRECT, Inbox, seal_to_inbox
from nullabona.wire.slots import EventRecord

_NAME: Final = 200


class NoticeOutdated(UserError):
    """An older version drew up the notice in a form that apps no longer read; its slot commits to that form."""

    code = "docket-notice-outdated"
    default_hint = "tell the person in another way; the notice stays listed until its case is erased"


class NoticeNotBelieved(UserError):
    """The docket's name does not begin with the host of the handle, so the person's app would not believe a notice."""

    code = "docket-notice-not-believed"
    default_hint = "this docket serves only handles of its own host; tell the person in another way"


class PendingNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice that waits for its slot's proof."""

    bodies: tuple[NoticeBody, ...]
    salt: bytes
    blind: bytes
    record: EventRecord


@dataclass(frozen=True, slots=True)
class HeldNotice:
    """A notice that cannot be delivered now: the log does not prove it, a gag is in force, or something went wrong."""

    number: str
    """The case's number."""
    why: Literal["log", "gag"] | NullabonaError


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of one delivery attempt, in notices (one per event). ``gone``: no recipient is left, permanently.

    ``held``: those that stay for the next attempt, each with its reason.
    """

    delivered: int = 0
    gone: int = 0
    held: tuple[HeldNotice, ...] = ()

    @property
    def failed(self) -> tuple[NullabonaError, ...]:
        """The errors of the other held notices."""
        return tuple(each.why for each in self.held if isinstance(each.why, NullabonaError))

    def __add__(self, other: Delivery) -> Delivery:
        return Delivery(self.delivered + other.delivered, self.gone + other.gone, self.held + other.held)


@dataclass(frozen=True, slots=True)
class Letter:
    """A frame for the inbox of one handle."""

    handle: str
    inbox: Inbox
    frame: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadyNotice:
    """A notice whose slot the log proves, with its letters; no letters: no recipient is left.

    ``officer``: the officer who delivers it.
    """

    commitment: bytes
    case: bytes
    number: str
    officer: str
    letters: tuple[Letter, ...]
    wait_s: int = 0
    """How long the person has from the delivery on, before the answer is handed over."""


class Notices:
    """Draws up, stores and delivers notices."""

    def __init__(
        self, context: DeskContext, receipts: Receipts, changes: Changes, origin: str, contact: str = ""
    ) -> None:
        self._store, self._clock, self._random_bytes = context.store, context.clock, context.random_bytes
        self._staff, self._journal, self._files = context.staff, context.journal, context.files
        self._receipts = receipts
        self._changes = changes
        self._origin = origin
        self._contact = contact

    def bodies(
        self, number: str, content: CaseContent, instrument: Instrument, hand_over_day: int | None = None
    ) -> tuple[NoticeBody, ...]:
        """A notice for every account that the demand matched. ``number``: the case's.

        ``hand_over_day``: they are told before the answer, of which nothing is handed over before that day.
        """
        bodies = (self._body(number, content, instrument, match) for match in content.matches if match.found)
        if hand_over_day is None:
            return tuple(bodies)
        return tuple(msgspec.structs.replace(body, hand_over_day=hand_over_day) for body in bodies)

    def keep(self, file: CaseFile, commitment: bytes, pending: PendingNotice) -> None:
        """Store a notice. Inside a transaction."""
        sealed = self._files.seal_content(file.recipient, pending)
        self._store.run("keep_notice", commitment, file.id, sealed)

    def waiting(self) -> int:
        """The number of undelivered notices."""
        return len(self._store.rows("notices"))

    def deliver(self, who: Acting, deliver: Deliver) -> Delivery:
        """Deliver the notices that the log proves and no gag bars. The others stay for the next call.

        Delivering a notice twice is harmless: clients show it once.
        """
        found = Delivery()
        for each in self._judged(who):
            found += self._put(each, deliver) if isinstance(each, ReadyNotice) else Delivery(held=(each,))
        return found

    def judged(self, who: Acting) -> tuple[ReadyNotice | HeldNotice, ...]:
        """Each notice in order of case number: ready and sealed to its inboxes, or held with the reason.

        After delivering a ready notice, call `delivered`.
        """
        return tuple(sorted(self._judged(who), key=lambda each: each.number))

    def delivered(self, notice: ReadyNotice) -> None:
        """Enter that it was delivered, or that no recipient is left. Idempotent."""
        with self._store.transaction():
            if not self._store.run("drop_notice", notice.commitment):
                return
            about, case, officer = notice.commitment, notice.case, notice.officer
            self._begin_wait(notice)
            if notice.letters:
                self._journal.append("notice-delivered", about, case=case, officer=officer)
            else:
                self._journal.append("notice-undeliverable", about, case=case, officer=officer)

    def _begin_wait(self, notice: ReadyNotice) -> None:
        """The person's time to go to court runs from the delivery, and not from the signature."""
        now_s = self._clock()
        for name, due_s, _, met_s, _ in self._store.rows("timers_of", notice.case):
            if name == WAIT and met_s is None:
                until_s = max(due_s, now_s + notice.wait_s) if notice.letters else now_s
                self._store.run("begin_timer", notice.case, WAIT, until_s, now_s)

    def _put(self, notice: ReadyNotice, deliver: Deliver) -> Delivery:
        try:
            for letter in notice.letters:
                deliver(letter.handle, letter.inbox, letter.frame)
        except PeerError as error:
            return Delivery(held=(HeldNotice(notice.number, error),))
        self.delivered(notice)
        return Delivery(delivered=1) if notice.letters else Delivery(gone=1)

    def _judged(self, who: Acting) -> Iterator[ReadyNotice | HeldNotice]:
        for commitment, case, number, sealed in self._store.rows("notices"):
            try:
                letters, wait_s = self._drawn_up(who, commitment, case, sealed)
            except NotInLog:
                yield HeldNotice(number, "log")
            except decide.NoticeBarred:
                yield HeldNotice(number, "gag")
            except (Recused, Locked, NoticeOutdated, NoticeNotBelieved, CaseAltered) as error:
                yield HeldNotice(number, error)
            else:
                yield ReadyNotice(commitment, case, number, who.officer, letters, wait_s)

    def _drawn_up(self, who: Acting, commitment: bytes, case: bytes, sealed: bytes) -> tuple[tuple[Letter, ...], int]:
        """The notice's letters as of now, and the time it gives. Raises the reason to hold the notice."""
        if self._store.row("slot_of", commitment) is None:
            raise NotInLog("the notice waits for its slot")
        file = self._files.open(who, case)
        instrument = self._changes.instrument(file.content)
        decide.check_notice(file.content, instrument, self._clock())
        items = self._items(commitment, _read(unseal(sealed, [file.identity])))
        return tuple(self._letters(file.content, items)), instrument.notice_wait_s

    def _letters(self, content: CaseContent, items: list[tuple[NoticeBody, bytes]]) -> Iterator[Letter]:
        for body, item in items:
            if not body.origin.startswith(f"{parse_handle(body.handle).authority}/"):
                raise NoticeNotBelieved(f"the docket {body.origin} is not one of the host of {body.handle}")
            card = self._card(content, body.handle)
            if card is not None:
                yield Letter(body.handle, card.inbox, seal_to_inbox(card.inbox, ITEM_DIRECT + item))

    def _items(self, commitment: bytes, pending: PendingNotice) -> list[tuple[NoticeBody, bytes]]:
        proof = self._receipts.proof(commitment, pending.blind, pending.record)
        digests = tuple(digest(body) for body in pending.bodies)
        return [(body, encode_notice(OperatorNotice(body, pending.salt, digests, proof))) for body in pending.bodies]

    def _body(self, number: str, content: CaseContent, instrument: Instrument, match: Match) -> NoticeBody:
        decision, demand = content.decision, content.demand
        assert decision is not None
        given = {
            field
            for answer in decision.answers
            if answer.answer == "produced"
            for _, field in fields_of(answer.data_class, (match,), instrument.fields)
        }
        return NoticeBody(
            handle=str(match.record["handle"]), origin=self._origin, instrument=instrument.id,
            label=Title(instrument.label.ko[:_NAME], instrument.label.en[:_NAME]),
            basis=_plain(demand.legal_basis), authority=_plain(self._staff.authority(demand.authority).name),
            reference=_plain(demand.authority_ref), number=number, contact=_plain(self._contact),
            received_day=demand.received_s // DAY, told_day=self._clock() // DAY, decided=decision.outcome,
            reason=decision.reason, asked=demand.classes,
            answer={answer.data_class: answer.answer for answer in decision.answers},
            given=tuple(sorted(given)), nonce=self._random_bytes(16),
        )  # fmt: skip

    def _card(self, content: CaseContent, handle: str) -> Card | None:
        """The handle's card, if it still belongs to the account that the demand was about; otherwise None."""
        was = next((m.card for m in content.matches if m.record.get("handle") == handle and m.card), None)
        now = (self._changes.look_up(handle) or {}).get("encoded")
        if was is None or now is None:
            return None
        try:
            return verify_update(bytes.fromhex(str(now)), today=_day(str(now)), known=_known(was))
        except (PeerError, ValueError):
            return None


def _plain(text: str) -> str:
    """One line as a notice can hold it: a control character in it would make every client refuse the notice."""
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)[:_NAME]


def _read(encoded: bytes) -> PendingNotice:
    try:
        return read_canonical(encoded, PendingNotice, "a notice")
    except Malformed as error:
        raise NoticeOutdated("an older version of the desk drew this notice up") from error


def _known(encoded: str) -> Card:
    return verify_card(bytes.fromhex(encoded), today=_day(encoded))


def _day(encoded: str) -> int:
    """The card's own date: device certificates that expired since then must not block delivery to the inbox."""
    return decode_card(bytes.fromhex(encoded)).body.issued_day
