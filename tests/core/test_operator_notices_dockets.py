"""What a device has seen of its operator's docket: compared, followed, looked for in vain, and told when it lies."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nullabona.client.core.directory.keeping import Evidence, load_evidence, save_pinned
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.operator_notices import dockets
from nullabona.client.core.operator_notices.checking import DocketForked, DocketSeen
from nullabona.client.core.operator_notices.dockets import LOOK_S, MOST_SIGHTINGS, DocketWatch
from nullabona.client.core.operator_notices.following import LOOKS, Followed, Wanted
from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import sign_note
from nullabona.log.tiles import WIDTH, Tile
from nullabona.log.tree import Frontier, leaf_hash
from tests.core.stage import Randomness, rows
from tests.core.talk import Talk
from tests.operator.forging import HOST, NOW_S, ORIGIN, Docket
from tests.witness.running import log_signers, witness_signers

SIGNERS = [*log_signers(ORIGIN, "docket"), *(key for name in Docket().witnesses for key in witness_signers(name))]
OTHER = f"{HOST}/docket-2"


def leaves(count: int, label: str = "") -> list[bytes]:
    """So many leaf hashes; with another label, others."""
    return [leaf_hash(f"{label}{number}".encode()) for number in range(count)]


def root(hashes: Sequence[bytes]) -> bytes:
    """Of a log with these."""
    return Frontier().extend(b"".join(hashes)).root


def seen(hashes: Sequence[bytes], origin: str = ORIGIN, note: bytes = b"note") -> DocketSeen:
    """A checkpoint that came with a notice."""
    return DocketSeen(origin, len(hashes), root(hashes), note)


def signed(hashes: Sequence[bytes], *, witnessed: bool = True) -> bytes:
    """The checkpoint as the operator shows it."""
    text = Checkpoint(ORIGIN, len(hashes), root(hashes)).encode()
    return sign_note(text, SIGNERS if witnessed else SIGNERS[:2], NOW_S).encode()


def pin(talk: Talk) -> None:
    """The operator's policy is known."""
    save_pinned(
        talk.step.store,
        Pinned(HOST, Docket().policy, by_hand=False, genesis=b"", size=0, peaks=(), checkpoint=b"", seen_s=0),
    )


def follow(talk: Talk, hashes: Sequence[bytes], note: bytes = b"") -> bytes:
    """The device is shown this docket; the note."""
    note = note or signed(hashes)
    asked = dockets.tiles_for(talk.step, note)
    rows = {tile: b"".join(hashes)[32 * WIDTH * tile.index :][: 32 * tile.width] for tile in asked.leaves}
    dockets.take(talk.step, note, rows)
    return note


def sightings(talk: Talk) -> list[tuple[int, int]]:
    """Of what waits to be compared, the size and how often it was looked for."""
    return [(each.seen.size, each.looks) for each in dockets.load_docket(talk.step.store).sightings]


def warnings(talk: Talk) -> list[object]:
    """The codes of what the person was warned of."""
    return [data["code"] for kind, _, data in rows(talk.step) if kind == "warning"]


# -- comparing ----------------------------------------------------------------------------------------------------


def test_nothing_is_known_at_first(talk: Talk) -> None:
    """Whatever comes is believed, and there is nothing to show as evidence."""
    assert DocketWatch() == dockets.load_docket(talk.step.store)
    dockets.compare(talk.step.store, seen(leaves(3)))
    assert b"" == dockets.before(talk.step.store, ORIGIN)


def test_two_checkpoints_of_one_size_are_the_same_one(talk: Talk) -> None:
    """Of one docket; another's, and those of other sizes, are compared with nothing."""
    dockets.note_sighting(talk.step.store, seen(leaves(3)))
    for fine in (seen(leaves(3)), seen(leaves(4, "x")), seen(leaves(3, "x"), OTHER)):
        dockets.compare(talk.step.store, fine)
    with pytest.raises(DocketForked):
        dockets.compare(talk.step.store, seen(leaves(3, "x")))


