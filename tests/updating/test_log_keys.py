"""The release log's own keys change: programs follow what witnesses and release keys agreed to, and never back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nullabona.errors import PeerError
from nullabona.log.key_change import KeyChange, KeysUnproven, draft_change, key_log_origin, make_change
from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.log.note import NoteInvalid, parse_note, signatures_of
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.reading import LogForked, LogRolledBack, Source, open_files, update_mirror
from nullabona.releases.statement import LogKeys
from nullabona.sequencer import open_log
from nullabona.updating.following import Followed, begin, follow, recall
from nullabona.updating.log_keys import digest_of
from nullabona.updating.memory import PINNED, Memory, Pinned
from tests.releases.signing import LOG, NOW, PEOPLE, entry, release, revoke
from tests.updating.places import POLICY, SIGNERS, WITNESSES, PublicLog
from tests.witness.running import log_signers, seed

LABELS = ("log", "second", "third")
KEYS = {label: log_signers(LOG, label) for label in LABELS}
STRANGER = new_signer(Kind.COSIGN_ED25519, "one.example", seed("a stranger"))


def policy(label: str) -> str:
    """That of the log with these keys, and the same witnesses."""
    old, new = ("".join(f"log {vkey(each)}\n" for each in keys) for keys in (SIGNERS, KEYS[label]))
    return POLICY.replace(old, new)


def change(before: str = "log", after: str = "second", number: int = 0) -> KeyChange:
    """From the keys of one label to those of another."""
    return make_change(LOG, number, policy(before), policy(after))


def agreed(what: KeyChange, names: Sequence[str] = PEOPLE[:2]) -> bytes:
    """The entry in which these people agree to it."""
    return entry(LogKeys(LOG, digest_of(what)), names)


@dataclass
class Office:
    """Those who run the log: its folder, and the keys that sign it now."""

    log: PublicLog
    label: str = "log"
    changes: list[KeyChange] = field(default_factory=list)

    def publish(self, *entries: bytes, label: str = "", now_s: int = NOW) -> None:
        """Append these, signed with the keys of this label (those of now), and cosigned."""
        former = [signer.verifier for keys in KEYS.values() for signer in keys]
        log = open_log(self.log.folder, KEYS[label or self.label], LOG, former=former)
        try:
            log.stage(entries)
            note = parse_note(asyncio.run(log.publish(now_s)).note)
        finally:
            log.release()
        (self.log.public / "checkpoint").write_bytes(note.plus(signatures_of(note.text, WITNESSES, now_s)).encode())

    def install(
        self, what: KeyChange, logs: Sequence[str] = LABELS, witnesses: Sequence[SignerKey] = WITNESSES
    ) -> None:
        """Publish the change with the signatures of these keys of the log and of these witnesses."""
        before = Frontier().extend(b"".join(leaf_hash(each.encode()) for each in self.changes))
        signers = [key.under(key_log_origin(LOG)) for label in logs for key in KEYS[label]]
        proof = draft_change(what, before, tuple(signers), NOW)
        note = proof.note.plus(signatures_of(proof.note.text, witnesses, NOW))
        (self.log.public / "keys").mkdir(exist_ok=True)
        data = LogProof(proof.index, proof.hashes, note, proof.extra).encode()
        (self.log.public / f"keys/{what.number}").write_bytes(data)
        self.changes.append(what)

    def change(self, before: str = "log", after: str = "second", number: int = 0) -> None:
        """All of it, as it should be."""
        what = change(before, after, number)
        self.publish(agreed(what))
        self.install(what, (before, after))
        self.label = after
        self.publish()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A log with one release."""
    return Office(PublicLog(tmp_path / "log", entry(release(0))))


@pytest.fixture
def memory(tmp_path: Path, office: Office) -> Memory:
    """A reader who followed it an hour after."""
    made = Memory(tmp_path / "home")
    office.log.read(lambda source: begin(made, office.log.pinned(), source, NOW + 3_600))
    return made


def begin_at(memory: Memory, pinned: Pinned, source: Source) -> Coroutine[Any, Any, Followed]:
    """Somebody follows the log from now on."""
    return begin(memory, pinned, source, NOW)


def again(office: Office, memory: Memory, now_s: int = NOW + 7_200) -> Followed:
    """The reader looks again."""
    return office.log.read(lambda source: follow(memory, source, now_s))


def test_a_change_that_all_agreed_to_is_followed(office: Office, memory: Memory) -> None:
    """What was seen keeps its times; it is remembered at once, and what the person pinned stays as they wrote it."""
    pinned = (memory.folder / "log" / PINNED).read_bytes()
    office.change()
    office.publish(entry(release(1)))
    found = again(office, memory)
    assert {"1.0": NOW + 3_600, "1.1": NOW + 7_200} == {
        name: found.since_s(each) for name, each in found.ledger.releases.items()
    }
    assert (policy("second"), pinned) == (found.seen.policy, (memory.folder / "log" / PINNED).read_bytes())
    assert found == recall(Memory(memory.folder))
    shutil.rmtree(office.log.public / "keys")
    office.publish(entry(release(2)))
    assert ["1.0", "1.1", "1.2"] == list(again(office, memory).ledger.releases)


