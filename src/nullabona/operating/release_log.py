"""Enters statements into a release log: only what holds, and once (spec/release.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nullabona.log.keys import SignerKey
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.operating.log_witnesses import witnesses_in
from nullabona.operating.release_log_keys import former_keys
from nullabona.releases.ledger import Ledger, WrongReleaseKeys, fingerprint
from nullabona.releases.statement import Entry, Keys, parse_entry
from nullabona.sequencer import Log, open_log


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry that is public now. ``size``: of the log; ``fingerprint``: of its first statement."""

    number: int
    size: int
    fingerprint: str


async def enter(
    folder: Path, entry: Entry, signers: Sequence[SignerKey], policy: Policy, now_s: int, route: Route | None = None
) -> Entered:
    """Publish ``entry`` in the log in ``folder``, with a quorum of the policy's witnesses. Its first entry makes it.

    An entry that is in the log already is published again and not entered twice, so that an interrupted call can be
    repeated. Raises what `Ledger.check` raises, and then nothing is in the log; `LogKeyReplaced` for keys that the log
    had before its newest change of keys; else as `Log.publish`.
    """
    log = open_log(
        folder, signers, signers[0].name, witnesses=witnesses_in(policy), policy=policy, route=route or Route(),
        former=former_keys(folder, signers),
    )  # fmt: skip
    try:
        data = entry.encode()
        # What an interrupted call has staged is a part of the log already, so it is judged with the rest.
        size = log.integrate().size
        entries = [log.entry(number) for number in range(size)]
        if data not in entries:
            _judge(log, entries, data).check(data)
        # The key makes a second call of an interrupted one stage nothing more.
        number = log.stage([data], key=sha256(data).digest())[0]
        published = await log.publish(now_s)
        return Entered(number, published.size, _pinned([*entries, data]))
    finally:
        await log.close()


def _judge(log: Log, entries: Sequence[bytes], data: bytes) -> Ledger:
    """What the log says so far. A new log is pinned to the statement that begins it."""
    ledger = Ledger(log.origin, _pinned([*entries, data]))
    ledger.take_all(entries)
    return ledger


def _pinned(entries: Sequence[bytes]) -> str:
    statement = parse_entry(entries[0]).statement
    if not isinstance(statement, Keys):
        raise WrongReleaseKeys("a release log begins with its keys", hint="enter the statement of `draft-keys` first")
    return fingerprint(statement)
