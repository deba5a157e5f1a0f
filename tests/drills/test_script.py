"""The conversation of the demo: ours, and one that a person brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.drills.demo.scenario import ADDRESSES, split_after
from nullabona.drills.demo.script import DM, GROUP, ChatUnreadable, load_script, parse_script

PLAIN = """
Anna: hello there
Béla: good morning
Anna: is Chris coming
Chris: I am here already
Béla: the train is late again
Anna: then we start without you
Chris: wait for me
Béla: two minutes
Anna: fine
"""


def test_ours_has_korean_english_and_three_people() -> None:
    """Forty-odd lines, the direct conversation first, somebody removed, something missed."""
    script = load_script()
    early, missed, late = split_after(script)
    assert ["미나", "준호", "Soyeon"] == [person.name for person in script.people]
    assert 40 <= len(script.lines) <= 60
    assert ("Soyeon", {DM}, {GROUP}) == (
        script.removed.name,
        {line.where for line in script.dm},
        {line.where for line in script.before + script.after},
    )
    assert script.after == early + missed + late
    assert all((early, missed, late))


def test_plain_lines_are_directed_by_themselves() -> None:
    """Nobody who is removed speaks in the group later, and everything else is said in order."""
    script = parse_script(PLAIN)
    assert ["Anna", "Béla", "Chris"] == [person.name for person in script.people]
    assert script.removed not in {line.speaker for line in script.after}
    assert ["hello there", "good morning"] == [line.text for line in script.dm]
    assert 9 == len(script.lines) + script.unsaid
    assert len({person.handle_name for person in script.people}) == 3


def test_two_people_get_company() -> None:
    """Somebody has to be removed, so a third person joins who says nothing."""
    script = parse_script("민수: 안녕\n영희: 응\n민수: 밥 먹었어?\n영희: 아직\n민수: 같이 먹자")
    assert 3 == len(script.people)
    assert script.removed == script.people[2]
    assert 5 == len(script.lines)


def test_names_that_are_no_handles_get_one() -> None:
    """Any name can speak; what a handle may not hold is replaced."""
    script = parse_script("admin: a b c\n😀: d e f\nadmin: g h i\n😀: j k l")
    assert ["guest1", "guest2"] == [person.handle_name for person in script.people[:2]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one line without a colon",
        "Anna: alone\nAnna: with myself",
        "".join(f"person {n}: hello\n" for n in range(9)),
        "> dm\nA: x y\nB: y z\n> remove: nobody\nA: z a",
        "> fly\nAnna: x y\nBella: y z",
        "Anna: x y\nBella: y z\n> remove: Bella\nBella: z a",
        "Anna: x y\nBella: y z\n> remove: Anna\nBella: z a",
    ],
)
def test_what_cannot_be_played_is_refused(text: str) -> None:
    """A file that is no conversation is a clear error before anything starts."""
    with pytest.raises(ChatUnreadable):
        parse_script(text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is one that cannot be read."""
    with pytest.raises(ChatUnreadable):
        load_script(tmp_path / "none")


def test_everybody_has_an_address() -> None:
    """As many loopback addresses as people may speak, all different."""
    assert 6 == len(set(ADDRESSES))
