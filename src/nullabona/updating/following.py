"""Follows the release log: it must have grown from what this machine saw before (spec/release.md §4)."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.errors import Malformed, PeerError
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.policy import Seen as Verdict
from nullabona.log.proof import parse_proof
from nullabona.reading import LogForked, LogRolledBack, Report, Source, advance
from nullabona.reading.monitor import MemoryUnusable
from nullabona.releases.choice import is_silent
from nullabona.releases.ledger import Ledger, Logged
from nullabona.updating.log_keys import check_agreed, read_under
from nullabona.updating.memory import LEAST_BYTES, MOST_BYTES, Memory, MemoryDamaged, Pinned, Seen


class LogTooLong(PeerError):
    """The release log has more bytes than this program keeps."""

    code = "release-log-too-long"
    default_hint = "nothing was installed. Ask those who release for a new log"


@dataclass(frozen=True, slots=True)
class Followed:
    """The release log as this machine knows it. ``verdict``: of the policy, on its last checkpoint."""

    seen: Seen
    ledger: Ledger
    verdict: Verdict

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The policy's witnesses that cosigned the last checkpoint."""
        return tuple(name for name, _ in self.verdict.witnesses)

    def since_s(self, logged: Logged) -> int:
        """When this machine saw the release first."""
        return self.seen.first_s[logged.entry]

    def is_silent(self, now_s: int) -> bool:
        """Whether something newer may be kept from this machine."""
        return is_silent(self.verdict.time_s, now_s)


async def begin(memory: Memory, pinned: Pinned, source: Source, now_s: int) -> Followed:
    """Follow this log from now on. What is in it already counts as public from now. Changes of its keys are followed.

    If it is followed already under the same policy, what was seen stays: other wishes make nothing newer, and hide no
    rollback. Raises as `follow`; then nothing changes.
    """
    followed = await _seen_again(memory, pinned, memory.seen_of(pinned), source, now_s)
    memory.pin(pinned, followed.seen)
    return followed


async def follow(memory: Memory, source: Source, now_s: int) -> Followed:
    """Read what is new. Raises as `read_under`, `advance` and `check_agreed`, or `LogTooLong`; then the memory is as it
    was.

    Two checkpoints that contradict each other are kept as evidence.
    """
    followed = await _seen_again(memory, memory.pinned(), memory.seen(), source, now_s)
    memory.see(followed.seen)
    return followed


def recall(memory: Memory) -> Followed:
    """What is remembered, without asking anybody. Raises `NotFollowed` or `MemoryDamaged`."""
    pinned, seen = memory.pinned(), memory.seen()
    try:
        verdict = Policy.parse(seen.policy or pinned.policy).check(parse_note(seen.note))
        return Followed(seen, seen.ledger(pinned.fingerprint), verdict)
    except PeerError as error:
        # A process that ended between the two writes of `Memory.pin` leaves them so.
        raise MemoryDamaged("what was seen is not of the log that is followed") from error


def proven_since_s(proof: bytes, entry: bytes, logged: Logged, policy: str) -> int:
    """By when a quorum of witnesses had cosigned a log with the entry of this release, as an old proof shows.

    ``policy``: with the log's keys of now; what former ones signed proves nothing any more. Raises `Malformed`,
    `ProofInvalid` or as `Policy.check`; a policy without a quorum proves no time.
    """
    found = parse_proof(proof)
    verdict = found.verify(entry, Policy.parse(policy))
    if found.index != logged.entry or verdict.by_s is None:
        raise Malformed("this is not a proof of when this release was public")
    return verdict.by_s


async def _seen_again(memory: Memory, pinned: Pinned, before: Seen | None, source: Source, now_s: int) -> Followed:
    known = pinned.policy if before is None else before.policy or pinned.policy
    report, text, changes = await read_under(source, known)
    try:
        followed = await _follow(pinned, source, before, report, text, now_s)
    except (LogForked, LogRolledBack):
        if before is not None:
            # What was judged, and not what the log would answer if it were asked once more.
            memory.keep_evidence(before.note, report.note)
        raise
    except MemoryUnusable as error:
        raise MemoryDamaged("what was seen is not of the log that is followed") from error
    check_agreed(followed.ledger, changes)
    return followed


async def _follow(
    pinned: Pinned, source: Source, before: Seen | None, report: Report, text: str, now_s: int
) -> Followed:
    policy, verdict = Policy.parse(text), _verdict(report)
    entries = list(before.entries) if before else []
    room = MOST_BYTES - sum(max(len(entry), LEAST_BYTES) for entry in entries)

    def take(_number: int, entry: bytes) -> None:
        nonlocal room
        room -= max(len(entry), LEAST_BYTES)
        if room < 0:
            raise LogTooLong(f"the release log has more than {MOST_BYTES >> 20} MiB")
        entries.append(entry)

    last = before.note if before else None
    known = Policy.parse(before.policy or pinned.policy) if before else policy
    step = await advance(source, policy, report, last, take, from_start=True, before=known)
    # A clock that is behind when an entry is seen, and right later, must not make days out of nothing.
    seen_s = max(now_s, verdict.time_s or 0)
    first_s = (*(before.first_s if before else ()), *(seen_s for _ in step.new))
    changed = "" if text == pinned.policy else text
    seen = Seen(step.checkpoint.origin, step.note, tuple(entries), first_s, changed)
    return Followed(seen, seen.ledger(pinned.fingerprint), verdict)


def _verdict(report: Report) -> Verdict:
    assert report.seen is not None  # there was a policy
    return report.seen
