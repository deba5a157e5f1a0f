"""Evidence against a directory holds for a third person, who has the file and the log's policy and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from nullabona.client.core.record.errors import LogReplaced
from nullabona.client.core.record.evidence import EntryEvidence, EvidenceInvalid, Proven, is_evidence, verify_evidence
from nullabona.client.core.record.owner import judge, look, settle, start
from nullabona.client.core.record.pinned import Pinned
from nullabona.client.core.record.promises import check_promise
from nullabona.client.runner.directories import with_beginning
from nullabona.directory.core.records import Keep, StoredCard
from nullabona.log.keys import Kind, VerifierKey
from nullabona.log.policy import Policy
from nullabona.log.prefix import TOMBSTONE
from nullabona.wire.card import card_hash
from tests.record.directories import HOST, PERIOD_S, START, Directory
from tests.record.test_checking import CARD, FALSE, in_record, play
from tests.wire.cards import JUN, MINA


async def enter(directory: Directory, data: bytes) -> None:
    """The operator puts a card into the record that its owner never made."""
    with directory.service._store.transaction():
        keep = Keep(StoredCard.of(MINA, data, 0), card_hash(data))
        directory.service._store.apply(keep, directory.service._record.place(MINA))
    await directory.advance()


async def caught(directory: Directory, *, later: int = 2) -> tuple[Pinned, bytes]:
    """What an owner's device keeps of a foreign entry, seen ``later`` epochs after it."""
    pinned, _ = await in_record(directory)
    watch = start(pinned)
    await enter(directory, FALSE)
    for _ in range(later):
        await directory.advance()
    found = look(pinned, watch, MINA, await directory.watch(watch.epoch), directory.now)
    (alarm,) = judge(watch, found.openings, [CARD.hash])[1]
    return pinned, found.trail.evidence(pinned, str(MINA), alarm.epoch)


@pytest.mark.parametrize("later", [0, 1, 9])
def test_a_third_person_verifies_a_foreign_entry(later: int) -> None:
    """From the policy and the file alone: which card stood at whose handle in which epoch, under which checkpoint."""

    async def story(directory: Directory) -> None:
        pinned, data = await caught(directory, later=later)
        closed_s = START + 2 * PERIOD_S
        expected = Proven(HOST, str(MINA), 3, closed_s, 2, card_hash(FALSE), 4 + later, ())
        assert (True, expected) == (is_evidence(data), verify_evidence(data, Policy.parse(pinned.policy)))

    play(story)


def _other(found: EntryEvidence, at: str) -> EntryEvidence:
    """The evidence with one thing in it changed."""
    view = found.view
    nonce, version, _ = view.entry
    return {
        "whose": replace(found, handle=str(JUN)),
        "whose host": replace(found, handle=str(MINA).replace(HOST, "other.example")),
        "genesis": replace(found, genesis=found.genesis[:-1] + bytes([found.genesis[-1] ^ 1])),
        "genesis proof": replace(found, genesis_proof=found.genesis_proof[1:]),
        "no beginning": replace(found, began=b""),
        "label": replace(found, label_proof=bytes(80)),
        "card": replace(found, view=replace(view, entry=(nonce, version, CARD.hash))),
        "version": replace(found, view=replace(view, entry=(nonce, version + 1, card_hash(FALSE)))),
        "deleted": replace(found, view=replace(view, entry=(nonce, version, TOMBSTONE))),
        "nothing": replace(found, view=replace(view, entry=(b"", 0, b""))),
        "epoch": replace(found, view=replace(view, epoch=view.epoch + 1)),
        "time": replace(found, view=replace(view, closed_s=view.closed_s + 1)),
        "frontier": replace(found, view=replace(view, peaks=())),
        "siblings": replace(found, view=replace(view, siblings=(bytes(32), *view.siblings))),
        "what came after": replace(found, after=found.after[1:]),
        "checkpoint": replace(found, checkpoint=found.began),
        "signature": replace(found, checkpoint=_unsigned(found.checkpoint)),
        "promise": replace(found, promise=found.checkpoint),
    }[at]


def _unsigned(note: bytes) -> bytes:
    """The note with every signature replaced by another of its length."""
    text, _, signatures = note.partition(b"\n\n")
    lines = [line.rpartition(b" ") for line in signatures.splitlines()]
    wrong = [head + b" " + tail[:12] + b"B" * (len(tail) - 16) + tail[-4:] for head, _, tail in lines]
    return text + b"\n\n" + b"\n".join(wrong) + b"\n"


CHANGES = (
    "whose", "whose host", "genesis", "genesis proof", "no beginning", "label", "card", "version", "deleted", "nothing",
    "epoch", "time", "frontier", "siblings", "what came after", "checkpoint", "signature", "promise",
)  # fmt: skip


@pytest.mark.parametrize("at", CHANGES)
def test_evidence_that_was_changed_proves_nothing(at: str) -> None:
    """Whoever makes evidence up, or alters one thing in it, is found out by the policy alone."""

    async def story(directory: Directory) -> None:
        pinned, data = await caught(directory)
        forged = msgspec.msgpack.encode(_other(msgspec.msgpack.decode(data, type=EntryEvidence), at))
        with pytest.raises(EvidenceInvalid):
            verify_evidence(forged, Policy.parse(pinned.policy))

    play(story)


def test_evidence_is_about_the_policys_log_and_quorum() -> None:
    """Under a policy that names another log, or demands a witness that did not sign, it proves nothing."""

    async def story(directory: Directory) -> None:
        pinned, data = await caught(directory)
        other = Directory()
        await other.service.advance()
        stranger = (await other.pinned()).policy
        await other.service.close()
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        witness = f"witness w {VerifierKey('example.com/w', Kind.COSIGN_ED25519, key).encode()}\nquorum w"
        demanding = pinned.policy.replace("quorum none", witness)
        for policy in (stranger, demanding):
            with pytest.raises(EvidenceInvalid):
                verify_evidence(data, Policy.parse(policy))

    play(story)


@pytest.mark.parametrize("data", [b"", b"\x90", b"rubbish", bytes(300_000)])
def test_rubbish_is_no_evidence(data: bytes) -> None:
    """Any bytes are evidence or `EvidenceInvalid`."""

    async def story(directory: Directory) -> None:
        with pytest.raises(EvidenceInvalid):
            verify_evidence(data, Policy.parse((await directory.pinned()).policy))

    play(story)


def test_a_third_person_verifies_a_broken_promise() -> None:
    """The signed promise, and what stood there instead in the very epoch that it was for."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        note = directory.service._record.promise(MINA, CARD.hash, 2)
        promise = check_promise(pinned, str(MINA), CARD.hash, note, pinned.frontier, directory.now)
        await directory.advance()
        watch = start(pinned)
        found = look(pinned, watch, MINA, await directory.watch(watch.epoch), directory.now)
        (alarm,) = settle([promise], found.openings)[1]
        data = found.trail.evidence(pinned, str(MINA), alarm.epoch, alarm.evidence)
        proven = verify_evidence(data, Policy.parse(pinned.policy))
        assert (None, CARD.hash, 2, 2) == (proven.digest, proven.promised, proven.promised_epoch, proven.epoch)

    play(story)


def test_what_was_pinned_before_evidence_was_kept_gets_its_beginning() -> None:
    """A profile of an older version asks for the proof of the log's beginning once; another log's is refused."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        old = replace(pinned, genesis_proof=(), began=b"")
        assert pinned == with_beginning(old, pinned)
        with pytest.raises(LogReplaced):
            with_beginning(old, replace(pinned, genesis=pinned.genesis + b"x"))

    play(story)
