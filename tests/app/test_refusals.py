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
from nullabona.app.showing.warned import warned
from nullabona.errors import NullabonaError, PeerError, UserError
from nullabona.words.errors import Language
from nullabona.words.operator_notice import summary_words
from nullabona.words.telling import TOLD

ELSEWHERE = {
    "app-silent",
    "ca-file-unreadable",
    "file-exists",
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
UNASKED = re.compile(r"peer-error|evidence-invalid|bad-proof|docket-.*|operator-notice-.*")
"""Of others' mistakes: what no call of the page can meet. Of dockets a person is warned instead."""
COMMAND = re.compile(r"nulla |(?<!\w)--(?=\w)")


def _kinds(root: type[NullabonaError]) -> set[type[NullabonaError]]:
    below = root.__subclasses__()
    return {root}.union(*(_kinds(kind) for kind in below))


@pytest.fixture(scope="module")
def kinds() -> set[type[NullabonaError]]:
    """Everything that a person may be refused by the client and the app."""
    for package in (nullabona.app, nullabona.client):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    modules = ("nullabona.app.", "nullabona.client.", "nullabona.wire.", "nullabona.errors")
    found = {kind for kind in _kinds(UserError) | _kinds(PeerError) if kind.__module__.startswith(modules)}
    return {kind for kind in found if kind.code not in ELSEWHERE and not UNASKED.fullmatch(kind.code)}


def test_every_refusal_has_its_korean_sentence(kinds: set[type[NullabonaError]]) -> None:
    """None is left in English to somebody who reads Korean, nor said as a terminal says it: whoever was at fault."""
    assert set() == {kind.code for kind in kinds} - set(SAID)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_names_no_command_of_a_terminal(kinds: set[type[NullabonaError]], language: Language) -> None:
    """Hints say what can be done at the page, also where the error's own hint is said."""
    refused = {kind.code: said(_of(kind), language) for kind in kinds}
    assert {} == {code: words for code, words in refused.items() if COMMAND.search(" ".join(words))}


def _of(kind: type[NullabonaError]) -> NullabonaError:
    """One that says nothing but its hint: some of them want to know more when they are made."""
    error = kind.__new__(kind)
    NullabonaError.__init__(error, "it is so", hint=kind.default_hint)
    return error


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_warning_at_the_page_names_one(language: Language) -> None:
    """Whoever uses the app in a browser has no terminal. What only a terminal offered, the Privacy page does."""
    values = {"host": "relay.example", "handle": "mina@relay.example"}
    told = {code: warned(code, language, values) for code in (*TOLD, "identity-changed")}
    assert {} == {code: words for code, words in told.items() if COMMAND.search(" ".join(words))}
    assert not COMMAND.search(" ".join(summary_words(language, notices=0, unchecked=1, refused=1, checkable=False)))
    assert "relay.example" in told["log-replaced"][0]


def test_sentences_begin_like_sentences() -> None:
    """Errors are written for a terminal, in lower case."""
    assert ("Something is off", "Try again") == said(UserError("something is off", hint="try again"), "en")
    assert ("이미 쓰는 사람이 있어요.", "") == said(HandleTaken("mina@relay.example belongs to somebody"), "ko")
