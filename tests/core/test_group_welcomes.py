"""Invitations go out once their commit has won, and again until whoever is invited shows up (spec/room.md §3)."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from nullabona.client.core.delivery.blobs import blob_content
from nullabona.client.core.group import welcomes
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.inbox_items import WelcomePack, decode_pack
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.outbox_targets import ReplyFrame, RoomBlob, WelcomeBlob
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import PendingCommit
from nullabona.wire.address import epoch_keys
from tests.core.inviting import BO, DAY, ELSEWHERE, HOSTS, HOUR, JUN, TABLET, Inviting, adding
from tests.core.stage import RELAY, START, Other, Randomness, box_of


class Drawn(Randomness):
    """Numbers by chance, the same in each run."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = random.Random(seed)

    def between(self, low: int, high: int) -> int:
        return self.dice.randint(low, high)


def by_inbox(inviting: Inviting, at: int) -> int:
    """When the invitation that is repeated at ``at`` goes into an inbox."""
    while True:
        following = inviting.look(START + at)
        if inviting.invited():
            return at
        at = following


# -- the first time -----------------------------------------------------------------------------------------------


def test_whoever_was_added_is_invited_once_the_commit_has_won() -> None:
    """By one blob with the Welcome, the tree and how the room came to where it is; and again in two hours at most."""
    inviting = Inviting()
    assert 2 * HOUR == inviting.won(adding(JUN), UpdateKeys(), adding(BO))
    jun, boo = inviting.invited()
    assert (JUN, BO, RELAY, RELAY) == (jun[0], boo[0], jun[2], boo[2])
    assert (inviting.id, RELAY, b"", jun[1].blob) == (jun[1].room, jun[1].relay, jun[1].order, boo[1].blob)
    assert jun[1].id != boo[1].id
    with inviting.stage.step() as step:
        pack = blob_content(step, jun[1].blob, RELAY, b"")
    assert isinstance(pack, bytes)
    assert WelcomePack(b"welcome", b"tree", ((0, b"c" * 32, (b"a" * 32,)),)) == decode_pack(pack)


def test_a_welcome_is_sent_once() -> None:
    """Nor is there anything to send where none is held."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.take()
    assert (2 * HOUR, []) == (inviting.won(adding(BO)), inviting.take())


@pytest.mark.parametrize(
    ("relay", "where", "chunks"),
    [(ELSEWHERE, ELSEWHERE, [RELAY, ELSEWHERE]), ("", HOSTS, [RELAY, HOSTS]), (RELAY, RELAY, [RELAY])],
)
def test_the_welcome_lies_where_the_inbox_is(relay: str, where: str, chunks: list[str]) -> None:
    """As the card says, or at the handle's host; and at the room's relay, for whoever is there."""
    inviting = Inviting()
    inviting.won(adding(JUN, relay=relay))
    blobs = inviting.take(RoomBlob, WelcomeBlob)
    ((_, item, to),) = inviting.invited()
    assert (where, where) == (item.relay, to)
    assert chunks == [each.target.relay for each in blobs]
    assert {item.blob.chunks[0]} == {each.ref for each in blobs}
    with inviting.stage.step() as step:
        box = bytes(step.room(inviting.id).current.keys.box.address)
    assert [box, item.blob.chunks[0]][: len(blobs)] == [box_of(each) for each in blobs]


def test_the_owner_of_a_silent_inbox_can_be_looked_up() -> None:
    """It is noted whose it is."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    with inviting.stage.step() as step:
        inbox_addresses.silent(step, JUN.inbox.address)
        assert [JUN.handle] == inbox_addresses.wanted(step)


@pytest.mark.parametrize(("low", "drawn"), [(True, 0), (False, 8 * HOUR)])
def test_who_waits_at_a_reply_box_is_invited_there_for_fifteen_hours(low: bool, drawn: int) -> None:  # noqa: FBT001
    """Four times, the same item sealed freshly; then by their inbox, at a time that is drawn from eight more hours."""
    inviting, secret = Inviting(), b"s" * 32
    inviting.stage.rng = Randomness("spread", low=low)
    at, times, frames = inviting.won(adding(JUN, reply=secret)), [0], inviting.take(ReplyFrame)
    while len(frames) == len(times):
        assert ([], at) == (inviting.invited(), inviting.look(START + at - 1))
        assert [] == inviting.take(ReplyFrame)
        times.append(at)
        at = inviting.look(START + at)
        frames += inviting.take(ReplyFrame)
    second = 0 if low else 1_000
    assert [0, HOUR, 3 * HOUR, 7 * HOUR, 15 * HOUR] == [
        time - min(each, 3) * second - (drawn if each == 4 else 0) for each, time in enumerate(times)
    ]
    assert ({epoch_keys(secret).box.address}, 4) == ({box_of(each) for each in frames}, len({f.data for f in frames}))
    sent = {JUN.opened(each.data, epoch_keys(secret).box.address) for each in frames}
    assert (1, [(JUN, sent)]) == (len(sent), [(who, {item}) for who, item, _ in inviting.invited()])


