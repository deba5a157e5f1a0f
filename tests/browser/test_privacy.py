"""Journeys: the page about what could be handed over, beside what the drill really carries away."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from nullabona.app.presenting.adversaries import adversaries
from nullabona.drills.warrant.report import run_warrant
from nullabona.wire.data_held import DIRECTORY_COLUMNS, RELAY_COLUMNS
from nullabona.words.catalogue import Language
from tests.api.service import Service
from tests.browser.conftest import Meet
from tests.browser.entering import section, settings
from tests.browser.person import Person


def opened(person: Person) -> None:
    """On the page, with everything unfolded."""
    section(person, "개인정보", "Privacy")
    expect(person.page.locator("article summary").first).to_be_visible()
    for summary in person.page.get_by_role("main").locator("summary").all():
        summary.click()


@pytest.mark.parametrize("name", ["미나", "mina"])
def test_the_record_is_the_one_that_a_warrant_takes(meet: Meet, service: Service, name: str) -> None:
    """Field by field as the drill ``warrant`` produces it from the relay's files; its days are shown as dates.

    An entry that waits for its epoch is not known outside yet: its nonce is drawn by the directory.
    """
    (mina,) = meet(name)
    opened(mina)
    main = mina.page.get_by_role("main")
    handle = main.locator(".who dd").first.inner_text()
    taken = run_warrant(service.data, handle).data["produced"]
    assert isinstance(taken, dict)
    waiting = [entry for entry in taken.pop("entries") if entry["epoch"] == taken["epoch"]]
    assert (1, taken) == (len(waiting), json.loads(main.locator("pre").inner_text()))
    shown = main.locator("dl:not(.who) dd").all_inner_texts()
    for field in ("name", "skeleton"):
        assert taken[field] in shown
    assert [value for value in shown if value.endswith("…") and taken["encoded"].startswith(value[:-1])]
    assert [value for value in shown if re.fullmatch(r"\d{4}년 \d+월 \d+일|\d+ \w+ \d{4}|\w+ \d+, \d{4}", value)]
    assert {"handle", "name", "skeleton", "encoded", "registered_day", "label", "epoch"} == set(taken)


@pytest.mark.parametrize(("name", "language"), [("미나", "ko"), ("mina", "en")])
def test_every_line_about_every_adversary_says_how_it_is_known(meet: Meet, name: str, language: Language) -> None:
    """Warrant, tap, raid and laptop, each with what can and cannot be learnt."""
    (mina,) = meet(name)
    opened(mina)
    marks = {
        "ko": ("훈련으로 확인함", "테스트로 확인함", "아직 증명하지 못함"),
        "en": ("shown by a drill", "shown by a test", "unproven so far"),
    }
    drill, test, unproven = marks[language]
    expected = [
        (line.id, line.text, drill if "drill" in line.shown_by else test if line.shown_by == "test" else unproven)
        for adversary in adversaries(language)
        for can in (False, True)
        for line in adversary.lines
        if line.can is can
    ]
    rows = mina.page.locator("article .lines li")
    shown = [
        (row.locator(".id").inner_text(), row.locator("p").first.inner_text(), row.locator(".how").inner_text())
        for row in rows.all()
    ]
    assert expected == shown


def test_only_what_can_be_found_out_has_the_colour_of_a_warning(meet: Meet) -> None:
    """That nothing was demanded and that the record is as it should be is no warning."""
    (mina,) = meet("mina")
    opened(mina)
    colours = mina.page.evaluate(
        "() => ['main .found:not(.said) svg', '[data-notices] li svg', 'main .said svg'].map((kind) =>"
        " [...new Set([...document.querySelectorAll(kind)].map((each) => getComputedStyle(each).color))])"
    )
    assert [1, 1, 1] == [len(each) for each in colours]
    (warning,), (notices,), (record,) = colours
    assert notices == record != warning


def test_every_field_that_is_kept_is_listed_with_its_reason(meet: Meet, service: Service) -> None:
    """The columns of relay and directory as their stores declare them."""
    (mina,) = meet("mina")
    opened(mina)
    listed = mina.page.get_by_role("main").locator("details code").all_inner_texts()
    declared = [f"directory.{c.table}.{c.name}" for c in DIRECTORY_COLUMNS]
    declared += [f"relay.{c.table}.{c.name}" for c in RELAY_COLUMNS]
    assert declared == listed[: len(declared)]


def test_the_page_leads_to_what_can_be_done(meet: Meet) -> None:
    (mina,) = meet("미나")
    settings(mina)
    mina.page.get_by_role("button", name="내 정보를 요구받으면").click()
    mina.page.get_by_role("button", name="자리를 비울 때 저절로 잠그기").click()
    expect(mina.page.get_by_role("heading", name="설정", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("names", "do", "label", "save", "line"),
    [
        (("미나", "준호"), "서버 옮기기", "새 서버 주소", "옮기기", "이 채팅방의 서버가 바뀌었어요:"),
        (
            ("mina", "junho"),
            "Move to another server",
            "Address of the new server",
            "Move",
            "This chat moved to another server:",
        ),
    ],
)
def test_the_relay_is_changed_where_it_is_shown(
    meet: Meet, doomed: Service, names: tuple[str, str], do: str, label: str, save: str, line: str
) -> None:
    """No address, and one where nobody answers, is refused; a host alone is enough, and shown from then on."""
    mina, junho = meet(*names)
    opened(mina)
    main = mina.page.get_by_role("main")
    main.get_by_role("button", name=do).click()
    mina.page.get_by_label(label).fill("ws://relay.example")
    mina.page.get_by_role("button", name=save, exact=True).click()
    expect(mina.page.get_by_role("alert").first).to_be_visible()
    mina.page.get_by_label(label).fill("127.0.0.1:1")
    mina.page.get_by_role("button", name=save, exact=True).click()
    away = "이 서버에 연결할 수 없어요. 주소와" if mina.lang == "ko" else "This server cannot be reached. Check"
    expect(mina.page.get_by_role("dialog")).to_contain_text(away)
    mina.page.get_by_label(label).fill(doomed.host)
    mina.page.get_by_role("button", name=save, exact=True).click()
    expect(main.locator(".who dd").nth(1)).to_contain_text(doomed.host)
    junho.enter(names[0])
    expect(junho.page.get_by_text(f"{line} {doomed.host}").last).to_be_visible()


@pytest.mark.parametrize("name", ["미나", "mina"])
def test_what_is_wrong_with_the_record_stands_there(meet: Meet, name: str) -> None:
    """Each warning with what to do; the evidence is saved; a record that began anew is taken up once confirmed."""
    (mina,) = meet(name)
    mina.put("record-wrong")
    section(mina, "개인정보", "Privacy")
    wrong = mina.page.locator("[data-wrong]")
    expect(wrong.locator(".note")).to_have_count(2)
    wrong.get_by_role("button", name=re.compile("증거 저장하기|Save the evidence")).click()
    expect(wrong.locator(".path")).to_contain_text("evidence")
    anew = re.compile("새 기록 받아들이기|Accept the new record")
    wrong.get_by_role("button", name=anew).click()
    mina.page.get_by_role("alertdialog").or_(mina.page.get_by_role("dialog")).get_by_role("button", name=anew).click()
    expect(wrong.get_by_role("button", name=anew)).to_have_count(0)
    expect(wrong.get_by_role("button")).to_have_count(1)
