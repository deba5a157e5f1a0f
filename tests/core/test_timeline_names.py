"""What people are called, and how they are found by what is typed of it."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.hangul import fold, matches_name
from nullabona.client.core.model.records import Contact, ContactState, Person
from nullabona.client.core.timeline.names import Names, all_names, clean_name
from tests.core.talk import JUN, NARI, STRANGER, Talk

A, B, C, D = (letter * 32 for letter in (b"a", b"b", b"c", b"d"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", ""),
        ("a\u00a0\u3000b", "a b"),
        ("a\tb\nc\rd", "a b c d"),
        ("e\u0301\u0301\u0301\u0301", "é\u0301\u0301\u0301"),
        ("e\u0301x\u0301\u0301", "éx\u0301\u0301"),
        ("x\u20dd\u20dd\u20dd\u20dd", "x\u20dd\u20dd\u20dd"),
        ("x\u0489\u0301\u0301\u0301", "x\u0489\u0301\u0301"),
        ("\u200dx", "x"),
        ("a\u200db", "ab"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("👋🏽\u200d👋", "👋🏽\u200d👋"),
        ("a\ue000\ud7ffb", "ab"),
        ("\u2066x\u2069", "x"),
        ("x" * 59 + " y", "x" * 59),
        ("x" * 60 + "y", "x" * 60),
    ],
)
def test_a_name_is_one_short_line_that_hides_nothing(given: str, shown: str) -> None:
    """Any space is one; three marks on a character; joiners inside of emoji alone; sixty characters."""
    assert shown == clean_name(given)


def test_somebody_is_called_by_nickname_by_profile_or_by_handle() -> None:
    """In this order; who was never met has the beginning of an id."""
    handles = {A: "ann@x.example", B: "bob@x.example", C: "cy@x.example"}
    names = Names({A: "Annie"}, {A: "Anna", B: "Bob"}, handles)
    assert ["Annie", "Bob", "cy", "646464646464"] == [names.name(each) for each in (A, B, C, D)]
    assert ["ann@x.example", "646464646464"] == [names.handle(each) for each in (A, D)]


def test_names_are_those_of_contacts_and_of_everybody_met(talk: Talk) -> None:
    """What an account says of itself in a room is newer than what its contact is known by; empty names are none."""
    store = talk.step.store
    for other, name in ((JUN, "준"), (NARI, "")):
        store.put_contact(Contact(other.account, other.handle, name, ContactState.ACCEPTED, b"", "", b""))
    store.put_person(Person(NARI.account, "nari@new.example", "나리", b"", 5))
    store.put_person(Person(JUN.account, "", "", b"", 5))
    store.put_handle(STRANGER.account, STRANGER.handle)
    handles = {JUN.account: JUN.handle, NARI.account: "nari@new.example", STRANGER.account: STRANGER.handle}
    names = all_names(store)
    assert ({JUN.account: "준"}, {NARI.account: "나리"}) == (names.nicknames, names.profiles)
    assert handles.items() <= names.handles.items()


@pytest.mark.parametrize(
    ("text", "folded"),
    [(" A b ", "ab"), ("\uff21\u1112\u1161\u11ab", "a한"), ("Straße", "strasse")],
)
def test_names_are_compared_without_case_width_and_spaces(text: str, folded: str) -> None:
    """And composed."""
    assert folded == fold(text)


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ("ㄱ", "가", True),
        ("ㄱ", "깋", True),
        ("ㄱ", "까", False),
        ("ㅎ", "힣", True),
        ("ㅇㅇ", "ㅇㅇ", True),
        ("ㅋ", "민아ㅋㅋ", True),
        ("ㄱ", "ㄴ", False),
        ("ㅎ", "\ud7a4", False),
        ("ㄱ", "a", False),
        ("가", "각", True),
        ("가", "갛", True),
        ("가", "개", False),
        ("각", "갂", False),
        ("히", "힣", True),
        ("가", "나", False),
        ("기지", "김지", False),
        ("a", "각", False),
        ("힣", "힣", True),
        ("지우", "김지우", True),
        ("우지", "김지우", False),
        ("김지우야", "김지우", False),
        ("ㅈㅇ", "김지우", True),
        ("ㅏ", "가", False),
        ("\u00e9", "e", False),
        ("mi na", "Mina", True),
        (" ", "mina", False),
        ("나", "\uc500", False),
    ],
)
def test_consonants_and_unfinished_syllables_find_names(query: str, name: str, *, fits: bool) -> None:
    """A consonant stands for every syllable that begins with it; only the last syllable may lack its final one."""
    assert fits is matches_name(query, name)
