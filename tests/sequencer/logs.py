"""What the sequencer's tests share: a log's keys, its policy, and an audit of everything it ever said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from nullabona.log.keys import SignerKey
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy, Seen
from nullabona.log.tiles import ENTRIES, decode_bundle, tiles_of
from nullabona.log.tree import EMPTY_ROOT, Frontier, leaf_hashes
from nullabona.sequencer import Log, Published, open_log
from tests.witness.running import START, log_signers, witness_signers

ORIGIN = "log.example/test"
SIGNERS = log_signers(ORIGIN)


def policy_text(signers: Sequence[SignerKey] = SIGNERS, witnesses: Iterable[str] = (), quorum: int = 0) -> str:
    """The policy of a log with these keys: ``quorum`` of the witnesses with these names."""
    names = list(witnesses)
    lines = [f"log {signer.verifier.encode()}" for signer in signers]
    lines += [f"witness w{n} {witness_signers(name)[0].verifier.encode()}" for n, name in enumerate(names)]
    if names:
        lines.append(f"group all {quorum} " + " ".join(f"w{n}" for n in range(len(names))))
    return "\n".join([*lines, f"quorum {'all' if names else 'none'}", ""])


POLICY = Policy.parse(policy_text())


def make_log(folder: Path) -> Log:
    """A log without witnesses."""
    return open_log(folder, SIGNERS, ORIGIN)


def publish(log: Log, now_s: int = START) -> Published:
    """Publish from outside of a loop."""

    async def once() -> Published:
        try:
            return await log.publish(now_s)
        finally:
            await log.hang_up()

    return asyncio.run(once())


def entries_of(public: Path, size: int) -> list[bytes]:
    """Every entry in the public files of a log of ``size``; every file that the size has must be there."""
    entries: list[bytes] = []
    for tile in tiles_of(size):
        data = (public / tile.path).read_bytes()
        if tile.level == ENTRIES:
            entries += decode_bundle(data, tile.width)
    return entries


def audit(public: Path, policy: Policy = POLICY) -> tuple[Seen, list[bytes]]:
    """What the log says now, and its entries, which must be what the signed root says."""
    seen = policy.check(parse_note((public / "checkpoint").read_bytes()))
    entries = entries_of(public, seen.checkpoint.size)
    assert root_of(entries) == seen.checkpoint.root
    return seen, entries


def root_of(entries: Sequence[bytes]) -> bytes:
    """The root of a tree with these entries."""
    return Frontier().extend(leaf_hashes(entries)).root if entries else EMPTY_ROOT
