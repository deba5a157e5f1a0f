"""Each call stands once, with its answer, and one function answers it."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest

from nullabona.app.answers.asking import HANDLERS
from nullabona.app.protocol.call import ANSWERS, Call


def test_every_call_is_answered() -> None:
    """And nothing else is: what a page may ask for and what the process can do are one list."""
    assert ANSWERS.keys() == HANDLERS.keys()


@pytest.mark.parametrize("call", ANSWERS, ids=lambda call: call.__name__)
def test_a_handler_takes_the_call_and_gives_its_answer(call: type[Call[Any]]) -> None:
    """What the decorator names is what the function says it takes and returns."""
    hints = list(get_type_hints(HANDLERS[call]).values())
    assert [call, ANSWERS[call]] == hints[1:]
