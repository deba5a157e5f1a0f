"""A docket that a device follows: every checkpoint of a notice is held against it, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.client.core.directory.keeping import load_evidence
from nullabona.client.core.operator_notices import dockets, following
from nullabona.client.core.operator_notices.checking import DocketForked, DocketRolledBack, DocketSeen, DocketUnproven
from nullabona.client.core.operator_notices.following import KEPT_TILES, LOOKS, advance, holds, wanted
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import sign_note
from nullabona.log.tiles import WIDTH, Tile
from nullabona.log.tree import Frontier, leaf_hash, parents
from nullabona.wire.operator_notice import encode_notice
from nullabona.wire.slots import NullRecord
from tests.operator.forging import HOST, ORIGIN, WITNESSES, Docket, body
from tests.operator.test_hostile import Told
from tests.rooms.hostile import warnings
from tests.witness.running import witness_signers


def hashes(count: int, label: str = "") -> list[bytes]:
    """So many leaf hashes; with another label, others."""
    return [leaf_hash(f"{label}{number}".encode()) for number in range(count)]


def tile_of(leaves: Sequence[bytes], tile: Tile) -> bytes:
    """A tile of a tree, as it is served."""
    row = b"".join(leaves)
    for _ in range(8 * tile.level):
        row = parents(row[: len(row) // 64 * 64])
    return row[32 * WIDTH * tile.index :][: 32 * tile.width]


def seen(leaves: Sequence[bytes], origin: str = ORIGIN) -> DocketSeen:
    """The checkpoint of a tree."""
    return DocketSeen(origin, len(leaves), Frontier().extend(b"".join(leaves)).root, b"a note")


@dataclass
class Device:
    """What a device keeps of a docket that it follows."""

    followed: following.Followed | None = None
    kept: Mapping[int, bytes] = field(default_factory=dict)

    def follow(self, leaves: Sequence[bytes], shown: Sequence[bytes] | None = None, origin: str = ORIGIN) -> int:
        """Look at a docket, whose tiles may be others; how many tiles it asked for."""
        asked = wanted(self.followed, len(leaves))
        tiles = (*asked.base, *asked.leaves)
        fetched = {tile: tile_of(leaves if shown is None else shown, tile) for tile in tiles}
        self.followed, self.kept = advance(self.followed, self.kept, seen(leaves, origin), fetched)
        return len(tiles)

    def holds(self, leaves: Sequence[bytes]) -> bool | None:
        assert self.followed is not None
        return holds(self.followed, self.kept, seen(leaves))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=5), st.data())
def test_every_size_of_an_honest_docket_holds(steps: list[int], data: st.DataObject) -> None:
    """However it grew between two looks; and at each of those sizes another history does not."""
    device, size = Device(), 1
    for step in steps:
        size += step
        device.follow(hashes(size))
    at = data.draw(st.integers(1, size))
    fork = data.draw(st.integers(0, at - 1))
    other = [*hashes(fork), *hashes(at, "other")[fork:]]
    assert (True, False) == (device.holds(hashes(at)), device.holds(other))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 600), st.integers(0, 600), st.data())
def test_a_docket_that_does_not_continue_is_refused(size: int, more: int, data: st.DataObject) -> None:
    """Larger, or of the same size, with another entry among those that were seen, whichever tiles it shows."""
    device = Device()
    device.follow(hashes(size))
    before = (device.followed, dict(device.kept))
    at = data.draw(st.integers(0, size - 1))
    other = [*hashes(at), leaf_hash(b"another"), *hashes(size + more)[at + 1 :]]
    for shown in (other, hashes(size + more)):
        with pytest.raises(DocketForked):
            device.follow(other, shown)
    assert before == (device.followed, device.kept)


def test_a_docket_that_shrinks_or_changes_its_name_is_refused() -> None:
    """Whatever else it says."""
    device = Device()
    device.follow(hashes(300))
    with pytest.raises(DocketRolledBack):
        device.follow(hashes(299))
    with pytest.raises(DocketUnproven):
        device.follow(hashes(300), origin=f"{HOST}/docket-2")


def test_what_is_kept_is_bounded() -> None:
    """A device that comes late asks for the newest tiles and the few that lead there; old ones are let go."""
    size = (KEPT_TILES + 40) * WIDTH + 17
    leaves, late = hashes(size), Device()
    asked = late.follow(leaves)
    assert KEPT_TILES <= asked <= KEPT_TILES + 4
    early = Device()
    for part in range(0, size, 5_000):
        early.follow(leaves[: part + 1])
    early.follow(leaves)
    assert (late.followed, late.kept) == (early.followed, early.kept)
    assert KEPT_TILES == len(late.kept)
    assert (None, True, None) == (late.holds(leaves[:100]), late.holds(leaves[:-300]), late.holds([*leaves, leaves[0]]))


def test_what_is_asked_for_says_nothing_of_what_was_heard() -> None:
    """It depends on where the docket was followed to and on what the operator shows: on nothing from an inbox."""
    device = Device()
    device.follow(hashes(300))
    assert wanted(device.followed, 900).leaves == tuple(Tile(0, n, min(256, 900 - 256 * n)) for n in range(1, 4))
    assert () == wanted(device.followed, 300).leaves


# -- on a device ------------------------------------------------------------------------------------------------------


class Following(Told):
    """Somebody whose device follows the docket that it is shown."""

    def look(self, docket: Docket, shown: Docket | None = None) -> None:
        """One look at a docket, as the runner takes it."""
        note = checkpoint(docket)
        with self.mina.engine.step(self.world.now) as step:
            asked = dockets.tiles_for(step, note)
        leaves = (shown or docket).leaves
        fetched = {tile: tile_of(leaves, tile) for tile in (*asked.base, *asked.leaves)}
        with self.mina.engine.step(self.world.now) as step:
            dockets.take(step, note, fetched)

    def nothing_there(self) -> None:
        with self.mina.engine.step(self.world.now) as step:
            dockets.not_shown(step)

    @property
    def told(self) -> list[object]:
        return warnings(self.mina)

    @property
    def sightings(self) -> int:
        with self.mina.store.transaction():
            return len(dockets.load_docket(self.mina.store).sightings)


def checkpoint(docket: Docket) -> bytes:
    """The newest, signed and witnessed as this docket is."""
    text = Checkpoint(docket.origin, len(docket.leaves), Frontier().extend(b"".join(docket.leaves)).root).encode()
    signers = [*docket.signers, *(key for name in docket.witnesses for key in witness_signers(name))]
    return sign_note(text, signers, docket.time_s).encode()


def text_of(note: bytes) -> bytes:
    """What is signed: signatures of ML-DSA-44 differ each time."""
    return note.partition(b"\n\n")[0]


def grown(docket: Docket, by: int) -> Docket:
    """The same docket with more entries."""
    for _ in range(by):
        docket.enter(NullRecord())
    return docket


def forked(docket: Docket, at: int = 1) -> Docket:
    """A docket with the same keys and witnesses and another entry at a place."""
    other = Docket(leaves=list(docket.leaves))
    other.leaves[at] = leaf_hash(b"another")
    return other


def test_a_notice_that_stands_in_the_followed_docket_holds() -> None:
    """Before, at and after what was seen of it; nothing is told, and nothing waits in the end."""
    told, docket = Following(), Docket()
    told.gets(docket.item(told.handle))
    told.look(grown(docket, 5))
    told.gets(docket.item(told.handle, authority="a"))
    assert 1 == told.sightings
    told.look(grown(docket, 300))
    assert (2, [], 0) == (told.shown, told.told, told.sightings)


def test_a_notice_from_another_history_is_not_shown() -> None:
    """The device has followed the docket beyond it: it needs nobody to see that, and says so at once."""
    told, docket = Following(), grown(Docket(), 40)
    lie = forked(docket)
    item = lie.item(told.handle)
    told.look(grown(docket, 10))
    told.gets(item)
    assert (0, ["docket-forked"], {"docket-forked": 1}) == (told.shown, told.told, told.refused)
    with told.mina.store.transaction():
        (evidence,) = load_evidence(told.mina.store)
    assert (b"relay.example/docket\n52\n", item) == (evidence.before[:24], evidence.shown)


def test_a_notice_from_a_larger_history_is_found_out_at_the_next_look() -> None:
    """It was larger than all that was seen; once the docket is followed past it the fork is told, with both notes."""
    told, docket = Following(), grown(Docket(), 40)
    told.look(docket)
    lie = forked(grown(Docket(leaves=list(docket.leaves)), 5))
    told.gets(lie.item(told.handle))
    assert (1, []) == (told.shown, told.told)
    told.look(grown(docket, 60))
    assert ["docket-forked"] == told.told
    with told.mina.store.transaction():
        (evidence,) = load_evidence(told.mina.store)
    kept = (text_of(evidence.before), text_of(evidence.shown))
    assert (text_of(checkpoint(docket)), text_of(checkpoint(lie))) == kept


def test_a_lying_docket_is_told_of_and_not_followed() -> None:
    """It shows a fork, a shorter log, or one that too few have witnessed: each is told, and what was known stays."""
    told, docket = Following(), grown(Docket(), 40)
    told.look(docket)
    honest = grown(Docket(leaves=list(docket.leaves)), 5)
    for lie, code in (
        (forked(grown(Docket(leaves=list(docket.leaves)), 9), at=3), "docket-forked"),
        (Docket(leaves=docket.leaves[:20]), "docket-rolled-back"),
        (Docket(leaves=list(honest.leaves), witnesses=WITNESSES[:1]), "operator-notice-unwitnessed"),
    ):
        told.look(lie)
        assert code == told.told[-1]
    told.look(honest)
    assert 3 == len(told.told)
    with told.mina.store.transaction():
        followed = dockets.load_docket(told.mina.store).followed
    assert followed is not None
    assert len(honest.leaves) == followed.seen.size


def test_an_operator_that_hides_its_docket_is_told_of_in_the_end() -> None:
    """Two notices of two sizes and nothing to compare them with: after a few looks in vain the person hears of it."""
    told, docket = Following(), Docket()
    told.gets(docket.item(told.handle))
    told.nothing_there()
    assert ([], 1) == (told.told, told.sightings)
    told.gets(docket.item(told.handle, authority="a"))
    for _ in range(LOOKS - 1):
        told.nothing_there()
    assert [] == told.told
    told.nothing_there()
    assert ({"docket-unproven"}, 0, 2) == (set(told.told), told.sightings, told.shown)


def test_an_operator_that_shows_less_than_its_notices_need_is_told_of() -> None:
    """Its docket stands still while a notice stands in a larger one."""
    told, docket = Following(), grown(Docket(), 4)
    told.look(docket)
    stale = Docket(leaves=list(docket.leaves))
    told.gets(docket.item(told.handle))
    for _ in range(LOOKS):
        told.look(stale)
    assert ["docket-unproven"] == told.told


def test_looks_are_spread() -> None:
    """Each device draws its own times, from three to nine hours, told of a demand or not."""
    told = Following()
    drawn = set()
    for _ in range(40):
        with told.mina.engine.step(told.world.now) as step:
            drawn.add(dockets.next_look(step) - told.world.now // 1_000)
    assert 30 < len(drawn)
    assert all(3 * 3_600 <= pause <= 9 * 3_600 for pause in drawn)


def test_a_docket_survives_a_restart() -> None:
    """What was followed is in the store: another engine refuses the fork as well."""
    told, docket = Following(), grown(Docket(), 700)
    told.look(docket)
    with told.mina.store.transaction():
        watch = dockets.load_docket(told.mina.store)
    assert watch == msgspec.msgpack.decode(msgspec.msgpack.encode(watch), type=dockets.DocketWatch)
    lie = forked(docket, at=600)
    told.gets(encode_notice(lie.notice(body(told.handle))))
    told.look(grown(docket, 3))
    assert ["docket-forked"] == told.told