def test_two_devices_do_not_use_the_inbox_at_one_time() -> None:
    """Nobody but the device can tell when it will be."""
    times = []
    for seed in (1, 2):
        inviting = Inviting()
        inviting.stage.rng = Drawn(seed)
        times.append(by_inbox(inviting, inviting.won(adding(JUN, reply=b"s" * 32))))
    assert times[0] != times[1]
    assert all(15 * HOUR <= time <= 23 * HOUR + 3_000 for time in times)


def test_a_relay_that_loses_boxes_does_not_make_it_come_into_an_inbox() -> None:
    """No matter how often; it is put into the reply box again each time, and into the inbox when it would have been."""
    inviting = Inviting()
    at = inviting.won(adding(JUN, reply=b"s" * 32))
    inviting.take()
    for lost in range(9):
        with inviting.stage.step() as step:
            step.room(inviting.id).invites_at = START + lost
        assert at == inviting.look(START + lost)
        assert ([RELAY], 1, []) == (
            [each.target.relay for each in inviting.take(RoomBlob)],
            len(inviting.take(ReplyFrame)),
            inviting.invited(),
        )
    used = by_inbox(inviting, at)
    with inviting.stage.step() as step:
        due = step.room(inviting.id).invites_at
        step.room(inviting.id).invites_at = START + used + 1
    assert (due, []) == (START + inviting.look(START + used + 1), inviting.invited())


# -- again --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "hours"), [(True, HOUR), (False, 2 * HOUR)])
def test_an_invitation_that_nobody_answered_goes_out_ever_more_rarely(low: bool, hours: int) -> None:  # noqa: FBT001
    """The pause doubles eight times, and up to as much again is drawn; after twelve it is given up."""
    inviting, pauses = Inviting(), []
    inviting.stage.rng = Randomness("again", low=low)
    at = inviting.won(adding(JUN))
    first = inviting.invited()[0][1]
    while at:
        assert at == inviting.look(START + at - 1)
        assert [] == inviting.invited()
        after = inviting.look(START + at)
        again = inviting.invited()
        assert [(JUN, first, RELAY)] == again
        pauses.append((after - at) / hours if after else 0)
        at = after
    assert [2, 4, 8, 16, 32, 64, 128, 256, 256, 256, 256, 0] == pauses


def test_with_an_invitation_the_chunks_are_put_there_again() -> None:
    """The relay may have lost them; those that wait still wait once."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.look(START + 2 * HOUR)
    assert 1 == len(inviting.take(RoomBlob, WelcomeBlob))
    inviting.look(START + 10 * HOUR)
    (chunk,) = inviting.take(RoomBlob, WelcomeBlob)
    assert RELAY == chunk.target.relay


def test_who_has_shown_up_is_not_invited_again() -> None:
    """The other is, until they have."""
    inviting = Inviting()
    inviting.won(adding(JUN), adding(BO))
    inviting.invited()
    inviting.shows_up(JUN)
    inviting.look(START + 2 * HOUR)
    assert [BO] == [who for who, _, _ in inviting.invited()]
    inviting.shows_up(BO)
    assert (0, []) == (inviting.look(START + 9 * HOUR), inviting.invited())


def test_all_devices_of_who_is_invited_are_waited_for() -> None:
    """Not one that was in before, nor somebody else's."""
    inviting = Inviting(JUN, TABLET, BO)
    with inviting.stage.step() as step:
        step.store.put_devices([Other("jun", 2).row(inviting.id, 5, since=0)])
    inviting.won(adding(JUN))
    inviting.invited()
    for other, left in ((JUN, 1), (BO, 1), (TABLET, 0)):
        inviting.shows_up(other)
        with inviting.stage.step() as step:
            step.room(inviting.id).invites_at = START
        inviting.look(START + DAY)
        assert left == len(inviting.invited())


def test_what_somebody_said_in_an_earlier_epoch_is_no_sign_that_they_came() -> None:
    """They may have been in before."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.invited()
    inviting.shows_up(JUN)
    with inviting.stage.step() as step:
        step.store.put_devices([JUN.row(inviting.id, 1, since=2)])
    inviting.look(START + DAY)
    assert [JUN] == [who for who, _, _ in inviting.invited()]


@pytest.mark.parametrize("row", [None, "another's"])
def test_who_is_in_no_more_is_not_invited_again(row: str | None) -> None:
    """Or whose place is somebody else's by now; what was not put to a relay for them yet is not."""
    inviting = Inviting()
    inviting.won(adding(JUN, relay=ELSEWHERE))
    with inviting.stage.step() as step:
        step.store.drop_devices(inviting.id, [JUN.device])
        if row is not None:
            step.store.put_devices([replace(JUN.row(inviting.id, 1, since=1), account=BO.account)])
    inviting.invited()
    assert (0, []) == (inviting.look(START + DAY), inviting.invited())
    assert [RELAY] == [each.target.relay for each in inviting.take(RoomBlob, WelcomeBlob)]


