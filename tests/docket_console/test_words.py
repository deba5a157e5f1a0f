"""Every word of the console is there in both languages, and the templates hold nothing that the policy would refuse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from nullabona.docket.cases.handover import SEALED, UNSEALED
from nullabona.docket.console.run import serve_console
from nullabona.docket.console.words import SENTENCES
from nullabona.docket.core import instrument
from nullabona.docket.core.roles import CONFIRMS, DeskAction, Role
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.timers import GAG, NOTICE
from nullabona.docket.desk import Desk
from nullabona.docket.taxonomy import load
from nullabona.errors import NullabonaError
from nullabona.wire import demands
from nullabona.words import catalogue
from nullabona.words.catalogue import Words
from nullabona.words.errors import ERRORS

CONSOLE = Path(__file__).parents[2] / "src/nullabona/docket/console"
TEMPLATES = {path.name: path.read_text("utf-8") for path in (CONSOLE / "templates").glob("*.html")}
SCRIPTS = {path.name: path.read_text("utf-8") for path in (CONSOLE / "static").glob("*.js")}
HANGUL = re.compile(r"[\uac00-\ud7a3]")


def test_every_sentence_is_in_both_languages() -> None:
    """Korean has Hangul, English has none."""
    same = {"brand", "say.desk"}
    for key, one in SENTENCES.items():
        assert not HANGUL.search(one.en), key
        assert key in same or HANGUL.search(one.ko), key


def test_every_word_that_pages_use_exists() -> None:
    """In templates and in code."""
    used = {key for text in TEMPLATES.values() for key in re.findall(r"""\bt\(["']([\w.-]+)["']\s*[,)]""", text)}
    code = "".join(path.read_text("utf-8") for path in CONSOLE.rglob("*.py"))
    used |= set(re.findall(r"""\bsay\("([\w.-]+)"[,)]""", code))
    assert used - SENTENCES.keys() == set()


def test_every_term_of_the_desk_has_a_word() -> None:
    """States, actions, roles, classes, answers and reasons."""
    wanted = [
        *(f"state.{one}" for one in State),
        *(f"action.{one}" for one in Action),
        *(f"action.{one}" for one in CONFIRMS),
        *(f"role.{one}" for one in Role),
        *(f"data_class.{one}" for one in get_args(demands.DataClass)),
        *(f"answer.{one}" for one in get_args(demands.Answer)),
        *(f"reason.{one}" for one in get_args(demands.RefusalReason)),
        *(f"lawclass.{one}" for one in get_args(instrument.LegalClass)),
        *(f"notice.{one}" for one in get_args(instrument.Notice)),
        *(f"item.{one}" for one in get_args(instrument.ItemRule)),
        *(f"jurisdiction.{one}" for one in get_args(instrument.Jurisdiction)),
        *(f"say.{one}" for one in Action if one is not Action.READ),
        *(f"then.{one}.1" for one in Action if one is not Action.READ),
    ]
    assert [key for key in wanted if key not in SENTENCES] == []


def test_every_gate_and_timer_of_the_law_has_a_word() -> None:
    """Of every row of the taxonomy, and the desk's own; an officer never sees the letters of a name."""
    rows = [row.instrument() for row in load().rows]
    wanted = {f"gate.{gate}" for row in rows for gate in row.gates} | {"gate.called-back"}
    wanted |= {f"due.{timer.name}" for row in rows for timer in row.timers} | {f"due.{GAG}", f"due.{NOTICE}"}
    assert len(wanted) > 15
    assert set() == wanted - SENTENCES.keys()


def test_every_kind_of_event_has_a_word() -> None:
    """Whatever the journal can hold: acts, second signatures, and what the desk enters by itself."""
    code = "".join(path.read_text("utf-8") for path in CONSOLE.parent.rglob("*.py"))
    by_itself = set(re.findall(r"""journal\.append\(\s*"([\w-]+)\"""", code))
    assert {"batch", "read", "share", "erased", "notice-delivered"} <= by_itself
    kinds = {*Action, *DeskAction, *(f"confirm-{one}" for one in CONFIRMS), *by_itself, SEALED, UNSEALED}
    assert set() == {f"action.{kind}" for kind in kinds} - SENTENCES.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_plain(name: str) -> None:
    """No inline script, style or handler, nothing marked safe, no word of its own."""
    text = TEMPLATES[name]
    for forbidden in ("|safe", "| safe", "autoescape", "style=", "<style", "javascript:", "http:", "https:"):
        assert forbidden not in text, forbidden
    assert re.findall(r"""\son\w+=["']""", text) == []
    assert all('src="/static/' in found for found in re.findall(r"<script[^>]*>", text))
    plain = re.sub(r"\{[%{#].*?[%}#]\}|<[^>]*>|한국어|English", " ", text, flags=re.DOTALL)
    assert set(re.findall(r"[A-Za-z\uac00-\ud7a3]{3,}", plain)) <= {"UTC", "SHA", "checked"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_no_markup(name: str) -> None:
    """Text only, and nothing that evaluates."""
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "DOMParser"):
        assert forbidden not in SCRIPTS[name], forbidden


def test_every_form_carries_the_token() -> None:
    """A form without it would be refused."""
    for name, text in TEMPLATES.items():
        for form in re.findall(r"<form method=\"post\".*?</form>", text, flags=re.DOTALL):
            assert 'name="token"' in form or "token()" in form, (name, form[:80])


OWN = ("nullabona.docket", "nullabona.sequencer", "nullabona.machine.disk", "nullabona.machine.lock")
"""Whose errors the console's pages show."""


def test_every_refusal_of_the_desk_is_in_korean_too() -> None:
    """Whatever the desk or the console answers to an officer."""
    assert None not in {Desk, serve_console}
    found: set[str] = set()
    pending: list[type[NullabonaError]] = [NullabonaError]
    while pending:
        for child in pending.pop().__subclasses__():
            pending.append(child)
            if child.__module__.startswith(OWN) and child.code not in {"peer-error", "user-error"}:
                found.add(child.code)
    assert found - ERRORS.keys() == set()


OLD = re.compile(
    "까닭|꾸러미|법적 수단|법률 고문|다시 거는 곳|당신이 할 수 있|하지 않기|칸 열기|끝난 날|사건 표시|문서 작성일"
    "|잠글 열쇠|문서 번호|확인자(?!료)|번째 주기|주기를 모두|보관자의|받은편지함"
)
"""Words that no Korean lawyer uses, or that meant two things: signing, keeping from the public, and a slot."""
DESK_AREAS = [
    *sorted(path.stem for path in Path(catalogue.__file__).parent.glob("console_*.toml")),
    "certificate", "demands", "packages", "site", "cli_docket", "cli_help_docket",
]  # fmt: skip


@pytest.mark.parametrize("area", DESK_AREAS)
def test_the_desk_speaks_as_lawyers_do(area: str) -> None:
    """In console, letters, pages and commands alike."""
    assert [] == [key for key, one in Words(area).items() if OLD.search(one.ko) or OLD.search(one.ko_hint)]


def test_console_and_letter_say_the_same() -> None:
    """Classes, answers, reasons and fields have one catalogue."""
    own = {key.partition(".")[0] for area in DESK_AREAS if area.startswith("console_") for key in Words(area)}
    assert set() == own & {"class", "data_class", "answer", "field"}
    assert "reason.incomplete" in SENTENCES
