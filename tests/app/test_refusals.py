"""What the page refuses, it refuses in the person's language."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import nullabona.app
import nullabona.client
from nullabona.app.presenting.refusals import REFUSALS, said
from nullabona.app.presenting.warned import warned
from nullabona.app.session.errors import HandleTaken
from nullabona.client.api.errors import BadRequest
from nullabona.errors import NullabonaError, PeerError, UserError
from nullabona.words.catalogue import Language
from nullabona.words.errors import ERRORS, bad_request
from nullabona.words.operator_notice import summary_words
from nullabona.words.warnings import WARNINGS

ELSEWHERE = {
    "app-silent",
    "ca-file-unreadable",
    "file-exists",
    "launch-exposed",
    "no-window",
    "not-registered",
    "passphrase-needed",
    "port-taken",
    "profile-missing",
    "proxy-refused",
    "too-many-requests",
    "user-error",
}
"""Said by the command that starts the app or by other commands, where there is no page yet."""
UNASKED = re.compile(r"peer-error|evidence-invalid|bad-proof|docket-.*|operator-notice-.*")
"""Of others' mistakes: what no call of the page can meet. Of dockets a person is warned instead."""
BEYOND_THE_PAGE = re.compile(
    r"a file has no such piece|an export is json, text or html|there are photo, file and voice messages"
    r"|there is no preference .*|a preference does not take this value: .*|a backup is made every 1 to 31 days"
)
"""What is wrong with a call that no page makes."""
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
    assert set() == {kind.code for kind in kinds} - set(REFUSALS) - set(ERRORS)


def _sentence(argument: ast.expr) -> str:
    """What stands in the source, with a word for each value."""
    match argument:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "12" for part in parts)
        case _:
            raise AssertionError(ast.dump(argument))


def test_what_contradicts_itself_is_told_apart_in_korean() -> None:
    """In English the error says what is wrong; one Korean sentence for all of them would not say what to do."""
    source = Path(nullabona.client.__path__[0])
    calls = [node for path in source.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    made = {
        _sentence(call.args[0])
        for call in calls
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "BadRequest"
    }
    assert {one for one in made if BEYOND_THE_PAGE.fullmatch(one)} == {one for one in made if bad_request(one) is None}
    assert ("내 아이디예요.", "상대의 아이디를 적어 주세요.") == said(BadRequest("that is your own handle"), "ko")
    assert ("That is your own handle", "") == said(BadRequest("that is your own handle"), "en")


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
    told = {code: warned(code, language, values) for code in (*WARNINGS, "identity-changed")}
    assert {} == {code: words for code, words in told.items() if COMMAND.search(" ".join(words))}
    assert not COMMAND.search(" ".join(summary_words(language, notices=0, unchecked=1, refused=1, checkable=False)))
    assert "relay.example" in told["log-replaced"][0]


def test_sentences_begin_like_sentences() -> None:
    """Errors are written for a terminal, in lower case."""
    assert ("Something is off", "Try again") == said(UserError("something is off", hint="try again"), "en")
    assert ("이미 쓰는 사람이 있어요.", "") == said(HandleTaken("mina@relay.example belongs to somebody"), "ko")
