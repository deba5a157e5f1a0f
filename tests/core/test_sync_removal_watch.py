"""After a removal its box is watched for a while: the room may have taken another commit (spec/room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.proofs import make_claim, make_order
from nullabona.client.core.model.state import JOINED, REJOINING, REMOVED, Winner
from nullabona.client.core.sync import removal_watch
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.messages import Frames
from tests.core.inviting import Inviting, adding
from tests.core.seen import digest, view
from tests.core.stage import START, Other, Stage

JUN, BO = Other("jun"), Other("boo")
THEN, NOW = b"then    ", b"now     "
DAY, MINUTE = 86_400_000, 60_000


class Watched:
    """A room of which this device is out since now; its last box was read up to 4."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.room = self.stage.room(JUN, BO, phase=REMOVED)
        with self.stage.step() as step:
            track = step.room(self.room).current
            track.incarnation, track.position, track.left_at = THEN, 4, START
            track.winner = Winner(digest("removal"))

    def frame(self, by: Other, commit: bytes, *removed: bytes, kind: Kind = Kind.SETTLED) -> bytes:
        """Somebody's word that they merged a commit in that box."""
        with self.stage.step() as step:
            keys = step.room(self.room).current.keys
        claim = make_claim(by.mls, by.signature_key, keys.box.address, commit, removed)
        return seal_frame(keys.frame_key, keys.box.address, bytes(NONCE_SIZE), kind, claim, indirect=False)

    def read(self, *frames: tuple[int, bytes], after: int = 4, incarnation: bytes = THEN) -> tuple[int, Rejoin | None]:
        """What a read brings: how far the box is read then, and which branch is looked for."""
        with self.stage.step() as step:
            room = step.room(self.room)
            head = frames[-1][0] if frames else after
            removal_watch.take_frames(step, room, room.current, after, Frames(incarnation, head, frames))
            return room.current.position, room.rejoin


def test_another_commit_of_a_member_is_a_branch_to_look_for() -> None:
    """They are asked at once, as it may be the room's."""
    watched = Watched()
    position, rejoin = watched.read((5, watched.frame(JUN, b"other", BO.account)))
    helper = Helper(JUN.account, JUN.handle)
    assert (5, Rejoin("fork", 0, digest("other"), [BO.account], [helper], START)) == (position, rejoin)


def test_what_says_nothing_new_is_passed_over_and_what_follows_is_read() -> None:
    """Our removal itself, a branch that removed us too, no claim, noise, another's word: then a real claim."""
    watched = Watched()
    with watched.stage.step() as step:
        step.room(watched.room).current.winner = Winner(digest("known"))
    frames = [
        b"noise",
        watched.frame(JUN, b"known"),
        watched.frame(JUN, b"other", watched.stage.me.account),
        watched.frame(JUN, b"other", kind=Kind.COMMIT),
        watched.frame(Other("eve"), b"other"),
    ]
    assert (9, None) == watched.read(*enumerate(frames, 5))
    position, rejoin = watched.read((10, watched.frame(BO, b"third")), after=9)
    assert (10, digest("third")) == (position, rejoin.commit if rejoin else b"")


@pytest.mark.parametrize("frames", [5, 6])
def test_all_of_an_answer_is_read(frames: int) -> None:
    """What stands behind a frame that says nothing counts as well."""
    watched = Watched()
    read = [*((at, b"noise") for at in range(5, frames)), (frames, watched.frame(JUN, b"other"))]
    position, rejoin = watched.read(*read)
    assert (frames, True) == (position, rejoin is not None)


def test_an_answer_from_elsewhere_in_the_box_is_not_taken() -> None:
    """It was read for a place at which we are no more."""
    watched = Watched()
    assert (4, None) == watched.read((4, watched.frame(JUN, b"other")), after=3)


def test_a_position_does_not_go_back() -> None:
    """Whatever numbers a relay gives."""
    assert 4 == Watched().read((3, b"noise"))[0]


