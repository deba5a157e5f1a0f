"""Asks witnesses what they cosigned last, and then to cosign a checkpoint (C2SP tlog-witness, the log's side).

A slow, wrong or absent witness costs only its cosignature. Its answer is used only if it verifies with its keys. A
witness is sent nothing before it has said what it holds: a log that was put back from an old copy must not sign what
contradicts it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.errors import PeerError
from nullabona.log.note import MAX_NOTE, Note, NoteSignature, parse_signatures, verify_note
from nullabona.log.policy import Policy
from nullabona.log.witnessing import SIZE_TYPE, add_checkpoint, parse_size
from nullabona.machine.http_client import HttpClient, Route, parse_url
from nullabona.machine.http_exchange import Reply
from nullabona.sequencer.addresses import WitnessAddress
from nullabona.sequencer.errors import HistoryElsewhere, NoQuorum
from nullabona.sequencer.history import OwnHistory, size_in

NOT_MET: Final = "not-met"
"""It has not said yet what it holds, so it was not asked to cosign."""
UNPROVEN: Final = "unproven"
"""What it shows is not signed by this log, so it says nothing about it."""
HAS_MORE: Final = "has-more"
_SHOWS_NONE: Final = frozenset({404, 405})
"""It holds nothing of this log, or does not show what it holds: tlog-witness does not demand that."""
_MOST_ANSWER: Final = 65_536


@dataclass(frozen=True, slots=True)
class Question:
    """A checkpoint to cosign; ``proof`` makes the consistency proof from an older size."""

    note: Note
    size: int
    history: OwnHistory
    proof: Callable[[int], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Answers:
    """The valid cosignatures, and the reason for each witness that gave none."""

    signatures: tuple[NoteSignature, ...]
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class Quorum:
    """The condition for publishing: ``policy`` is satisfied or, without one, every witness cosigned."""

    witnesses: tuple[WitnessAddress, ...] = ()
    policy: Policy | None = None

    def check(self, note: Note, answers: Answers) -> None:
        """Raises `NoQuorum`."""
        missing = f"{len(answers.reasons)} of {len(self.witnesses)} witnesses did not cosign"
        if self.policy is None:
            if answers.reasons:
                raise NoQuorum(f"the checkpoint is not published: {missing}", answers.reasons)
            return
        try:
            self.policy.check(note)
        except PeerError as error:
            raise NoQuorum(f"the checkpoint is not published: {missing}; {error.message}", answers.reasons) from error

    def may_have_more(self, silent: Collection[str]) -> bool:
        """Whether the witnesses with these keys alone could have made a checkpoint that was published."""
        if self.policy is None:
            return bool(self.witnesses) and len(silent) == len(self.witnesses)
        keys = {(each.name, each.key_id) for address in self.witnesses if address.key in silent
                for each in address.verifiers}  # fmt: skip
        names = (each.name for each in self.policy.witnesses if (each.key.name, each.key.key_id) in keys)
        return self.policy.is_quorum(frozenset(names))


class _Declined(Exception):
    """A witness gave no cosignature; the argument is the reason in a word."""


class Circle:
    """The witnesses of one log. ``known``: the size each has cosigned; after a restart the witnesses tell it."""

    def __init__(self, addresses: Sequence[WitnessAddress], route: Route) -> None:
        self._addresses = {address: parse_url(address.url) for address in addresses}
        self.known: dict[str, int] = {}
        self._failures: Counter[str] = Counter()
        self._met: set[str] = set()
        self._claiming: set[str] = set()
        """Those that said to have more and showed nothing."""
        self._route = route
        self._clients: dict[str, HttpClient] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def meet(self, history: OwnHistory, absent: Collection[str] = ()) -> dict[str, str]:
        """Ask every witness that was not met yet what it cosigned last; for those not met, the reason in a word.

        ``absent``: keys of witnesses that need not be met. Raises `LogOlder` or `LogSplit` if one holds what is not in
        the history here.
        """
        self._enter_loop()
        asked = [address for address in self._addresses if address.key not in {*self._met, *absent}]
        found = await asyncio.gather(*[self._recall(address, history) for address in asked])
        for each in found:
            if isinstance(each, HistoryElsewhere):
                raise each
        self._met |= {address.key for address, each in zip(asked, found, strict=True) if each is None}
        reasons = {address.key: each for address, each in zip(asked, found, strict=True) if isinstance(each, str)}
        self._failures.update(reasons.keys())
        return reasons

    async def cosign(self, question: Question) -> Answers:
        """Ask every witness that was met; a witness's fault costs its cosignature only.

        Raises `LogOlder` or `LogSplit`, as `meet` does, if a witness turns out to hold what is not here.
        """
        self._enter_loop()
        found = await asyncio.gather(*[self._ask(address, question) for address in self._addresses])
        for each in found:
            if isinstance(each, HistoryElsewhere):
                raise each
        pairs = list(zip(self._addresses, found, strict=True))
        reasons = {address.key: reason for address, reason in pairs if isinstance(reason, str)}
        self._failures.update(reasons.keys())
        return Answers(tuple(line for _, lines in pairs if isinstance(lines, tuple) for line in lines), reasons)

    def failures(self) -> dict[str, int]:
        """How often each was asked and did not cosign, since the process started, by its key."""
        return {address.key: self._failures[address.key] for address in self._addresses}

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _enter_loop(self) -> None:
        """Start with new connections on a new event loop, because connections belong to one loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._clients = {}
        for address, url in self._addresses.items():
            if address.key not in self._clients:
                self._clients[address.key] = HttpClient(url, self._route)

    async def _ask(
        self, address: WitnessAddress, question: Question
    ) -> tuple[NoteSignature, ...] | str | HistoryElsewhere:
        if address.key not in self._met:
            return NOT_MET
        try:
            return await self._converse(address, question)
        except _Declined as declined:
            return str(declined)
        except HistoryElsewhere as found:
            return found
        except PeerError as error:
            return error.code

    async def _recall(self, address: WitnessAddress, history: OwnHistory) -> str | HistoryElsewhere | None:
        """None: what the witness cosigned last is in the history here, or it knows nothing of this log."""
        try:
            note = await self._held(address, history)
            if note is None and address.key in self._claiming:
                return HAS_MORE
            if note is not None and await asyncio.to_thread(size_in, history, address.key, note) is None:
                return UNPROVEN
        except HistoryElsewhere as found:
            return found
        except _Declined as declined:
            return str(declined)
        except PeerError as error:
            return error.code
        return None

    async def _held(self, address: WitnessAddress, history: OwnHistory) -> bytes | None:
        """The checkpoint that the witness shows (spec/witness.md §2.2); None if it shows none."""
        name = f"{sha256(history.origin.encode()).hexdigest()}/checkpoint"
        reply = await self._clients[address.key].get(name, MAX_NOTE)
        if reply.status not in {200, *_SHOWS_NONE}:
            raise _Declined(f"status-{reply.status}")
        return reply.body if reply.status == 200 else None

    async def _converse(self, address: WitnessAddress, question: Question) -> tuple[NoteSignature, ...]:
        """Try with the remembered size, then with the size that the witness reports."""
        known = min(self.known.get(address.key, 0), question.size)
        reply = await self._post(address, question, known)
        if reply.status == 409:
            known = _size_told(reply)
            if known > question.size:
                await self._prove(address, question)
                raise _Declined(HAS_MORE)
            self.known[address.key] = known
            reply = await self._post(address, question, known)
        if reply.status == 422:
            await self._prove(address, question)
        if reply.status != 200:
            raise _Declined(f"status-{reply.status}")
        lines = _verified(address, question.note, reply.body)
        self.known[address.key] = question.size
        return lines

    async def _prove(self, address: WitnessAddress, question: Question) -> None:
        """A witness claims to hold what is not here. Raises `LogOlder` or `LogSplit` if it can show that.

        Until it shows a checkpoint of this log that is in the history here, it is not sent another one.
        """
        self._met.discard(address.key)
        note = await self._held(address, question.history)
        if note is None:
            self._claiming.add(address.key)
        elif await asyncio.to_thread(size_in, question.history, address.key, note) is None:
            raise _Declined(UNPROVEN)

    async def _post(self, address: WitnessAddress, question: Question, known: int) -> Reply:
        proof = await asyncio.to_thread(question.proof, known)
        body = add_checkpoint(known, proof, question.note).encode()
        return await self._clients[address.key].post("add-checkpoint", body, _MOST_ANSWER)


def _size_told(reply: Reply) -> int:
    if reply.kind.partition(";")[0].strip() != SIZE_TYPE:
        raise _Declined("status-409")
    return parse_size(reply.body)


def _verified(address: WitnessAddress, note: Note, body: bytes) -> tuple[NoteSignature, ...]:
    """The witness's signature lines, verified over the checkpoint with their times."""
    lines = Note(note.text, parse_signatures(body))
    held = {(each.name, each.key_id) for each in verify_note(lines, address.verifiers) if each.time_s is not None}
    return tuple(line for line in lines.signatures if (line.name, line.key_id) in held)
