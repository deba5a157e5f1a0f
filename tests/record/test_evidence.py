"""Evidence against a directory holds for a third person, who has the file and the log's policy and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from nullabona.client.core.directory.errors import LogReplaced
from nullabona.client.core.directory.evidence import (
    EntryEvidence,
    EvidenceInvalid,
    Proven,
    is_evidence,
    verify_evidence,
)
from nullabona.client.core.directory.keeping import MOST_EVIDENCE, Evidence, keep_evidence, load_evidence
from nullabona.client.core.directory.owner import judge, look, settle, start
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.directory.promises import check_promise
from nullabona.client.runner.questions import with_beginning
from nullabona.directory.core.records import Keep, StoredCard
from nullabona.log.keys import Kind, VerifierKey
from nullabona.log.policy import Policy
from nullabona.log.prefix import TOMBSTONE
from nullabona.wire.card import card_hash
from nullabona.wire.message import MAX_CHECKPOINT
from tests.record.directories import HOST, PERIOD_S, START, Directory
from tests.record.test_checking import CARD, FALSE, in_record, play
from tests.rooms.world import World
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


@pytest.mark.parametrize("cut", [0, 1, 8, 15, 17, 24, 40])
def test_evidence_cut_in_other_places_proves_nothing(cut: int) -> None:
    """A commitment is to bytes in a row: whoever has an honest answer could read another card's hash, or a deletion,
    out of it, did not each of the three have its own length.
    """

    async def story(directory: Directory) -> None:
        pinned, data = await caught(directory)
        found = msgspec.msgpack.decode(data, type=EntryEvidence)
        nonce, version, digest = found.view.entry
        row = nonce + version.to_bytes(8, "big") + digest
        entry = (row[:cut], int.from_bytes(row[cut : cut + 8], "big"), row[cut + 8 :])
        forged = msgspec.msgpack.encode(replace(found, view=replace(found.view, entry=entry)))
        with pytest.raises(EvidenceInvalid):
            verify_evidence(forged, Policy.parse(pinned.policy))

    play(story)


@pytest.mark.parametrize("version", [-1, 2**53 + 1, 2**63])
def test_a_version_that_no_record_counts_to_is_no_evidence(version: int) -> None:
    """It is refused as anything else that was made up, not with a failure of the program."""

    async def story(directory: Directory) -> None:
        pinned, data = await caught(directory)
        found = msgspec.msgpack.decode(data, type=EntryEvidence)
        nonce, _, digest = found.view.entry
        forged = msgspec.msgpack.encode(replace(found, view=replace(found.view, entry=(nonce, version, digest))))
        with pytest.raises(EvidenceInvalid):
            verify_evidence(forged, Policy.parse(pinned.policy))

    play(story)


def test_a_checkpoint_that_is_blown_up_does_not_keep_evidence_from_being_kept() -> None:
    """Lines of keys that nobody knows are ignored, so a log may have many: the file with two such notes still fits."""

    async def story(directory: Directory) -> None:
        pinned, _ = await in_record(directory)
        pinned = replace(pinned, began=_blown_up(pinned.began))
        watch = start(pinned)
        await enter(directory, FALSE)
        answer = await directory.watch(watch.epoch)
        answer = replace(answer, checkpoint=_blown_up(answer.checkpoint))
        found = look(pinned, watch, MINA, answer, directory.now)
        (alarm,) = judge(watch, found.openings, [CARD.hash])[1]
        data = found.trail.evidence(pinned, str(MINA), alarm.epoch)
        assert card_hash(FALSE) == verify_evidence(data, Policy.parse(pinned.policy)).digest
        store = World(1).person("mina").store
        with store.transaction():
            assert keep_evidence(store, Evidence(alarm.code, HOST, directory.now, b"", data))
            assert [data] == [each.shown for each in load_evidence(store)]

    play(story)


def _blown_up(note: bytes) -> bytes:
    """The note with signature lines of strangers, as long as a checkpoint may be."""
    rest = MAX_CHECKPOINT - len(note) - len(b"\xe2\x80\x94  AAAAAAAA\n")
    return note + b"\xe2\x80\x94 " + b"x" * rest + b" AAAAAAAA\n"


def test_a_flood_of_what_proves_nothing_does_not_wash_evidence_away() -> None:
    """Whoever lies decides what is shown, and so could fill what is kept. The first and the last of each kind stay."""
    store = World(1).person("mina").store
    proofs = [Evidence("foreign-entry", HOST, 1, b"", b"proof"), Evidence("log-forked", HOST, 2, b"before", b"shown")]
    with store.transaction():
        for each in proofs:
            keep_evidence(store, each)
        for number in range(3 * MOST_EVIDENCE):
            for code in ("not-witnessed", "log-forked"):
                keep_evidence(store, Evidence(code, HOST, number, b"", b"%d" % number))
        kept = load_evidence(store)
    assert MOST_EVIDENCE == len(kept)
    assert proofs == kept[:2]
    assert b"%d" % (3 * MOST_EVIDENCE - 1) == kept[-1].shown


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
