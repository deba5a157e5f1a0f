"""Notices to people: drawn up when a notifier decides, delivered once the log proves their slot (§7.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from nullabona.docket.casefiles import CaseFile
from nullabona.docket.core.canonical import digest, read_canonical
from nullabona.docket.core.instrument import DAY, Instrument
from nullabona.docket.core.notice import NoticeBody, OperatorNotice, encode_notice, words
from nullabona.docket.core.records import CaseContent, Match
from nullabona.docket.core.slots import EventRecord
from nullabona.docket.ports import Acting, Deliver
from nullabona.docket.receipts import Receipts
from nullabona.docket.tools import Tools
from nullabona.docket.vault import unseal
from nullabona.errors import Malformed
from nullabona.wire.card import Card, verify_card
from nullabona.wire.seal import Inbox, seal_to_inbox


class PendingNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What waits for its slot's proof."""

    bodies: tuple[NoticeBody, ...]
    salt: bytes
    blind: bytes
    record: EventRecord


@dataclass(frozen=True, slots=True)
class Letter:
    """A frame for the inbox of one handle."""

    handle: str
    inbox: Inbox
    frame: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadyNotice:
    """A notice whose slot the log proves, with its letters. ``officer``: who delivers it."""

    commitment: bytes
    case: bytes
    officer: str
    letters: tuple[Letter, ...]


class Notices:
    """Draws up, keeps and delivers notices."""

    def __init__(self, tools: Tools, receipts: Receipts, host: str) -> None:
        self._t = tools
        self._receipts = receipts
        self._host = host

    def bodies(self, content: CaseContent, instrument: Instrument) -> tuple[NoticeBody, ...]:
        """A notice for every account that the demand led to."""
        authority = self._t.staff.authority(content.demand.authority).name
        return tuple(self._body(content, instrument, authority, match) for match in content.matches if match.found)

    def keep(self, file: CaseFile, commitment: bytes, pending: PendingNotice) -> None:
        """Inside a transaction."""
        sealed = self._t.files.seal_content(file.recipient, pending)
        self._t.store.run("keep_notice", commitment, file.id, sealed)

    def waiting(self) -> int:
        """How many notices are not delivered yet."""
        return len(self._t.store.rows("notices"))

    def deliver(self, who: Acting, deliver: Deliver) -> int:
        """Deliver what the log proves by now; how many. Raises what ``deliver`` raises, and goes on the next time."""
        done = 0
        for notice in self.ready(who):
            for letter in notice.letters:
                deliver(letter.handle, letter.inbox, letter.frame)
            self.delivered(notice)
            done += 1
        return done

    def ready(self, who: Acting) -> Iterator[ReadyNotice]:
        """What the log proves by now, sealed to its inboxes. Whoever puts it there says so to `delivered`."""
        for commitment, case, sealed in self._t.store.rows("notices"):
            if self._t.store.row("slot_of", commitment) is None:
                continue
            file = self._t.files.open(who, case)
            pending = read_canonical(unseal(sealed, [file.identity]), PendingNotice, "a notice")
            letters = []
            for body, item in self._items(commitment, pending):
                card = self._card(file.content, body.handle)
                letters.append(Letter(body.handle, card.inbox, seal_to_inbox(card.inbox, item)))
            yield ReadyNotice(commitment, case, who.officer, tuple(letters))

    def delivered(self, notice: ReadyNotice) -> None:
        """Enter that it was delivered; a second time changes nothing."""
        with self._t.store.transaction():
            if self._t.store.run("drop_notice", notice.commitment):
                self._t.journal.append("notice-delivered", notice.commitment, case=notice.case, officer=notice.officer)

    def _items(self, commitment: bytes, pending: PendingNotice) -> list[tuple[NoticeBody, bytes]]:
        proof = self._receipts.proof(commitment, pending.blind, pending.record)
        digests = tuple(digest(body) for body in pending.bodies)
        return [(body, encode_notice(OperatorNotice(body, pending.salt, digests, proof))) for body in pending.bodies]

    def _body(self, content: CaseContent, instrument: Instrument, authority: str, match: Match) -> NoticeBody:
        decision = content.decision
        assert decision is not None
        answers: dict[str, str] = {answer.data_class: answer.answer for answer in decision.answers}
        return NoticeBody(
            handle=str(match.record["handle"]), host=self._host, instrument=instrument.id, label=instrument.label,
            authority=authority, received_day=content.demand.received_s // DAY, decided=decision.outcome,
            answer=answers,
            text=words(instrument.label, authority, decision),
            nonce=self._t.chance(16),
        )  # fmt: skip

    def _card(self, content: CaseContent, handle: str) -> Card:
        """The card as it was found when the identifiers were matched."""
        for match in content.matches:
            if match.record.get("handle") == handle and "encoded" in match.record:
                return verify_card(bytes.fromhex(str(match.record["encoded"])), today=self._t.clock() // DAY)
        raise Malformed("no card was found for this handle")
