"""Asks witnesses to cosign a checkpoint, concurrently (C2SP tlog-witness, the log's side).

A slow, wrong or absent witness costs only its cosignature. Its answer is used only if it verifies with its keys.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.errors import PeerError
from nullabona.log.note import Note, NoteSignature, parse_signatures, verify_note
from nullabona.log.policy import Policy
from nullabona.log.witnessing import SIZE_TYPE, add_checkpoint, parse_size
from nullabona.machine.http_client import HttpClient, Route, parse_url
from nullabona.machine.http_exchange import Reply
from nullabona.sequencer.addresses import WitnessAddress
from nullabona.sequencer.errors import NoQuorum

_MOST_ANSWER: Final = 65_536


@dataclass(frozen=True, slots=True)
class Question:
    """A checkpoint to cosign; ``proof`` makes the consistency proof from an older size."""

    note: Note
    size: int
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


class _Declined(Exception):
    """A witness gave no cosignature; the argument is the reason in a word."""


class Circle:
    """The witnesses of one log. ``known``: the size each has cosigned; after a restart the witnesses tell it."""

    def __init__(self, addresses: Sequence[WitnessAddress], route: Route) -> None:
        self._addresses = {address: parse_url(address.url) for address in addresses}
        self.known: dict[str, int] = {}
        self.failures = Counter(dict.fromkeys((address.key for address in addresses), 0))
        """How often each was asked and did not cosign, since the process started."""
        self._route = route
        self._clients: dict[str, HttpClient] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def cosign(self, question: Question) -> Answers:
        """Ask every witness; never raises because of a witness."""
        self._enter_loop()
        found = await asyncio.gather(*[self._ask(address, question) for address in self._addresses])
        pairs = list(zip(self._addresses, found, strict=True))
        reasons = {address.key: reason for address, reason in pairs if isinstance(reason, str)}
        self.failures.update(reasons.keys())
        return Answers(tuple(line for _, lines in pairs if not isinstance(lines, str) for line in lines), reasons)

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

    async def _ask(self, address: WitnessAddress, question: Question) -> tuple[NoteSignature, ...] | str:
        try:
            return await self._converse(address, question)
        except _Declined as declined:
            return str(declined)
        except PeerError as error:
            return error.code

    async def _converse(self, address: WitnessAddress, question: Question) -> tuple[NoteSignature, ...]:
        """Try with the remembered size, then with the size that the witness reports."""
        known = min(self.known.get(address.key, 0), question.size)
        reply = await self._post(address, question, known)
        if reply.status == 409:
            known = _size_told(reply)
            if known > question.size:
                raise _Declined("has-more")
            self.known[address.key] = known
            reply = await self._post(address, question, known)
        if reply.status != 200:
            raise _Declined(f"status-{reply.status}")
        lines = _verified(address, question.note, reply.body)
        self.known[address.key] = question.size
        return lines

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
