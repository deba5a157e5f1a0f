"""Following the release log: what it shows must have grown, and when something was public is this machine's word."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from nullabona.errors import Malformed
from nullabona.log.policy import NotWitnessed
from nullabona.log.proof import LogProof
from nullabona.reading import LogForked, LogRolledBack, Source, open_files, prove, read_checkpoint
from nullabona.releases.choice import SILENCE_S
from nullabona.releases.ledger import WrongReleaseKeys
from nullabona.updating import following
from nullabona.updating.following import Followed, LogTooLong, begin, follow, proven_since_s, recall
from nullabona.updating.memory import PINNED, Memory, MemoryDamaged, NotFollowed, Pinned, Seen
from tests.releases.signing import NOW, entry, release, revoke
from tests.updating.places import POLICY, PublicLog


@pytest.fixture
def log(tmp_path: Path) -> PublicLog:
    """A log with one release."""
    return PublicLog(tmp_path / "log", entry(release(0)))


@pytest.fixture
def memory(tmp_path: Path, log: PublicLog) -> Memory:
    """A reader who followed it an hour after."""
    made = Memory(tmp_path / "home")
    log.read(lambda source: begin(made, log.pinned(), source, NOW + 3_600))
    return made


def again(log: PublicLog, memory: Memory, now_s: int = NOW + 7_200) -> Followed:
    """The reader looks again."""
    return log.read(lambda source: follow(memory, source, now_s))


def test_each_release_is_public_since_this_machine_saw_it(log: PublicLog, memory: Memory) -> None:
    """Whatever witnesses say: a bought quorum must not date a release back. It is remembered without a connection."""
    log.publish(entry(release(1)), now_s=NOW + 10)
    found = again(log, memory)
    times = {name: found.since_s(each) for name, each in found.ledger.releases.items()}
    assert {"1.0": NOW + 3_600, "1.1": NOW + 7_200} == times
    later = again(log, memory, NOW + 99_999)
    assert times == {name: later.since_s(each) for name, each in later.ledger.releases.items()}
    assert later == recall(Memory(memory.folder))
    assert ("one.example", "two.example") == later.witnesses


def test_a_rollback_is_noticed_and_kept(log: PublicLog, memory: Memory, tmp_path: Path) -> None:
    """As when a revocation is withheld after it was seen; what was known stays."""
    shutil.copytree(log.folder, tmp_path / "before")
    log.publish(entry(revoke()))
    again(log, memory)
    before = PublicLog.__new__(PublicLog)
    before.folder = tmp_path / "before"
    with pytest.raises(LogRolledBack):
        again(before, memory)
    assert {"1.0"} == set(recall(memory).ledger.revoked)
    shown = [path.read_bytes() for path in memory.evidence[0]]
    assert [(log.public / "checkpoint").read_bytes(), (before.public / "checkpoint").read_bytes()] == shown


def test_a_fork_is_noticed_and_kept(log: PublicLog, memory: Memory, tmp_path: Path) -> None:
    """Another release in the place of the one that was seen, by the same keys and witnesses."""
    other = PublicLog(tmp_path / "other", entry(release(0, "6.6")), entry(release(1)))
    with pytest.raises(LogForked):
        again(other, memory)
    assert ["1.0"] == list(recall(memory).ledger.releases)
    assert (other.public / "checkpoint").read_bytes() == memory.evidence[0][1].read_bytes()


def test_evidence_is_what_was_judged_and_is_never_overwritten(log: PublicLog, memory: Memory, tmp_path: Path) -> None:
    """A log that shows an honest checkpoint when it is asked once more, or a day later, gets rid of nothing."""

    class TwoFaced(Source):
        """Shows the fork once."""

        shown: ClassVar[list[bytes]] = []

        async def checkpoint(self) -> bytes:
            self.shown.append(await super().checkpoint())
            return self.shown[0] if len(self.shown) == 1 else (log.public / "checkpoint").read_bytes()

    other = PublicLog(tmp_path / "other", entry(release(0, "6.6")), entry(release(1)))
    with pytest.raises(LogForked):
        asyncio.run(follow(memory, TwoFaced(open_files(str(other.public))), NOW))
    forked = [path.read_bytes() for path in memory.evidence[0]]
    assert (other.public / "checkpoint").read_bytes() == forked[1]
    with pytest.raises(LogRolledBack):
        again(PublicLog(tmp_path / "older"), memory)
    kept = [[path.read_bytes() for path in two] for two in memory.evidence]
    assert (2, True) == (len(kept), forked in kept)


def test_a_clock_that_was_behind_makes_no_days(log: PublicLog, memory: Memory) -> None:
    """As of a machine without a battery: the quorum's time counts if it is later than the clock's."""
    log.publish(entry(release(1)), now_s=NOW + 9_000)
    found = again(log, memory, now_s=0)
    assert NOW + 9_000 == found.since_s(found.ledger.releases["1.1"])


def test_other_wishes_forget_nothing(log: PublicLog, memory: Memory, tmp_path: Path) -> None:
    """To follow the same log again neither makes its releases newer nor hides that it shrank."""
    pinned = log.pinned(days_public=3)
    found = log.read(lambda source: begin(memory, pinned, source, NOW + 99_999))
    assert (NOW + 3_600, pinned) == (found.since_s(found.ledger.releases["1.0"]), memory.pinned())
    empty = PublicLog(tmp_path / "empty")
    with pytest.raises(LogRolledBack):
        empty.read(lambda source: begin(memory, pinned, source, NOW + 99_999))
    (memory.folder / "log/seen.json").write_text("{")
    again = log.read(lambda source: begin(memory, pinned, source, NOW + 99_999))
    assert NOW + 99_999 == again.since_s(again.ledger.releases["1.0"])


def test_without_a_quorum_nothing_is_believed(log: PublicLog, memory: Memory) -> None:
    """One witness of two."""
    log.publish(entry(release(1)))
    path = log.public / "checkpoint"
    path.write_bytes(
        b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b"two.example" not in line)
    )
    with pytest.raises(NotWitnessed):
        again(log, memory)


def test_a_log_of_other_keys_is_not_followed(log: PublicLog, tmp_path: Path) -> None:
    """And nothing of it is remembered."""
    made = Memory(tmp_path / "another")
    pinned = Pinned(str(log.public), POLICY, "0" * 64)
    with pytest.raises(WrongReleaseKeys):
        log.read(lambda source: begin(made, pinned, source, NOW))
    with pytest.raises(NotFollowed):
        recall(made)


@pytest.mark.parametrize(("later_s", "silent"), [(SILENCE_S, False), (SILENCE_S + 1, True)])
def test_silence_is_noticed(log: PublicLog, memory: Memory, later_s: int, *, silent: bool) -> None:
    """By the time for which a quorum cosigned last."""
    assert silent == again(log, memory).is_silent(NOW + later_s)


def test_a_log_that_never_ends_is_not_kept(log: PublicLog, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its operator can append anything; what was known stays."""
    monkeypatch.setattr(following, "MOST_BYTES", 40_000)
    log.publish(*[bytes([number]) * 20_000 for number in range(2)])
    with pytest.raises(LogTooLong):
        again(log, memory)


