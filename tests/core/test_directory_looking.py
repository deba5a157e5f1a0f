"""An owner's look at the epochs of the own handle: computed from what is told, and held against what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from nullabona.client.core.directory.checking import check_answer
from nullabona.client.core.directory.errors import CardNotInLog, LogForked, LogRolledBack, LogStale
from nullabona.client.core.directory.owner import Look, Watch, look
from nullabona.errors import Malformed, PeerError
from nullabona.log.note import sign_note
from nullabona.log.prefix import LABEL_BYTES, TOMBSTONE, Leaf, Opening, Walk, root_with, root_without
from nullabona.log.tree import leaf_hash
from nullabona.log.vrf import VrfKey
from nullabona.wire.card import card_hash
from nullabona.wire.epoch import Promise, encode_epoch, encode_promise, label_input
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import CardFound, HandleProof, HandleWatched, WatchStep
from tests.core.test_directory_pinned import FRESH_S, GENESIS, HOST, NOW, ORIGIN, PINNED, SIGNERS, checkpoint, frontier

MINA = parse_handle(f"mina@{HOST}")
KEY = VrfKey.of(bytes(32))
PROOF = KEY.prove(label_input(MINA))
LABEL = KEY.output(label_input(MINA))[:LABEL_BYTES]
SIBLINGS = [bytes([number]) * 32 for number in range(10)]
ONE, TWO = Opening(b"1" * 16, 1, b"a" * 32), Opening(b"2" * 16, 2, b"b" * 32)
NOTHING = (b"", 0, b"")


def entry(opening: Opening) -> tuple[bytes, int, bytes]:
    """As it is told."""
    return opening.nonce, opening.version, opening.digest


def leaf(number: int, opening: Opening | None, siblings: Sequence[bytes]) -> bytes:
    """What the log has for an epoch, each closed a second after the one before."""
    walk = Walk(tuple(siblings), None)
    root = root_without(LABEL, walk) if opening is None else root_with(LABEL, opening.commitment, walk)
    return leaf_hash(encode_epoch(number, root, NOW + number, b""))


LEAVES = [
    leaf_hash(GENESIS),
    leaf(1, None, []),
    leaf(2, ONE, SIBLINGS[:2]),
    leaf(3, ONE, [SIBLINGS[0], SIBLINGS[5]]),
    leaf(4, TWO, [SIBLINGS[0], SIBLINGS[5], *SIBLINGS[2:10]]),
]
STEPS = (
    WatchStep(NOW + 2, entry(ONE), 2, b"\x03", tuple(SIBLINGS[:2])),
    WatchStep(NOW + 3, None, 2, b"\x02", (SIBLINGS[5],)),
    WatchStep(NOW + 4, entry(TWO), 10, b"\xfc\x03", tuple(SIBLINGS[2:10])),
)
WATCH = Watch(2, frontier(LEAVES[:2]).peaks, NOTHING, None, NOW + 1)
KNOWN = msgspec.structs.replace(PINNED, size=2, peaks=WATCH.peaks)
NOTE = checkpoint(LEAVES)


def answer(*steps: WatchStep, first: int = 2, note: bytes = NOTE) -> HandleWatched:
    """What the directory tells."""
    return HandleWatched(PROOF, note, first, steps or STEPS)


def seen(told: HandleWatched, watch: Watch = WATCH, *, now_s: int = NOW + 4) -> Look:
    """What the owner makes of it."""
    return look(KNOWN, watch, MINA, told, now_s)


def test_every_epoch_is_computed_from_what_is_told_of_it() -> None:
    """What is not told is as before: the entry, and those siblings whose bit is not set."""
    found = seen(answer())
    assert ((2, NOW + 2, ONE), (3, NOW + 3, ONE), (4, NOW + 4, TWO)) == found.openings
    peaks = frontier(LEAVES).peaks
    assert (Watch(5, peaks, entry(TWO), None, NOW + 4), True) == (found.watch, found.complete)
    assert LEAVES[2:] == [view.leaf for view in found.trail.views]
    assert [frontier(LEAVES[:size]).peaks for size in (2, 3, 4)] == [view.peaks for view in found.trail.views]
    assert [tuple(SIBLINGS[:2]), (SIBLINGS[0], SIBLINGS[5])] == [view.siblings for view in found.trail.views[:2]]
    assert [(2, NOW + 2, entry(ONE)), (3, NOW + 3, entry(ONE))] == [
        (view.epoch, view.closed_s, view.entry) for view in found.trail.views[:2]
    ]
    assert (PROOF, NOTE, 5) == (found.trail.label_proof, found.trail.checkpoint, found.sighting.size)


def test_of_a_part_nothing_is_concluded_yet() -> None:
    """Neither that it does not fit, nor that it is old: the rest is asked for."""
    found = seen(answer(*STEPS[:2]), now_s=NOW + 10 * FRESH_S)
    assert (False, 4, NOW + 3) == (found.complete, found.watch.size, found.watch.closed_s)
    assert seen(answer()).watch == seen(answer(told_whole(), first=4), found.watch).watch


def told_whole() -> WatchStep:
    """The last epoch with all of its siblings, as at the beginning of an answer."""
    siblings = (SIBLINGS[0], SIBLINGS[5], *SIBLINGS[2:10])
    return msgspec.structs.replace(STEPS[2], given=b"\xff\x03", siblings=siblings)


def replace_watch(watch: Watch, **about: object) -> Watch:
    """A watch that knows something else."""
    return msgspec.structs.replace(watch, **about)


def test_where_nothing_is_new_the_watch_stays_where_it_was() -> None:
    """It is known since when; if it was not known, it is from now on."""
    done = seen(answer()).watch
    told = HandleWatched(PROOF, NOTE, 5, ())
    assert done == seen(told, done, now_s=NOW + 4 + FRESH_S).watch
    fresh = seen(told, replace_watch(done, closed_s=None), now_s=NOW + 9).watch
    assert replace_watch(done, closed_s=NOW + 9) == fresh
    with pytest.raises(LogStale):
        seen(told, done, now_s=NOW + 5 + FRESH_S)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (answer(first=3), Malformed),
        (answer(first=1), Malformed),
        (answer(*STEPS, STEPS[2]), Malformed),
        (answer(msgspec.structs.replace(STEPS[0], siblings=(SIBLINGS[0],))), Malformed),
        (answer(msgspec.structs.replace(STEPS[0], siblings=tuple(SIBLINGS[:3]))), Malformed),
        (answer(msgspec.structs.replace(STEPS[0], given=b"\x01", siblings=(SIBLINGS[0],))), Malformed),
        (answer(STEPS[0], msgspec.structs.replace(STEPS[2], given=b"\xfc", siblings=tuple(SIBLINGS[2:8]))), Malformed),
        (answer(msgspec.structs.replace(STEPS[0], other=(LABEL, bytes(32)))), Malformed),
        (answer(msgspec.structs.replace(STEPS[0], other=(LABEL,))), CardNotInLog),
        (answer(*STEPS[:2], msgspec.structs.replace(STEPS[2], closed_s=NOW)), LogForked),
        (answer(*STEPS[:2], msgspec.structs.replace(STEPS[2], entry=None)), LogForked),
        (HandleWatched(bytes(80), NOTE, 2, STEPS), CardNotInLog),
    ],
    ids="late early many few more before short other half time entry label".split(),
)
def test_what_does_not_lead_to_the_checkpoint_is_refused(told: HandleWatched, error: type[PeerError]) -> None:
    """Other epochs than were asked for, siblings that are not there, or another log."""
    with pytest.raises(error):
        seen(told)


def test_nothing_contradicts_what_was_seen_before() -> None:
    """At the size that is known, be it where the watch stands, on the way or at its end; and less is a step back."""
    part = answer(*STEPS[:2])
    for size in (2, 3, 4):
        same = msgspec.structs.replace(PINNED, size=size, peaks=frontier(LEAVES[:size]).peaks)
        assert 4 == look(same, WATCH, MINA, part, NOW).watch.size
        other = [*LEAVES[: size - 1], leaf_hash(b"another")]
        with pytest.raises(LogForked):
            look(msgspec.structs.replace(same, peaks=frontier(other).peaks), WATCH, MINA, part, NOW)
    ahead = msgspec.structs.replace(PINNED, size=8, peaks=frontier([*LEAVES, *LEAVES[:3]]).peaks)
    with pytest.raises(LogRolledBack):
        look(ahead, WATCH, MINA, answer(), NOW + 4)


# -- the answer to a look-up --------------------------------------------------------------------------------------


def looked_up(**about: object) -> CardFound:
    """An honest answer that there is no card, in a log whose first epoch has none."""
    note = checkpoint(LEAVES[:2])
    proof = HandleProof(PROOF, b"", 0, (), (), NOW + 1, frontier(LEAVES[:1]).peaks, note)
    return CardFound(b"", msgspec.structs.replace(proof, **about))


def test_that_there_is_no_card_is_proven() -> None:
    """By the whole log up to the epoch in which there is none."""
    found = check_answer(KNOWN, MINA, looked_up(), NOW + 1)
    assert (b"", LABEL, 1, None, None) == (found.card, found.label, found.epoch, found.opening, found.promise)
    assert (frontier(LEAVES[:2]), checkpoint_size(found.checkpoint)) == (found.frontier, 2)


CARD = b"a card"
STANDING = Opening(b"3" * 16, 3, card_hash(CARD))
DELETED = Opening(b"4" * 16, 4, TOMBSTONE)


@pytest.mark.parametrize(
    ("card", "standing", "promised"),
    [(CARD, STANDING, False), (CARD, None, True), (CARD, DELETED, True), (b"", DELETED, False)],
    ids=["stands", "promised", "promised-again", "deleted"],
)
def test_a_card_stands_in_the_record_or_is_promised(card: bytes, standing: Opening | None, *, promised: bool) -> None:
    """Also where another one was deleted; what stands there now is proven either way."""
    leaves = [LEAVES[0], leaf(1, standing, SIBLINGS[:1])]
    known = msgspec.structs.replace(PINNED, size=1, peaks=frontier(leaves[:1]).peaks)
    nonce, version, _ = entry(standing) if standing is not None else NOTHING
    proof = looked_up(siblings=tuple(SIBLINGS[:1]), nonce=nonce, version=version, checkpoint=checkpoint(leaves)).proof
    said = Promise(ORIGIN, str(MINA), card_hash(CARD), 2)
    note = sign_note(encode_promise(said), SIGNERS[:1], NOW).encode() if promised else b""
    found = check_answer(known, MINA, CardFound(card, proof, note), NOW + 1)
    assert (card, standing, 1) == (found.card, found.opening, found.epoch)
    assert (2 if promised else None) == (None if found.promise is None else found.promise.by)
    if card:
        with pytest.raises(PeerError):
            check_answer(known, MINA, CardFound(card, proof, b"" if promised else b"no note"), NOW + 1)


def checkpoint_size(note: bytes) -> int:
    """The size that a checkpoint states."""
    return int(note.split(b"\n")[1])


def test_a_log_without_an_epoch_proves_nothing() -> None:
    """Its genesis alone says nothing of any handle."""
    first = msgspec.structs.replace(PINNED, size=1, peaks=frontier(LEAVES[:1]).peaks)
    with pytest.raises(CardNotInLog):
        check_answer(first, MINA, looked_up(checkpoint=checkpoint(LEAVES[:1]), edge=()), NOW + 1)


@pytest.mark.parametrize(
    "about",
    [{"other": (LABEL,)}, {"other": (LABEL, bytes(32))}, {"siblings": (bytes(32),)}, {"closed_s": NOW}],
    ids=["half", "own", "sibling", "time"],
)
def test_what_does_not_stand_in_the_log_is_not_believed(about: dict[str, object]) -> None:
    """Whatever of the answer it is."""
    with pytest.raises(CardNotInLog):
        check_answer(KNOWN, MINA, looked_up(**about), NOW + 1)


def test_another_leaf_in_the_way_proves_an_absence() -> None:
    """If its label begins like this one."""
    other = bytes([LABEL[0]]) + bytes(LABEL_BYTES - 1)
    siblings = tuple(SIBLINGS[:3])
    root = root_without(LABEL, Walk(siblings, Leaf(other, b"c" * 32)))
    leaves = [LEAVES[0], leaf_hash(encode_epoch(1, root, NOW + 1, b""))]
    known = msgspec.structs.replace(PINNED, size=1, peaks=frontier(LEAVES[:1]).peaks)
    told = looked_up(siblings=siblings, other=(other, b"c" * 32), checkpoint=checkpoint(leaves))
    assert check_answer(known, MINA, told, NOW + 1).opening is None
