"""What members can make a restored device believe, and what not (spec/devices.md §9.2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nullabona.client.core.backfill import giving
from nullabona.client.core.model.backfill import BackfillLine, BackfillPart, encode_part, seal_info
from nullabona.client.core.model.content import (
    Annotation,
    Backfill,
    BackfillRequest,
    Delete,
    Edit,
    Profile,
    Shown,
    Text,
)
from nullabona.client.core.model.gaps import Given
from nullabona.client.core.model.message_ids import message_id
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.seal import seal_to
from tests.rooms.devices import another_device, backup_of
from tests.rooms.test_backfill import came_back, line, talk, told
from tests.rooms.test_gaps import gaps_of
from tests.rooms.world import Person, World


@dataclass
class Scene:
    """Mina is back from a backup and has asked; Jun has not answered as an honest member does, and never will."""

    world: World
    room: bytes
    mina: Person
    jun: Person
    sora: Person
    given: Given
    """What Jun was asked for: his own lines."""
    start: int
    end: int

    def hand(self, by: Person, *lines: BackfillLine, **about: object) -> None:
        """A member hands something over."""
        fields = {"tells": False, "part": 0, "last": True, "read": -1, "info": None, **about}
        with by.engine.step(self.world.now, self.room) as step:
            info = fields["info"] or seal_info(
                self.room, self.given.request, by.me.device, int(str(fields["part"])), tells=bool(fields["tells"])
            )
            part = BackfillPart(lines, int(str(fields["read"])))
            sealed = seal_to(self.given.key, info, encode_part(part))  # type: ignore[arg-type]
            body = Backfill(
                self.given.request,
                self.given.device,
                int(str(fields["part"])),
                bool(fields["last"]),
                bool(fields["tells"]),
                sealed,
            )
            sending.send(step, step.room(self.room), body)
        self.world.settle()

    def line(self, whose: Person, body: Shown | Annotation, place: int = 5, sent_at: int = 0) -> BackfillLine:
        """A line of somebody's, somewhere in the gap."""
        id = message_id(whose.account, self.world.dice.bytes(7))
        return BackfillLine(id, sent_at or self.world.now, self.start + 16 * place, body)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A room of three; Jun is the one whom Mina knows, so that he is asked for her own lines, too."""
    honest = giving.asked
    kept: list[Given] = []

    def but_jun(step: Step, room: RoomState, device: Device, said: BackfillRequest) -> None:
        honest(step, room, device, said)
        if step.local.account == jun.account:
            kept.extend(room.given)
            room.given = []

    monkeypatch.setattr(giving, "asked", but_jun)
    world = World(51)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"), (sora, "c1"), (mina, "a1"))
    backup = backup_of(world, mina)
    monkeypatch.setattr("nullabona.client.core.backfill.asking._teller", lambda *_: jun.account)
    fresh = came_back(world, mina, backup)
    state = fresh.look(room)
    assert state is not None
    assert state.gap is not None
    assert state.gap.start is not None
    assert state.gap.back is not None
    own = next(given for given in kept if not given.tells)
    return Scene(world, room, fresh, jun, sora, own, state.gap.start, state.gap.back.position)


def test_nobody_is_believed_about_what_a_third_person_said(scene: Scene) -> None:
    """Not as a line of theirs, nor under an id of theirs as one of the liar's."""
    scene.hand(scene.jun, scene.line(scene.sora, Text("forged")), scene.line(scene.jun, Text("own")))
    assert ["b1", "c1", "a1", "own"] == scene.mina.texts(scene.room)
    assert scene.jun.account == told(scene.mina, scene.room)["own"]


def test_what_somebody_tells_of_the_accounts_own_lines_is_marked_with_who_did(scene: Scene) -> None:
    """Nobody else can know them; so they may be false, and the person sees by whom."""
    scene.hand(scene.jun, scene.line(scene.mina, Text("I owe Jun 100")), tells=True)
    assert ["b1", "c1", "a1", "I owe Jun 100"] == scene.mina.texts(scene.room)
    forged = line(scene.mina, scene.room, "I owe Jun 100")
    assert (scene.mina.account, scene.jun.account) == (forged.account, forged.told_by)


