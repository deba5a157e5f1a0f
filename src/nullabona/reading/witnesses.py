"""The last cosignatures of a policy's witnesses: how far a log has grown, regardless of what the log itself shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from nullabona.errors import PeerError
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import MAX_NOTE, NoteInvalid, parse_note, verify_note
from nullabona.log.policy import Policy, PolicyWitness, require_log
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, parse_url
from nullabona.reading.errors import LogBehind, LogForked


@dataclass(frozen=True, slots=True)
class Word:
    """One witness's answer. ``checkpoint`` None: it cosigned nothing yet or, with ``error``, gave no valid answer."""

    witness: str
    checkpoint: Checkpoint | None
    error: str = ""


async def ask_witnesses(policy: Policy, origin: str, route: Route) -> tuple[Word, ...]:
    """The answer of every witness of the policy with an address; an unverifiable answer becomes an error."""
    reachable = {witness.name: witness for witness in policy.witnesses if witness.url}
    return tuple(await asyncio.gather(*[_ask(witness, policy, origin, route) for witness in reachable.values()]))


def check_not_behind(copy: Checkpoint, words: tuple[Word, ...]) -> None:
    """Raises `LogBehind` if a witness has cosigned more than the copy holds, `LogForked` if another history."""
    for word in words:
        if word.checkpoint is None:
            continue
        if word.checkpoint.size > copy.size:
            raise LogBehind(f"the copy has {copy.size} entries, and {word.witness} has cosigned {word.checkpoint.size}")
        if word.checkpoint.size == copy.size and word.checkpoint.root != copy.root:
            raise LogForked(f"the copy is not the log that {word.witness} has cosigned")


async def _ask(witness: PolicyWitness, policy: Policy, origin: str, route: Route) -> Word:
    client = HttpClient(parse_url(witness.url), route)
    try:
        reply = await client.get(f"{sha256(origin.encode()).hexdigest()}/checkpoint", MAX_NOTE)
        if reply.status == 404:
            return Word(witness.name, None)
        if reply.status != 200:
            raise HttpMisbehaved(f"the witness answers {reply.status}")
        return Word(witness.name, _believed(reply.body, witness, policy, origin))
    except PeerError as error:
        return Word(witness.name, None, error.code)
    finally:
        await client.close()


def _believed(data: bytes, witness: PolicyWitness, policy: Policy, origin: str) -> Checkpoint:
    """The checkpoint in a note that the log and this witness signed. Raises `Malformed` or `NoteInvalid`."""
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    keys = policy.keys_of(origin)
    verified = verify_note(note, (*keys, *(each.key for each in policy.witnesses)))
    if checkpoint.origin != origin or not any(each.name == witness.key.name and each.time_s for each in verified):
        raise NoteInvalid("the witness shows a checkpoint that it has not cosigned")
    require_log(checkpoint, keys, verified)
    return checkpoint