def test_what_is_followed_holds_every_checkpoint_up_to_it(talk: Talk) -> None:
    """Smaller ones, and the one of the very size."""
    pin(talk)
    follow(talk, leaves(300))
    for fine in (seen(leaves(300)), seen(leaves(7)), seen(leaves(301, "x")), seen(leaves(7, "x"), OTHER)):
        dockets.compare(talk.step.store, fine)
    for forked in (seen(leaves(300, "x")), seen(leaves(7, "x"))):
        with pytest.raises(DocketForked):
            dockets.compare(talk.step.store, forked)


def test_evidence_is_the_newest_that_is_known_of_the_docket(talk: Talk) -> None:
    """What came last with a notice, or where it was followed to."""
    for size, origin in ((3, ORIGIN), (4, ORIGIN), (5, OTHER)):
        dockets.note_sighting(talk.step.store, seen(leaves(size), origin, b"%d" % size))
    known = [dockets.before(talk.step.store, origin) for origin in (ORIGIN, OTHER, "x")]
    assert [b"4", b"5", b""] == known
    pin(talk)
    note = follow(talk, leaves(6))
    assert [note, b""] == [dockets.before(talk.step.store, origin) for origin in (ORIGIN, OTHER)]


def test_a_checkpoint_that_came_with_a_notice_is_remembered_once(talk: Talk) -> None:
    """The newest of them; one that holds already is not."""
    many = [seen(leaves(number)) for number in range(1, MOST_SIGHTINGS + 2)]
    for each in (many[0], many[0], *many):
        dockets.note_sighting(talk.step.store, each)
    assert [(size, 0) for size in range(2, MOST_SIGHTINGS + 2)] == sightings(talk)
    pin(talk)
    follow(talk, leaves(40))
    assert [] == sightings(talk)
    for each in (seen(leaves(39)), seen(leaves(41)), seen(leaves(39, "x"))):
        dockets.note_sighting(talk.step.store, each)
    assert [(41, 0), (39, 0)] == sightings(talk)


# -- following ----------------------------------------------------------------------------------------------------


