"""What a look-up found is one value: made only where the card is verified, and verified there once (spec/map.md §9)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

import nullabona
from nullabona.client.core.directory.found import BadCard, Found, NoCard, NotReached, ProvenCard
from nullabona.client.core.identity import claims
from nullabona.errors import Bug
from nullabona.wire.card import CardInvalid, verify_card
from tests.core.stage import START, Other, Stage
from tests.core.test_engine_rooms import engine_of
from tests.rooms.looked import Shown, looked

JUN, SORA = Other("jun"), Other("sora")
FIRST = JUN.card()
SECOND = JUN.card(previous=FIRST)
SOURCE = Path(nullabona.__file__).parent


def verifications(act: Callable[[], object]) -> int:
    """How many cards are verified while ``act`` runs."""
    count = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code is verify_card.__code__

    sys.setprofile(watch)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(("shown", "promised"), [("proven", False), ("promised", True)])
def test_a_card_that_verifies_is_proven_or_promised(shown: Shown, *, promised: bool) -> None:
    """As the record shows it, under its own handle."""
    found = looked(JUN.handle, FIRST.encoded, START, shown)
    assert ProvenCard.testing(FIRST, promised=promised) == found
    assert JUN.handle == found.handle


def test_what_is_no_valid_card_of_the_handle_is_a_bad_one() -> None:
    """With the error that says why; no card at all is something else, and so is no answer."""
    altered = FIRST.encoded[:-20] + bytes((FIRST.encoded[-20] ^ 1,)) + FIRST.encoded[-19:]
    bad = [looked(JUN.handle, data, START) for data in (b"\xc1", SORA.card().encoded, altered)]
    assert ["malformed", CardInvalid.code, CardInvalid.code] == [
        each.error.code for each in bad if isinstance(each, BadCard)
    ]
    assert {JUN.handle} == {each.handle for each in bad}
    assert NoCard(JUN.handle) == looked(JUN.handle, None, START)
    assert NotReached(JUN.handle) == looked(JUN.handle, FIRST.encoded, START, "unreached")


def test_nobody_else_makes_a_proven_card() -> None:
    """It raises; in the code that ships, one function makes one, and the way for tests is not used."""
    with pytest.raises(Bug):
        ProvenCard(FIRST, promised=False, verified=object())
    makers = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).removesuffix(".testing").endswith("ProvenCard"):
                makers.add(path.relative_to(SOURCE).as_posix())
    assert {"client/core/directory/found.py"} == makers


def test_a_look_up_verifies_a_card_once_whatever_waits_for_it() -> None:
    """For a stranger, a claim of that card, and a contact whose card has not changed, nothing is verified again."""
    stage = Stage()
    stage.contact(JUN, card=FIRST)
    with stage.step() as step:
        claims.came(step, SORA.account, SORA.handle)
    engine = engine_of(stage)
    for other in (JUN, SORA, Other("boo")):
        found: list[Found] = []
        data = other.card().encoded
        assert 1 == verifications(partial(_look, found, other.handle, data))
        assert 0 == verifications(partial(engine.on_card, found[0], START))


def _look(found: list[Found], handle: str, data: bytes) -> None:
    found.append(looked(handle, data, START))


def test_only_the_known_card_is_verified_beside_a_newer_one() -> None:
    """It comes from the store; the newer one is not verified to see whether it follows it."""
    stage = Stage()
    stage.contact(JUN, card=FIRST)
    engine = engine_of(stage)
    assert 1 == verifications(lambda: engine.on_card(ProvenCard.testing(SECOND), START))
    with stage.step() as step:
        contact = step.store.contact(JUN.account)
        assert contact is not None
        assert SECOND.encoded == contact.card