def test_a_log_of_empty_entries_is_too_long(log: PublicLog, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have no bytes, and would fill a machine's memory all the same."""
    monkeypatch.setattr(following, "MOST_BYTES", 80_000)
    log.publish(*[b""] * 100)
    with pytest.raises(LogTooLong):
        again(log, memory)
    assert 2 == recall(memory).ledger.size


def test_an_old_proof_says_since_when(log: PublicLog, memory: Memory) -> None:
    """By a quorum of witnesses; a proof of another entry is none."""
    log.publish(entry(release(1)), now_s=NOW + 5)

    async def proof(source: Source, index: int) -> LogProof:
        return (await prove(source, await read_checkpoint(source, None), index)).proof

    found = again(log, memory)
    logged, data = found.ledger.releases["1.1"], found.seen.entries
    good = log.read(lambda source: proof(source, 2)).encode()
    assert NOW + 5 == proven_since_s(good, data[2], logged, log.pinned().policy)
    with pytest.raises(Malformed, match="not a proof of when"):
        proven_since_s(log.read(lambda source: proof(source, 1)).encode(), data[1], logged, log.pinned().policy)


def test_a_damaged_memory_is_said(log: PublicLog, memory: Memory) -> None:
    """Instead of beginning from nothing, which would forget what was seen."""
    (memory.folder / "log/seen.json").write_text("{")
    with pytest.raises(MemoryDamaged):
        again(log, memory)
    (memory.folder / "log/seen.json").unlink()
    with pytest.raises(MemoryDamaged):
        again(log, memory)
    with pytest.raises(MemoryDamaged):
        recall(memory)


def test_an_entry_that_is_not_the_one_seen_is_noticed(log: PublicLog, memory: Memory) -> None:
    """A revocation that a disk damaged would be an entry that does not hold, and the version could be installed."""
    log.publish(entry(revoke()))
    seen = again(log, memory).seen
    damaged = seen.entries[2].replace(b"previews", b"previewz")
    for bad in (
        msgspec.structs.replace(seen, entries=(*seen.entries[:2], damaged)),
        msgspec.structs.replace(seen, entries=seen.entries[:2], first_s=seen.first_s[:2]),
        msgspec.structs.replace(seen, first_s=seen.first_s[:1]),
        msgspec.structs.replace(seen, note=b"none"),
    ):
        memory.see(bad)
        with pytest.raises(MemoryDamaged):
            recall(memory)
        with pytest.raises(MemoryDamaged):
            again(log, memory)


def test_an_end_between_the_two_writes_is_said_and_mended_by_following_again(
    log: PublicLog, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen is of the new log then, and what is pinned is the old one."""
    other = PublicLog(tmp_path / "other")
    elsewhere = msgspec.structs.replace(other.pinned(), policy="# another\n" + POLICY)
    write = Memory._write

    def die(self: Memory, name: str, value: Pinned | Seen) -> None:
        if name == PINNED:
            raise KeyboardInterrupt
        write(self, name, value)

    monkeypatch.setattr(Memory, "_write", die)
    with pytest.raises(KeyboardInterrupt):
        other.read(lambda source: begin(memory, elsewhere, source, NOW))
    monkeypatch.undo()
    old = msgspec.structs.replace(log.pinned(), policy=POLICY.replace("both", "two"))
    memory._write(PINNED, msgspec.structs.replace(old, fingerprint="0" * 64))
    with pytest.raises(MemoryDamaged):
        recall(memory)
    assert "1.0" in log.read(lambda source: begin(memory, log.pinned(), source, NOW)).ledger.releases