def test_what_is_led_to_still_waits_on() -> None:
    """The chunks of an invitation that somebody else has not answered."""
    inviting = Inviting()
    inviting.won(adding(JUN, relay=ELSEWHERE), adding(BO, relay=ELSEWHERE))
    inviting.shows_up(JUN)
    inviting.look(START + DAY)
    assert [RELAY, ELSEWHERE] == [each.target.relay for each in inviting.take(RoomBlob, WelcomeBlob)]


def test_who_is_blocked_is_not_invited_meanwhile() -> None:
    """They may be again later."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.invited()
    inviting.stage.contact(JUN, ContactState.BLOCKED)
    due = inviting.look(START + DAY)
    assert (True, []) == (due > 0, inviting.invited())
    inviting.stage.contact(JUN, ContactState.ACCEPTED)
    inviting.look(START + 2 * DAY)
    assert [JUN] == [who for who, _, _ in inviting.invited()]


def test_what_may_be_lost_goes_out_before_its_time() -> None:
    """The relay lost a box: all invitations go, though none is due by itself. Else those alone that are."""
    inviting = Inviting()
    inviting.won(adding(JUN), adding(BO))
    inviting.invited()
    with inviting.stage.step() as step:
        step.room(inviting.id).invites_at = START + 5
    inviting.look(START + 5)
    assert [JUN, BO] == [who for who, _, _ in inviting.invited()]


def test_only_what_is_due_goes_out() -> None:
    """One invitation is not hurried by another."""
    inviting = Inviting()
    inviting.won(adding(JUN), adding(BO))
    inviting.invited()
    with inviting.stage.step() as step:
        welcomes.invite_again(step, step.room(inviting.id), JUN.account, b"")
    assert [] == inviting.invited()
    with inviting.stage.step(START + 2 * HOUR) as step:
        welcomes.invite_again(step, step.room(inviting.id), JUN.account, b"")
    inviting.invited()
    inviting.look(START + 2 * HOUR)
    assert [BO] == [who for who, _, _ in inviting.invited()]
    inviting.look(START + 4 * HOUR)
    assert [JUN] == [who for who, _, _ in inviting.invited()]


def test_what_was_given_up_is_not_sent_with_what_is_due() -> None:
    """Only whoever asks gets it."""
    inviting = Inviting()
    at = inviting.won(adding(JUN), adding(BO))
    while at:
        at = inviting.look(START + at)
    inviting.take()
    with inviting.stage.step(START + 99 * DAY) as step:
        welcomes.invite_again(step, step.room(inviting.id), BO.account, b"")
    inviting.take()
    inviting.look(START + 100 * DAY)
    assert [BO] == [who for who, _, _ in inviting.invited()]


def test_who_has_come_and_asks_is_not_invited_again() -> None:
    """Nothing is kept of their invitation."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.shows_up(JUN)
    inviting.look(START + DAY)
    inviting.take()
    with inviting.stage.step(START + DAY) as step:
        welcomes.invite_again(step, step.room(inviting.id), JUN.account, b"")
    assert [] == inviting.take()


def test_the_first_repetition_is_an_hour_away_at_least() -> None:
    """And two at most."""
    inviting = Inviting()
    inviting.stage.rng = Randomness("low", low=True)
    assert HOUR == inviting.won(adding(JUN))


@pytest.mark.parametrize(("relay", "where"), [(ELSEWHERE, ELSEWHERE), ("", HOSTS)])
def test_an_invitation_goes_to_where_the_inbox_is_by_now(relay: str, where: str) -> None:
    """With the Welcome; and the card is looked up once more."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.take()
    with inviting.stage.step() as step:
        inbox_addresses.remember(step, JUN.card(relay=relay))
    inviting.look(START + DAY)
    assert [where] == [each.target.relay for each in inviting.take(RoomBlob, WelcomeBlob)]
    assert [(JUN, where, where)] == [(who, item.relay, to) for who, item, to in inviting.invited()]
    with inviting.stage.step() as step:
        assert [JUN.handle] == inbox_addresses.wanted(step)


def test_nobody_is_invited_by_us_once_we_are_out() -> None:
    """Nor by a Welcome that is still held, or was given up."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    with inviting.stage.step() as step:
        room = step.room(inviting.id)
        room.pending = PendingCommit(b"c" * 32, b"f", [adding(BO)], [], [], invites=True)
        welcomes.hold_welcome(step, room, b"welcome", b"tree")
        welcomes.keep_welcome(step, room)
        welcomes.forget_invites(step, room)
        assert None is room.invites_at
        room.invites_at = START
        welcomes.invite_after_all(step, room)
    inviting.take()
    inviting.won(adding(BO))
    inviting.look(START + DAY)
    assert [] == inviting.take()
