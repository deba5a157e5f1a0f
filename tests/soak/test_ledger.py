"""The soak's account of who must have what: each way in which delivery can go wrong shows in it."""

from __future__ import annotations

import pytest

from bench.soak.crowd import line_of, text_of
from bench.soak.ledger import REMEMBERED, Ledger, Line, Numbers


@pytest.fixture
def ledger() -> Ledger:
    """Anna, Ben and Cem sit in a room from the beginning."""
    made = Ledger()
    for device in ("anna", "ben", "cem"):
        made.come("room", device)
        made.sit("room", device, 0.0)
    return made


def wrongs(ledger: Ledger) -> dict[str, int]:
    ledger.close()
    return {
        "lacking": ledger.lacking(),
        "twice": len(ledger.twice),
        "stray": len(ledger.stray),
        "forged": len(ledger.forged),
    }


NOTHING = {"lacking": 0, "twice": 0, "stray": 0, "forged": 0}
HELLO = Line("anna", "room", 1)


def test_what_everybody_has_once_is_right(ledger: Ledger) -> None:
    """A line said and heard by both others, one of them before it was told that it was said."""
    ledger.hear("ben", HELLO, 1.2)
    ledger.say(HELLO, 1.0)
    assert (2, 1) == (ledger.due, ledger.lacking())
    ledger.hear("cem", HELLO, 1.5)
    assert NOTHING == wrongs(ledger)
    assert [(1.0, pytest.approx(0.2)), (1.0, 0.5)] == ledger.delays


def test_what_one_has_not_is_missing(ledger: Ledger) -> None:
    """It is counted, and named."""
    ledger.say(HELLO, 1.0)
    ledger.hear("ben", HELLO, 1.5)
    assert [("cem", HELLO, 1.0)] == ledger.missing()
    assert (0, 1, 0) == (ledger.lacking(before=1.0), ledger.lacking(device="cem"), ledger.lacking(room="other"))
    assert NOTHING | {"lacking": 1} == wrongs(ledger)


def test_a_line_that_comes_again_is_twice(ledger: Ledger) -> None:
    """Whether others still lack it, or everybody has it."""
    ledger.say(HELLO, 1.0)
    ledger.hear("ben", HELLO, 1.5)
    ledger.hear("ben", HELLO, 1.6)
    ledger.hear("cem", HELLO, 1.7)
    ledger.hear("cem", HELLO, 9.0)
    assert NOTHING | {"twice": 2} == wrongs(ledger)


def test_what_nobody_said_is_forged(ledger: Ledger) -> None:
    """It was heard, and its speaker never said it."""
    ledger.hear("ben", HELLO, 1.5)
    assert NOTHING | {"forged": 1} == wrongs(ledger)


def test_who_was_never_there_must_not_hear(ledger: Ledger) -> None:
    """Also when everybody who should has it already, however long ago."""
    ledger.say(HELLO, 1.0)
    ledger.hear("dana", HELLO, 1.1)
    for device in ("ben", "cem"):
        ledger.hear(device, HELLO, 1.5)
    ledger.hear("emil", HELLO, 1.6)
    for number in range(2, REMEMBERED + 3):
        ledger.say(Line("anna", "empty", number), 2.0)
    ledger.hear("fadi", HELLO, 1.7)
    assert NOTHING | {"stray": 3} == wrongs(ledger)


def test_who_leaves_may_hear_until_out(ledger: Ledger) -> None:
    """What is said between rising and being out may or may not come; what is said afterwards must not."""
    ledger.rise("room", "cem", 2.0)
    ledger.out("room", "cem", 3.0)
    for number, at in ((1, 1.0), (2, 2.5), (3, 2.6), (4, 3.5)):
        ledger.say(Line("anna", "room", number), at)
        ledger.hear("ben", Line("anna", "room", number), at + 0.1)
    for number in (1, 2, 4):
        ledger.hear("cem", Line("anna", "room", number), 4.0)
    assert NOTHING | {"stray": 1} == wrongs(ledger)


def test_who_comes_need_not_have_what_was_before(ledger: Ledger) -> None:
    """A device that is linked later: it may be shown some of that, and must have what follows."""
    ledger.come("room", "ben.2")
    ledger.say(HELLO, 1.0)
    for device in ("ben", "cem", "ben.2"):
        ledger.hear(device, HELLO, 1.5)
    ledger.sit("room", "ben.2", 2.0)
    ledger.say(Line("anna", "room", 2), 3.0)
    assert (5, 3) == (ledger.due, ledger.lacking())
    assert 1 == ledger.lacking(device="ben.2")
    assert NOTHING | {"lacking": 3} == wrongs(ledger)


def test_numbers_need_no_room() -> None:
    """A set of numbers that are all there is one number, in whatever order they came."""
    numbers = Numbers()
    assert all(numbers.add(number) for number in (2, 1, 4, 3))
    assert not numbers.add(3)
    assert (4, set()) == (numbers._upto, numbers._above)


def test_a_line_says_what_it_is() -> None:
    """Whoever hears a text knows its speaker, room, number and time, whatever its length."""
    for length in (0, 1, 1_000):
        text = text_of(HELLO, 12.5, length)
        assert (HELLO, 12.5) == line_of(text)
        assert length == len(text) - len(text_of(HELLO, 12.5, 0))
