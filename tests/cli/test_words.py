"""What a terminal says to people is there in both languages, and says what is meant."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nullabona
from nullabona.app.presenting.refusals import REFUSALS
from nullabona.cli import main
from nullabona.cli.person.sentences import message_line, warning_line
from nullabona.cli.root import COMMANDS
from nullabona.client.api import MessageInfo, NoticeInfo
from nullabona.errors import NullabonaError, PeerError, UserError
from nullabona.words.catalogue import Language, Words
from nullabona.words.errors import ERRORS
from nullabona.words.warnings import GRAVE, NEWS, WARNINGS, as_met, level_of
from tests.cli.conftest import Pair
from tests.cli.shell import nulla
from tests.repo.test_commands import known
from tests.repo.test_sentences import AREAS

EVERY = {f"{area}.{key}": one for area in AREAS for key, one in Words(area).items()}
ELSEWHERE = {"user-error", "peer-error", "not-registered"}
"""Branches of the tree, which nobody raises."""
PAGE_ONLY = "nullabona.app.session."
OWN = "nullabona.drills."
"""Drills tell what they find in reports of their own."""


def _kinds(root: type[NullabonaError]) -> set[type[NullabonaError]]:
    return {root}.union(*(_kinds(kind) for kind in root.__subclasses__()))


@pytest.fixture(scope="module")
def kinds() -> set[type[NullabonaError]]:
    """Every error that a person can be shown."""
    for module in pkgutil.walk_packages(nullabona.__path__, "nullabona."):
        importlib.import_module(module.name)
    return {kind for kind in _kinds(UserError) | _kinds(PeerError) if kind.__module__.startswith("nullabona.")}


def test_every_error_of_a_command_has_its_korean_sentence(kinds: set[type[NullabonaError]]) -> None:
    """None is left in English to somebody who reads Korean, be it refused by a relay, a log, the disk or a rule."""
    codes = {kind.code for kind in kinds if not kind.__module__.startswith((PAGE_ONLY, OWN))}
    assert set() == codes - set(ERRORS) - ELSEWHERE


def test_no_korean_sentence_has_an_english_hint(kinds: set[type[NullabonaError]]) -> None:
    """The error's own hint is said only where it lists what there is at that moment."""
    fixed = {kind.code for kind in kinds if kind.default_hint}
    assert set() == {code for code in fixed & set(ERRORS) if not ERRORS[code].ko_hint}


def test_what_a_page_says_a_terminal_can_say_too(kinds: set[type[NullabonaError]]) -> None:
    """But for what only a page is refused."""
    page = {kind.code for kind in kinds if kind.__module__.startswith(PAGE_ONLY)}
    assert set() == set(REFUSALS) - set(ERRORS) - page


FORMAL = (
    "console_",
    "cli_docket",
    "cli_help_docket",
    "errors_desk",
    "packages",
    "site",
    "findings",
    "demands",
    "certificate",
)
"""Areas of the legal desk and of the public record, which speak formally (…니다)."""


@pytest.mark.parametrize("area", [area for area in AREAS if not area.startswith(FORMAL)])
def test_a_person_is_spoken_to_as_in_a_messenger(area: str) -> None:
    """In a terminal as at the page: …요."""
    said = [text for one in Words(area).values() for text in (one.ko, one.ko_hint)]
    assert [] == [text for text in said if re.search(r"니[다까](?:[.,?]|$)", text)]


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_is_a_sentence(code: str) -> None:
    """It ends with a full stop, which the terminal leaves out before the error's own words."""
    assert re.search(r"(?:요|니다)\.$", ERRORS[code].ko)


@pytest.mark.parametrize("area", AREAS)
def test_no_korean_particle_hangs_on_how_a_value_ends(area: str) -> None:
    """Which of two particles is right depends on the last sound of the value, which nobody knows beforehand."""
    particle = re.compile(r"\{\w+\}(?:가|이|를|을|은|는|와|과|로|으로|예요|이에요|라고|이라고)(?![가-힣(])")
    said = [text for one in Words(area).values() for text in (one.ko, one.ko_hint)]
    assert [] == [text for text in said if particle.search(text)]


def test_one_idea_has_one_korean_word() -> None:
    """docs/glossary.md, "In Korean"."""
    said = [text for sentence in EVERY.values() for text in (sentence.ko, sentence.ko_hint)]
    others = r"낱말|대화 ?(?:신청|요청)|대화방|구성원|"
    others += r"복구 (?:단어|문구)|되살[리렸려]|닉네임|별칭|수신함|검사점|뿌리|데스크(?!톱)|영수증|"
    others += r"공개키|요청 기록(?!부)"
    wrong = re.compile(others)
    for area in AREAS:
        if not area.startswith(FORMAL):  # there correspondents are meant, who need not be contacts
            said_here = [text for one in Words(area).values() for text in (one.ko, one.ko_hint)]
            assert [] == [text for text in said_here if re.search("대화 상대|참여자", text)]
    kept = {"항목 {size}개를 되살렸어요"}  # a log, not an account
    assert [] == [text for text in said if wrong.search(text) and not any(each in text for each in kept)]


PLAIN = (
    "warnings app_warnings app_refusals room_notices notifications cli cli_events cli_help exporting imported "
    "adversaries errors errors_client errors_bad_request"
).split()
"""Areas that people read while they chat; those who run servers have areas of their own."""
INFRASTRUCTURE = re.compile(
    r"릴레이|디렉터리|회차|(?<![팅아-힣])방(?=[이을은에의으 ,.])|\b(?:relays?|director(?:y|ies)|epochs?)\b",
    re.IGNORECASE,
)


