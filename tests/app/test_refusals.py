"""What the page refuses, it refuses in the person's language."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import nullabona.app
import nullabona.client
from nullabona.app.desk.errors import HandleTaken
from nullabona.app.showing.refusals import SAID, said
from nullabona.errors import UserError

ELSEWHERE = {
    "app-silent",
    "ca-file-unreadable",
    "file-exists",
    "file-unwritable",
    "launch-exposed",
    "passphrase-needed",
    "port-taken",
    "profile-missing",
    "proxy-refused",
    "too-many-requests",
    "user-error",
    "window-missing",
}
"""Said by the command that starts the app or by other commands, where there is no page yet."""


def _kinds(root: type[UserError]) -> set[type[UserError]]:
    below = root.__subclasses__()
    return {root}.union(*(_kinds(kind) for kind in below))


@pytest.fixture(scope="module")
def codes() -> set[str]:
    """The codes of everything that a person may be refused by the client and the app."""
    for package in (nullabona.app, nullabona.client):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    modules = ("nullabona.app.", "nullabona.client.", "nullabona.wire.", "nullabona.errors")
    return {kind.code for kind in _kinds(UserError) if kind.__module__.startswith(modules)}


def test_every_refusal_has_its_korean_sentence(codes: set[str]) -> None:
    """None is left in English to somebody who reads Korean."""
    assert set() == codes - set(SAID) - ELSEWHERE


@pytest.mark.parametrize("code", SAID)
def test_the_page_names_no_command_of_a_terminal(code: str) -> None:
    """Hints say what can be done at the page."""
    assert not re.search(r"nulla |--", " ".join(SAID[code]))


def test_sentences_begin_like_sentences() -> None:
    """Errors are written for a terminal, in lower case."""
    assert ("Something is off", "Try again") == said(UserError("something is off", hint="try again"), "en")
    assert ("이미 쓰는 사람이 있어요.", "") == said(HandleTaken("mina@relay.example belongs to somebody"), "ko")
