"""What we remember of one directory: its keys and policy, and how far we have seen its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from nullabona.client.core.directory.errors import LogForked, LogReplaced, LogRolledBack, LogStale
from nullabona.log.following import read_frontier
from nullabona.log.note import NoteInvalid, parse_note
from nullabona.log.policy import NO_QUORUM, Policy, PolicyInvalid, Seen, WrongOrigin
from nullabona.log.tree import Frontier, ProofInvalid, leaf_hash, verify_inclusion
from nullabona.log.vrf import check_public
from nullabona.wire.epoch import Genesis, decode_genesis, origin_of
from nullabona.wire.messages import LogDescribed

SKEW_S: Final = 300
"""How far ahead of this device's clock a directory's or a witness's may go."""


class Pinned(msgspec.Struct, array_like=True, frozen=True):
    """One directory. ``by_hand``: the policy was given by the person, not by the directory when it was first seen."""

    host: str
    policy: str
    by_hand: bool
    genesis: bytes
    size: int
    peaks: tuple[bytes, ...]
    checkpoint: bytes
    seen_s: int
    genesis_proof: tuple[bytes, ...] = ()
    """That the log of `began` begins with the genesis: for evidence."""
    began: bytes = b""
    """The checkpoint with which the genesis was proven; empty: it was pinned before this was kept."""
    listed: bool = False
    """The newest epoch that was seen had a list of changes, so every later one must."""

    @property
    def frontier(self) -> Frontier:
        """Of the log as it was last seen."""
        return Frontier(self.size, self.peaks)

    @property
    def rules(self) -> Genesis:
        """Key, period and history of the directory."""
        return decode_genesis(self.genesis)

    @property
    def witnessed(self) -> bool:
        """Whether the policy demands any witness at all."""
        return Policy.parse(self.policy).quorum != NO_QUORUM


@dataclass(frozen=True, slots=True)
class Sighting:
    """A checkpoint that the policy believes."""

    size: int
    root: bytes
    time_s: int | None
    witnesses: tuple[str, ...]


def see(pinned: Pinned, checkpoint: bytes) -> Sighting:
    """The checkpoint, if the pinned policy believes it. Raises `LogReplaced`, `NotWitnessed` or `Malformed`."""
    return _see(pinned.host, Policy.parse(pinned.policy), checkpoint)


def _see(host: str, policy: Policy, checkpoint: bytes) -> Sighting:
    try:
        seen: Seen = policy.check(parse_note(checkpoint))
    except (NoteInvalid, WrongOrigin) as error:
        raise LogReplaced("the server shows a log that is not signed as the one this device knows") from error
    if seen.checkpoint.origin != origin_of(host):
        raise LogReplaced("the server shows another server's log")
    names = tuple(name for name, _ in seen.witnesses)
    return Sighting(seen.checkpoint.size, seen.checkpoint.root, seen.time_s, names)


def pin(host: str, described: LogDescribed, policy: str | None, now_s: int) -> Pinned:
    """What is to be remembered of a directory that is seen for the first time.

    ``policy`` is the person's own, or None: then we use the directory's, and the caller must say so. Raises
    `PolicyInvalid`, `LogReplaced`, `NotWitnessed`, `LogForked`, `VrfInvalid` or `Malformed`.
    """
    text = described.policy if policy is None else policy
    rules = Policy.parse(text)
    if not rules.keys_of(origin_of(host)):
        raise PolicyInvalid("the policy does not name this server's log")
    seen = _see(host, rules, described.checkpoint)
    genesis = decode_genesis(described.genesis)
    if genesis.host != host:
        raise LogReplaced("the server's log begins like another server's")
    check_public(genesis.vrf_key)
    try:
        verify_inclusion(leaf_hash(described.genesis), 0, seen.size, described.genesis_proof, seen.root)
    except ProofInvalid as error:
        raise LogForked("the server's log does not begin as it says") from error
    frontier = read_frontier(seen.size, described.edge)
    if frontier.root != seen.root:
        raise LogForked("the server's log does not have the root that is signed")
    return Pinned(
        host,
        text,
        policy is not None,
        described.genesis,
        seen.size,
        frontier.peaks,
        described.checkpoint,
        now_s,
        described.genesis_proof,
        described.checkpoint,
    )


def with_docket(pinned: Pinned, described: LogDescribed) -> Pinned:
    """With the keys of the operator's docket, if the directory names one by now; else as it was.

    Only where the person gave no policy of their own, and only if nothing else differs: a log of the same host is new,
    known logs keep their keys, and the required witnesses are the same. Raises `PolicyInvalid`.
    """
    if pinned.by_hand:
        return pinned
    known, shown = Policy.parse(pinned.policy), Policy.parse(described.policy)
    fresh = [log for log in shown.logs if log not in known.logs]
    kept = [log for log in shown.logs if log in known.logs] == list(known.logs)
    own = {log.key.name for log in known.logs}
    new = all(log.key.name.startswith(f"{pinned.host}/") and log.key.name not in own for log in fresh)
    same = (shown.witnesses, shown.groups, shown.quorum) == (known.witnesses, known.groups, known.quorum)
    return msgspec.structs.replace(pinned, policy=described.policy) if fresh and kept and new and same else pinned


def check_position(pinned: Pinned, seen: Sighting) -> None:
    """Raises `LogRolledBack` if less is shown than was seen before, `LogForked` if another tree of the same size is."""
    if seen.size < pinned.size:
        raise LogRolledBack(f"the server shows {seen.size} entries of its log and showed {pinned.size} before")
    if seen.size == pinned.size and seen.root != pinned.frontier.root:
        raise LogForked("the server shows two different logs of one size")


def check_fresh(pinned: Pinned, seen: Sighting, closed_s: int, now_s: int) -> None:
    """Raises `LogStale` unless the newest epoch and the witnesses' signatures are of now."""
    oldest = now_s - pinned.rules.fresh_s
    if min(closed_s, closed_s if seen.time_s is None else seen.time_s) < oldest:
        raise LogStale("the newest epoch that the server can show is too old")
    if closed_s > now_s + SKEW_S:
        raise LogStale("the newest epoch that the server shows is in the future")


def moved(pinned: Pinned, frontier: Frontier, seen: Sighting, checkpoint: bytes, now_s: int, *, listed: bool) -> Pinned:
    """As remembered from now on; ``frontier`` was reached from the one before. Raises `LogForked`.

    ``listed``: the newest epoch has a list of changes.
    """
    if frontier.size != seen.size or frontier.root != seen.root:
        raise LogForked("the server shows a log that does not continue the one this device saw before")
    return msgspec.structs.replace(
        pinned, size=frontier.size, peaks=frontier.peaks, checkpoint=checkpoint, seen_s=now_s, listed=listed
    )