NO_WORDS = r"\{\w+\}|--\w+|`[^`]*`|\w*[@/]?relay\.example|nulla relay|record-"
"""Values, options, commands and example addresses."""


@pytest.mark.parametrize("area", PLAIN)
def test_who_chats_reads_of_a_server_and_of_chats(area: str) -> None:
    """What serves them has one name; only a hint says in which epoch of the record something is."""
    for key, one in Words(area).items():
        hints = [re.sub("회차|epoch", "", hint, flags=re.IGNORECASE) for hint in (one.ko_hint, one.en_hint)]
        said = [re.sub(NO_WORDS, "", text) for text in (one.ko, one.en, *hints)]
        assert [] == [text for text in said if INFRASTRUCTURE.search(text)], key


def test_what_a_client_raises_speaks_of_a_server_too() -> None:
    """In English an error says itself what is wrong. What breaks a room's protocol is named in the protocol's words."""
    files = [*Path("src/nullabona/client").rglob("*.py"), *Path("src/nullabona/app").rglob("*.py")]
    read = [file for file in files if file.name not in {"commit_policy.py", "move_orders.py"}]
    assert 300 < len(read)
    said = [(str(file), text) for file in read for text in raised(ast.parse(file.read_text("utf-8")))]
    assert 200 < len(said)
    served = re.compile(r"\b(?:relays?|director(?:y|ies))\b", re.IGNORECASE)
    assert [] == [(file, text) for file, text in said if served.search(re.sub(NO_WORDS, "", text))]


def raised(tree: ast.AST) -> Iterator[str]:
    """The texts of errors that are raised, and of the hints of their classes."""
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) != "Bug":
            parts = [*node.exc.args, *(word.value for word in node.exc.keywords)]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "default_hint":
            parts = [node.value]
        for part in parts:
            for text in ast.walk(part):
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value


def test_commands_that_a_sentence_names_exist(kinds: set[type[NullabonaError]]) -> None:
    """Hints, warnings and notes send nobody to a command that is not there."""
    said = [text for one in EVERY.values() for text in (one.ko, one.en, one.ko_hint, one.en_hint)]
    said += [kind.default_hint for kind in kinds]
    named = [words.split() for text in said for words in re.findall(r"\bnulla ((?:-*[a-z-]+ ?)+)", text)]
    assert named
    assert [] == [words for words in named if words[0] in COMMANDS and not known(main, words)]
    assert {"app", "--help"} >= {words[0] for words in named} - set(COMMANDS)


@pytest.mark.parametrize("code", WARNINGS)
def test_a_warning_is_a_sentence_in_both_languages(code: str) -> None:
    """And either news, a warning or grave."""
    english, korean = WARNINGS[code].en, WARNINGS[code].ko
    assert english.endswith(".")
    assert korean.endswith(".")
    assert not {code} & GRAVE & NEWS


def test_a_relay_out_of_reach_means_more_before_the_handle_is_registered() -> None:
    """Afterwards the device just tries again."""
    assert ("unregistered", "news") == (as_met("timed-out", published=False), level_of("unregistered"))
    assert ("timed-out", "log-forked") == (as_met("timed-out", published=True), as_met("log-forked", published=False))


@pytest.mark.parametrize(
    ("what", "name", "language", "sentence"),
    [
        ("removed", "mina", "en", "mina removed you"),
        ("removed", "mina", "ko", "mina 님이 나를 내보냈어요"),
        ("removed", "", "en", "You are no longer in the chat"),
        ("removed", "", "ko", "채팅방에서 나왔어요"),
        ("joined", "", "ko", "채팅방에 들어왔어요"),
    ],
)
def test_who_removed_whom(what: str, name: str, language: Language, sentence: str) -> None:
    """Also where nobody knows who did it."""
    assert sentence == message_line(_line(what, name), language)


def _line(what: str, name: str) -> MessageInfo:
    notice = NoticeInfo(what, b"", name, False, (), (), "")  # noqa: FBT003 - `me`
    line = object.__new__(MessageInfo)
    object.__setattr__(line, "notice", notice)
    return line


def test_states_are_said_in_the_language_of_the_person(pair: Pair) -> None:
    """Rooms, contacts and the status; with --json they are the same words for every program."""
    rooms, people = (nulla(kind, "list", "--lang", "ko", profile=pair.mina).out for kind in ("room", "contact"))
    assert "참여 중" in rooms
    assert "수락함" in people
    status = nulla("status", "--lang", "ko", profile=pair.mina).out
    assert re.search(r"서버 등록 +완료", status)
    assert "채팅방: 연결됨" in status
    assert "True" not in status
    assert {"joined"} == {row["phase"] for row in nulla("room", "list", "--json", profile=pair.mina).rows}


def test_follow_tells_in_sentences() -> None:
    """No code of a warning, and no alarm where nobody lies; what the account does not have yet matters more."""
    line = warning_line("card-promised", {"handle": "나은@relay.example"}, "ko", published=True)
    assert line.startswith("* 나은@relay.example 님은 방금 가입했어요.")
    assert warning_line("log-forked", {"host": "relay.example"}, "en", published=True).startswith(
        "! The server at relay."
    )
    assert "나를 찾을 수 없어요." in warning_line("timed-out", {}, "ko", published=False)