def test_a_box_that_was_made_anew_is_read_from_its_beginning() -> None:
    """With the next answer; what may have been lost of our invitations goes out again within a minute."""
    watched = Watched()
    with watched.stage.step() as step:
        step.room(watched.room).invites_at = START + DAY
    assert (0, None) == watched.read((5, watched.frame(JUN, b"other")), incarnation=NOW)
    with watched.stage.step() as step:
        room = step.room(watched.room)
        assert (START + MINUTE, NOW) == (room.invites_at, room.current.incarnation)
    assert 5 == watched.read((5, b"noise"), after=0, incarnation=NOW)[0]


@pytest.mark.parametrize(("before", "after"), [(0, 0), (START + 1, START + 1)])
def test_invitations_that_are_due_sooner_stay_so(before: int, after: int) -> None:
    """And where there are none, none are made."""
    watched = Watched()
    with watched.stage.step() as step:
        step.room(watched.room).invites_at = before
    watched.read(incarnation=NOW)
    with watched.stage.step() as step:
        assert after == step.room(watched.room).invites_at


def test_a_device_that_was_signed_out_looks_for_no_branch() -> None:
    """None of them is its own; it reads on all the same."""
    watched = Watched()
    with watched.stage.store.transaction():
        own_devices.note_signed_out(watched.stage.store)
    assert (5, None) == watched.read((5, watched.frame(JUN, b"other")))


# -- how long -----------------------------------------------------------------------------------------------------


def looked_after(watched: Watched, after: int) -> tuple[int, int, bool]:
    """How many boxes are left so long after the removal, how often was asked, and whether leaving is still known."""
    with watched.stage.step(START + after) as step:
        room = step.room(watched.room)
        removal_watch.look_after(step, room)
        return len(room.boxes), room.rejoin.attempts if room.rejoin else 0, rooms.leaving(step, room.id)


@pytest.mark.parametrize(("after", "boxes"), [(0, 1), (3 * DAY, 1), (3 * DAY + 1, 0)])
def test_a_removal_stands_after_three_days(after: int, boxes: int) -> None:
    """Then nothing is left to read; the end is known before."""
    watched = Watched()
    with watched.stage.step() as step:
        assert START + 3 * DAY + 1 == removal_watch.ends_at(step.room(watched.room))
    assert boxes == looked_after(watched, after)[0]


def test_who_looks_for_a_branch_watches_on_and_asks() -> None:
    """However long it takes."""
    watched = Watched()
    watched.read((5, watched.frame(JUN, b"other")))
    assert (1, 1, False) == looked_after(watched, 4 * DAY)


@pytest.mark.parametrize("phase", [JOINED, REJOINING])
def test_a_room_that_we_are_in_is_not_watched(phase: str) -> None:
    """Only in one that is over nothing is asked any more without a box."""
    watched = Watched()
    with watched.stage.step() as step:
        room = step.room(watched.room)
        room.phase = phase
        room.rejoin = Rejoin("fork", 0, b"c", [], [Helper(JUN.account, JUN.handle)], START)
        room.boxes = room.boxes if phase == JOINED else []
    assert (1 if phase == JOINED else 0, 0, False) == looked_after(watched, 4 * DAY)


def test_whom_we_added_and_who_never_came_is_invited_while_we_watch() -> None:
    """Nobody else has their Welcome."""
    inviting = Inviting()
    inviting.won(adding(BO))
    inviting.invited()
    with inviting.stage.step(START + DAY) as step:
        room = step.room(inviting.id)
        room.phase, room.current.left_at = REMOVED, START
        removal_watch.look_after(step, room)
    assert [BO] == [who for who, _, _ in inviting.invited()]


def test_when_a_removal_stands_nothing_of_its_box_is_kept() -> None:
    """No view, no wish to leave, no branch to look for."""
    watched = Watched()
    with watched.stage.step() as step:
        room = step.room(watched.room)
        box = room.current.keys.box.address
        view(step, room.current, JUN, 1)
        order = make_order(step.mls, step.local.signature_key, room.id, step.local.account, [b"leaf"])
        rooms.note_leaving(step, order)
        room.invites_at = START
        room.rejoin = Rejoin("fork", 0, b"c", [], [], START)
        removal_watch.stop(step, room)
    with watched.stage.step() as step:
        room = step.room(watched.room)
        assert (0, None, None) == (len(room.boxes), room.rejoin, room.invites_at)
        assert (0, False) == (len(step.store.views(box)), rooms.leaving(step, room.id))