def test_who_was_away_follows_one_change_after_the_other(office: Office, memory: Memory, tmp_path: Path) -> None:
    """As does somebody who begins today with a policy of before them, or with that of now."""
    office.change()
    office.publish(entry(release(1)))
    office.change("second", "third", 1)
    assert policy("third") == again(office, memory).seen.policy
    for name, text, changed in (("old", POLICY, policy("third")), ("now", policy("third"), "")):
        pinned = msgspec.structs.replace(office.log.pinned(), policy=text)
        found = office.log.read(partial(begin_at, Memory(tmp_path / name), pinned))
        assert (["1.0", "1.1"], changed) == (list(found.ledger.releases), found.seen.policy)


@dataclass(frozen=True)
class Forged:
    """A change that lacks something: who agreed to which one, and who signed it."""

    names: Sequence[str] = PEOPLE[:2]
    agreed: tuple[str, str] = ("log", "second")
    logs: Sequence[str] = LABELS[:2]
    witnesses: Sequence[SignerKey] = WITNESSES


FORGED = {
    "nobody with release keys agreed": Forged(names=()),
    "one release key agreed": Forged(names=PEOPLE[:1]),
    "strangers agreed": Forged(names=("eve.example/release", "eve2.example/release")),
    "they agreed to another": Forged(agreed=("log", "third")),
    "a witness did not confirm": Forged(witnesses=WITNESSES[:1]),
    "somebody signed in the name of a witness": Forged(witnesses=(STRANGER, WITNESSES[1])),
    "the old keys did not sign": Forged(logs=LABELS[1:2]),
    "the new keys did not sign": Forged(logs=LABELS[:1]),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_change_is_not_followed(office: Office, memory: Memory, how: str) -> None:
    """The log's old keys, its server, one release key, one witness: none is enough. The reader keeps what it knows."""
    before, forged = memory.seen(), FORGED[how]
    office.publish(agreed(change(*forged.agreed), forged.names))
    office.install(change(), forged.logs, forged.witnesses)
    office.publish(entry(release(1)), label="second")
    with pytest.raises(KeysUnproven):
        again(office, memory)
    assert before == memory.seen()


def test_other_keys_without_a_change_are_refused(office: Office, memory: Memory) -> None:
    """As ever; also if a change is there that leads from other keys to them."""
    office.publish(agreed(change()), label="second")
    with pytest.raises(NoteInvalid):
        again(office, memory)
    office.install(change("third", "second"))
    with pytest.raises(NoteInvalid):
        again(office, memory)


@pytest.mark.parametrize("grown", [False, True])
def test_the_old_keys_sign_nothing_after_the_change(
    office: Office, memory: Memory, tmp_path: Path, *, grown: bool
) -> None:
    """A thief of them, with a quorum of the witnesses even: neither what was before the change nor more than that."""
    shutil.copytree(office.log.folder, tmp_path / "before")
    office.change()
    office.publish(entry(revoke()))
    known = again(office, memory)
    thief = Office(PublicLog.__new__(PublicLog))
    thief.log.folder = tmp_path / "before"
    if grown:
        thief.publish(*[entry(release(number)) for number in range(1, 9)], label="log")
    with pytest.raises(NoteInvalid):
        again(thief, memory)
    assert known == recall(memory)


def test_the_new_keys_show_nothing_older_and_no_other_log(office: Office, memory: Memory, tmp_path: Path) -> None:
    """A change of keys is no way to get rid of a revocation."""
    office.publish(entry(revoke()))
    again(office, memory)
    shutil.copytree(office.log.folder, tmp_path / "kept")
    failures: list[tuple[int, type[PeerError]]] = [(0, LogRolledBack), (9, LogForked)]
    for more, refused in failures:
        other = Office(PublicLog(tmp_path / f"other{more}", entry(release(0))))
        other.install(change(), LABELS[:2])
        other.publish(*[entry(release(1 + number)) for number in range(more)], label="second")
        with pytest.raises(refused):
            again(other, memory)
    assert {"1.0"} == set(recall(memory).ledger.revoked)


def test_a_copy_of_the_log_has_its_changes(office: Office, memory: Memory, tmp_path: Path) -> None:
    """Readers of a relay's copy follow them from there."""
    office.change()
    files = open_files(str(office.log.public))
    asyncio.run(update_mirror(files, tmp_path / "copy", Policy.parse(policy("second")), NOW))
    copy = Office(PublicLog.__new__(PublicLog))
    copy.log.folder = tmp_path / "copy"
    assert policy("second") == again(copy, memory).seen.policy