def test_what_the_account_itself_says_takes_the_place_of_what_was_told(scene: Scene) -> None:
    """Where another device of it turns up with the line."""
    said = scene.line(scene.mina, Text("as Jun tells it"))
    scene.hand(scene.jun, said, tells=True)
    desk = another_device(scene.world, scene.mina, "desk")
    scene.world.settle()
    with desk.engine.step(scene.world.now, scene.room) as step:
        sending.send(step, step.room(scene.room), Text("as it was"), said.id)
    scene.world.settle()
    assert ["b1", "c1", "a1", "as it was"] == scene.mina.texts(scene.room)
    assert b"" == told(scene.mina, scene.room)["as it was"]


def test_own_lines_are_believed_only_from_whom_was_asked_for_them(scene: Scene) -> None:
    """Neither as a line of the account among the liar's own."""
    scene.hand(scene.sora, scene.line(scene.mina, Text("forged")), tells=True)
    scene.hand(scene.jun, scene.line(scene.mina, Text("forged too")))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_nobody_erases_or_changes_the_accounts_own_lines(scene: Scene) -> None:
    """What takes something back must come from its own account."""
    own = line(scene.mina, scene.room, "a1").id
    scene.hand(scene.jun, scene.line(scene.mina, Delete(own)), scene.line(scene.mina, Edit(own, "changed")), tells=True)
    scene.hand(scene.jun, scene.line(scene.jun, Edit(own, "changed")), scene.line(scene.jun, Delete(own)))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_a_known_line_keeps_its_words(scene: Scene) -> None:
    """Also where the one who hands it over said it."""
    known = line(scene.mina, scene.room, "b1")
    scene.hand(scene.jun, BackfillLine(known.id, known.sent_at, scene.start + 16, Text("never said")))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_a_line_lands_inside_the_gap_wherever_its_sender_says_that_it_was(scene: Scene) -> None:
    """Neither among what this device remembers, nor among what it reads itself."""
    early = BackfillLine(message_id(scene.jun.account, b"1234567"), 1, 0, Text("long ago"))
    late = BackfillLine(message_id(scene.jun.account, b"7654321"), 1, (1 << 62) - 1, Text("just now"))
    scene.hand(scene.jun, early, late)
    talk(scene.world, scene.room, (scene.sora, "c2"))
    assert ["b1", "c1", "a1", "long ago", "just now", "c2"] == scene.mina.texts(scene.room)


def test_a_name_is_not_handed_over(scene: Scene) -> None:
    """People say what they are called themselves, when the device is back."""
    scene.hand(scene.jun, scene.line(scene.jun, Profile("Not Jun")))
    with scene.mina.store.transaction():
        person = scene.mina.store.person(scene.jun.account)
    assert person is not None
    assert "Not Jun" != person.name


def test_a_part_counts_only_from_its_own_sender_in_its_own_place(scene: Scene) -> None:
    """Somebody who sends another's sealed part on, or under another number, has said nothing."""
    said = scene.line(scene.jun, Text("sent on"))
    elsewhere = seal_info(scene.room, scene.given.request, scene.jun.me.device, 1, tells=False)
    scene.hand(scene.sora, said, info=seal_info(scene.room, scene.given.request, scene.jun.me.device, 0, tells=False))
    scene.hand(scene.jun, said, info=elsewhere)
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)
    scene.hand(scene.jun, said)
    assert ["b1", "c1", "a1", "sent on"] == scene.mina.texts(scene.room)


def test_a_part_that_comes_twice_counts_once(scene: Scene) -> None:
    """Also if it says something else the second time."""
    said = scene.line(scene.jun, Text("once"))
    scene.hand(scene.jun, said)
    scene.hand(scene.jun, said)
    scene.hand(scene.jun, scene.line(scene.jun, Text("later")))
    assert ["b1", "c1", "a1", "once"] == scene.mina.texts(scene.room)


def test_the_line_about_the_gap_stays_while_somebody_hands_over_nothing(scene: Scene) -> None:
    """It names who; that is all that silence does."""
    assert 1 == len(gaps_of(scene.mina, scene.room))
    scene.hand(scene.jun)
    assert 1 == len(gaps_of(scene.mina, scene.room)), "own lines were not told"
    scene.hand(scene.jun, tells=True)
    assert [] == gaps_of(scene.mina, scene.room)


def test_when_nobody_is_waited_for_nothing_more_is_taken(scene: Scene) -> None:
    """The key is gone with the gap."""
    scene.hand(scene.jun)
    scene.hand(scene.jun, tells=True)
    scene.hand(scene.jun, scene.line(scene.jun, Text("too late")), part=1)
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)