def test_looks_are_drawn_from_three_to_nine_hours(talk: Talk) -> None:
    """Before anybody is asked; nothing else changes."""
    dockets.note_sighting(talk.step.store, seen(leaves(3)))
    for low, after_s in ((True, LOOK_S // 2), (False, LOOK_S + LOOK_S // 2)):
        talk.step.rng = Randomness(low=low)
        assert NOW_S + after_s == dockets.next_look(talk.step)
        watch = dockets.load_docket(talk.step.store)
        assert (NOW_S + after_s, 1) == (watch.next_s, len(watch.sightings))


def test_what_is_asked_for_is_what_leads_to_the_checkpoint(talk: Talk) -> None:
    """If that is believed; without a policy nothing is."""
    note = signed(leaves(300))
    with pytest.raises(Malformed):
        dockets.tiles_for(talk.step, note)
    pin(talk)
    assert Wanted((), (Tile(0, 0, 256), Tile(0, 1, 44))) == dockets.tiles_for(talk.step, note)
    assert Wanted((), ()) == dockets.tiles_for(talk.step, signed(leaves(300), witnessed=False))
    with pytest.raises(Malformed):
        dockets.tiles_for(talk.step, b"nonsense")
    follow(talk, leaves(300))
    assert Wanted((), (Tile(0, 1, 45),)) == dockets.tiles_for(talk.step, signed(leaves(301)))


def test_what_was_followed_is_kept(talk: Talk) -> None:
    """The checkpoint and the leaf hashes, to go on from."""
    pin(talk)
    follow(talk, leaves(300))
    note = follow(talk, leaves(310))
    followed = dockets.load_docket(talk.step.store).followed
    assert Followed(seen(leaves(310), note=note), 0, ()) == followed
    kept = [talk.step.store.get_value(f"operator-docket-leaves:{index}") for index in (0, 1, 2)]
    assert [b"".join(leaves(256)), b"".join(leaves(310)[256:]), None] == kept
    assert ([], []) == (warnings(talk), load_evidence(talk.step.store))


def test_of_a_long_docket_the_oldest_hashes_are_let_go(talk: Talk) -> None:
    """Sixty-four tiles of them are kept."""
    pin(talk)
    hashes = [leaf_hash(b"x")] * (65 * WIDTH)
    follow(talk, hashes[: 63 * WIDTH])
    follow(talk, hashes)
    followed = dockets.load_docket(talk.step.store).followed
    assert followed is not None
    kept = [index for index in range(66) if talk.step.store.get_value(f"operator-docket-leaves:{index}") is not None]
    assert (followed.first, list(range(followed.first, 65))) == (kept[0], kept)
    assert 2 == followed.first


@pytest.mark.parametrize(
    ("hashes", "witnessed", "code"),
    [
        (leaves(299), True, "docket-rolled-back"),
        (leaves(300, "x"), True, "docket-forked"),
        (leaves(301, "x"), True, "docket-forked"),
        (leaves(301), False, "operator-notice-unwitnessed"),
    ],
)
def test_a_docket_that_lies_is_told_of_once_and_not_followed(
    talk: Talk, hashes: list[bytes], code: str, *, witnessed: bool
) -> None:
    """With both checkpoints as evidence."""
    pin(talk)
    known = follow(talk, leaves(300))
    before = dockets.load_docket(talk.step.store)
    shown = signed(hashes, witnessed=witnessed)
    rows = {
        Tile(0, 0, 256): b"".join(hashes[:256]),
        Tile(0, 1, len(hashes) - 256): b"".join(hashes[256:]),
    }
    for _ in range(2):
        dockets.take(talk.step, shown, rows)
    assert (before, [code]) == (dockets.load_docket(talk.step.store), warnings(talk))
    assert [Evidence(code, HOST, NOW_S, known, shown)] == load_evidence(talk.step.store)


def test_what_waited_is_compared_with_what_is_followed(talk: Talk) -> None:
    """What is of it is done with, what is not is told, and what lies beyond it waits on."""
    pin(talk)
    for each in (seen(leaves(5)), seen(leaves(6, "x"), note=b"false"), seen(leaves(9)), seen(leaves(3), OTHER)):
        dockets.note_sighting(talk.step.store, each)
    note = follow(talk, leaves(7))
    assert ([(9, 1), (3, 1)], ["docket-forked"]) == (sightings(talk), warnings(talk))
    assert [Evidence("docket-forked", HOST, NOW_S, note, b"false")] == load_evidence(talk.step.store)


# -- in vain ------------------------------------------------------------------------------------------------------


def test_what_was_looked_for_too_often_is_told_once_and_let_go(talk: Talk) -> None:
    """Four looks at a docket that should have it."""
    pin(talk)
    known = follow(talk, leaves(7))
    dockets.note_sighting(talk.step.store, seen(leaves(9), note=b"not shown"))
    for looks in range(1, LOOKS):
        dockets.not_shown(talk.step)
        assert ([(9, looks)], []) == (sightings(talk), warnings(talk))
    for _ in range(2):
        dockets.not_shown(talk.step)
        assert ([], ["docket-unproven"]) == (sightings(talk), warnings(talk))
    assert [Evidence("docket-unproven", HOST, NOW_S, known, b"not shown")] == load_evidence(talk.step.store)
    assert [{"code": "docket-unproven", "detail": {"host": HOST}}] == [
        data for kind, _, data in rows(talk.step) if kind == "warning"
    ]


def test_one_checkpoint_alone_contradicts_nothing(talk: Talk) -> None:
    """Nor do two of one size; with two sizes a docket must be shown that has both."""
    dockets.not_shown(talk.step)
    dockets.note_sighting(talk.step.store, seen(leaves(3)))
    dockets.note_sighting(talk.step.store, seen(leaves(3), OTHER))
    dockets.not_shown(talk.step)
    assert [(3, 0), (3, 0)] == sightings(talk)
    dockets.note_sighting(talk.step.store, seen(leaves(4)))
    dockets.not_shown(talk.step)
    assert [(3, 1), (3, 1), (4, 1)] == sightings(talk)
