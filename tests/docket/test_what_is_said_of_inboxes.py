"""What certificates and pages say of an account's inbox: it is known, its items can be counted, and not opened."""

from __future__ import annotations

import pytest

from nullabona.docket.core.records import ClassAnswer
from nullabona.docket.production.statement import make_statement, reason_of
from nullabona.docket.production.words import DECLARATION, NO_DATA, SYSTEM
from nullabona.docket.site import build
from nullabona.docket.taxonomy import load
from nullabona.words.demands import ANSWER
from tests.docket.example_site import example

NOT_HELD = ClassAnswer("content", "not_held")


def test_the_inbox_is_named_and_what_can_be_counted_in_it() -> None:
    """The relay knows one box of an account, because its card names it."""
    assert "does not know whose they are" not in SYSTEM.en
    assert "The inbox of an account is named on its card" in SYSTEM.en
    assert "계정의 우편함은 명함에 적혀 있어 알 수 있습니다" in SYSTEM.ko
    assert "nothing shows who put them there" in SYSTEM.en


def test_the_hold_of_a_deleted_handle_is_named() -> None:
    """What is kept for 90 days is part of what is kept."""
    assert ("90일" in SYSTEM.ko, "for 90 days after a handle was deleted" in SYSTEM.en) == (True, True)


def test_the_declaration_is_about_the_classes_that_are_produced() -> None:
    """Nobody declares that a package holds everything the system could give."""
    assert "everything the system can give about an identifier" not in DECLARATION.en
    assert "everything of the classes answered “produced”" in DECLARATION.en
    assert "‘제출함’으로 답한 항목" in DECLARATION.ko


def test_content_that_is_not_held_names_the_sealed_items() -> None:
    """And no other class gets the sentence."""
    assert "can be counted by size and day but not opened" in reason_of(NOT_HELD).en
    assert "미수신 암호문" in reason_of(NOT_HELD).ko
    assert ANSWER["not_held"] == reason_of(ClassAnswer("contacts", "not_held"))
    text = make_statement("2026-0007", "Example", 0, (NOT_HELD,)).decode()
    assert (NO_DATA.en in text, "sealed items may wait in the inbox" in text) == (True, True)


@pytest.mark.parametrize(
    ("page", "said"), [("ko/held.html", "계정의 우편함"), ("en/held.html", "The inbox of an acco")]
)
def test_the_site_says_it_too(page: str, said: str) -> None:
    """Where it says what is held."""
    text = build(example(), load())[page].decode()
    assert said in text
