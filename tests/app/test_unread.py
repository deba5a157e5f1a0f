"""The number of those who have not read: every page shows the true one at every moment, without a reload."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from tests.app.person import Person
from tests.app.shown import Shown, fresh

MakePerson = Callable[..., Person]
PATIENCE_S = 20.0


def comes_to(wanted: object, look: Callable[[], object]) -> None:
    """Look again until it is so."""
    end = time.monotonic() + PATIENCE_S
    while (found := look()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.02)


def test_the_number_goes_from_the_readers_own_page_too(person: MakePerson) -> None:
    """In a chat of two, what I have just read has no number beside it, on my page as on the sender's."""
    mina, junho = person("mina"), person("junho")
    room = mina.befriend(junho)
    junho.page.told(p.ChatChanged, lambda push: push.chat.room == room and push.chat.phase == "joined")
    sender, reader = Shown(mina, room), Shown(junho, room)
    mina.send(room, "seen?")
    junho.reads(room, "seen?")
    assert {"seen?": 1} == reader.numbers()
    junho.call(t.MarkRead(room))
    for shown in (reader, sender):
        comes_to({"seen?": 0}, shown.numbers)
    comes_to(0, reader.badge)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_pages_that_stay_open_show_what_is_true(person: MakePerson, seed: int) -> None:
    """Random writing and reading by three people: every page without a reload equals a fresh one, and the truth."""
    rng = random.Random(seed)
    people = [person(name) for name in ("mina", "junho", "sora")]
    mina = people[0]
    for other in people[1:]:
        mina.befriend(other)
    room_id = mina.call(c.CreateGroup("three", [one.me.account for one in people[1:]])).room
    for one in people[1:]:
        one.page.told(p.ChatChanged, lambda push: push.chat.room == room_id and push.chat.phase == "joined")
    pages, tabs = [Shown(one, room_id) for one in people], [one.new_tab() for one in people]
    said: list[tuple[str, str, Person]] = []
    read = dict.fromkeys(range(3), 0)
    for step in range(30):
        index = rng.randrange(3)
        one = people[index]
        if rng.random() < 0.5 or not said:
            sent = one.send(room_id, f"{seed} {step}")
            said.append((sent.id, sent.text, one))
            for reader in people:
                if reader is not one:
                    reader.reads(room_id, sent.text)
        else:
            place = rng.randrange(len(said))
            one.call(t.MarkRead(room_id, said[place][0]))
            read[index] = max(read[index], place + 1)
        if rng.random() < 0.3:
            rng.choice(pages).take()

    def truth(index: int) -> tuple[int, dict[str, int]]:
        badge = sum(sender is not people[index] for _, _, sender in said[read[index] :])
        numbers = {
            text: sum(read[other] <= place for other in range(3) if people[other] is not sender)
            for place, (_, text, sender) in enumerate(said)
        }
        return badge, numbers

    for index, shown in enumerate(pages):
        wanted = truth(index)
        comes_to(wanted, partial(fresh, tabs[index], room_id))
        comes_to(wanted[1], shown.numbers)
        comes_to(wanted[0], shown.badge)
    # who takes no part in read receipts sees no number, at once
    one, shown = people[0], pages[0]
    one.call(a.SetSettings(receipts=False))
    comes_to(dict.fromkeys(shown.numbers(), None), shown.numbers)
