"""Officers at their screens: Chromium with its virtual authenticators, from the invitation to the released package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.person import FLAGS, chromium_path
from tests.docket_console.place import ROOT, Place
from tests.docket_console.seat import DESKTOP, PHONE, Seat

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]
AXE: Final = ROOT / "ui/node_modules/axe-core/axe.min.js"
FINDINGS: Final = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap(
    (one) => one.nodes.map((node) => [one.id, one.impact, node.html.slice(0, 160)].join(" | ")))"""
SIDEWAYS: Final = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def seats() -> Iterator[ExitStack]:
    """Closes every screen in the end."""
    with ExitStack() as stack:
        yield stack


def sit(seats: ExitStack, browser: Browser, place: Place, name: str, **screen: Any) -> Seat:  # noqa: ANN401
    return seats.enter_context(Seat(browser, place, name, **screen)).arrive()


def test_a_demand_is_answered_by_four_people(
    chromium: Browser, own_place: Place, seats: ExitStack, tmp_path: Path
) -> None:
    """Intake uploads and fills in, a second officer reviews, counsel decides, a releaser signs: all with passkeys."""
    ina, rea, cora, rolf = (sit(seats, chromium, own_place, name) for name in ("ina", "rea", "cora", "rolf"))
    original = tmp_path / "warrant <b>.pdf"
    original.write_bytes(b"%PDF-1.7 <script>alert(1)</script>")
    ina.go("/intake")
    ina.page.locator('a[href="/intake/KR.WARRANT"]').click()
    ina.page.locator("#original").set_input_files(original)
    expect(ina.page.locator("#hash")).to_contain_text("SHA-256")
    ina.page.locator("#authority").select_option("seoul-police")
    for field, value in (
        ("ref", "2026-77"),
        ("basis", "형사소송법 제215조"),
        ("issued", "2026-12-12"),
        ("received", "2026-12-13T11:00"),
    ):
        ina.page.locator(f"#{field}").fill(value)
    ina.page.locator("#identifiers").fill("mina@relay.example")
    for label in ("Subscriber data", "Content of messages"):
        ina.page.get_by_label(label, exact=True).check()
    ina.page.get_by_label("I called the authority back").check()
    ina.page.get_by_label("copy of the warrant's cover received", exact=True).check()
    ina.button("Show me what I will sign")
    expect(ina.page.locator(".say")).to_contain_text("Take in warrant of")
    ina.sign()
    expect(ina.page.locator("h1")).to_have_text("Case 2026-00001")
    ina.button("Match the identifiers …")
    ina.sign()
    case = ina.page.url.removeprefix(own_place.origin)
    act(rea, case, "Review …")
    cora.go(case)
    cora.button("Decide …")
    expect(cora.page.locator(".say")).to_have_text("Decide case 2026-00001: Answer the demand")
    cora.sign()
    act(rolf, case, "Release the package …")
    expect(rolf.page.locator(".steps [aria-current]")).to_have_text("produced")
    assert "produced" == own_place.tell("state", case=case.removeprefix("/case/"))


def act(seat: Seat, case: str, button: str) -> None:
    """One button and its signature."""
    seat.go(case)
    seat.button(button)
    expect(seat.page.locator(".say")).to_be_visible()
    seat.sign()


def test_an_outage_is_stated_at_two_screens(chromium: Browser, tmp_path: Path, seats: ExitStack) -> None:
    """The publisher finds the late periods filled in, says why in both languages and signs; counsel reads and signs."""
    place = seats.enter_context(Place(tmp_path, "public"))
    place.tell("tick")
    place.tell("late", periods=2)
    pia, cora = sit(seats, chromium, place, "pia"), sit(seats, chromium, place, "cora", lang="ko")
    pia.go("/record")
    expect(pia.page.locator("#outage-first")).to_have_value("1")
    expect(pia.page.locator("#outage-last")).to_have_value("2")
    pia.button("State an outage …")
    expect(pia.page.locator("#outage-ko")).to_be_focused()  # the browser asks for what is missing
    pia.page.locator("#outage-ko").fill("전원이 끊겼습니다")
    pia.page.locator("#outage-en").fill("the power was out <b>")
    pia.button("State an outage …")
    expect(pia.page.locator(".say")).to_have_text("State in the log why the periods 1 to 2 were late")
    expect(pia.page.locator("main")).to_contain_text("the power was out <b>")
    expect(pia.page.locator("main")).to_contain_text("It excuses nothing")
    pia.sign()
    expect(pia.page).to_have_url(f"{place.origin}/record")
    cora.go("/confirm")
    expect(cora.page.locator("main")).to_contain_text("1~2회차의 지연 사유를 기록에 올림")
    cora.page.locator('form[action^="/confirm/"] button').click()
    expect(cora.page.locator("main")).to_contain_text("전원이 끊겼습니다")
    cora.sign()
    assert 0 == place.tell("waiting_for_two")
    assert "outage-stated" in place.tell("kinds")


def test_the_second_authenticator_is_as_good_as_the_first(
    chromium: Browser, own_place: Place, seats: ExitStack
) -> None:
    """Either opens the same cases; one that did not see its person signs nothing, and the page says so."""
    case = own_place.tell("take_in")
    ina = sit(seats, chromium, own_place, "ina")
    ina.hold(0)
    ina.button("Sign out")
    expect(ina.page.locator(".note.good")).to_have_text("You are signed out")
    ina.sign_in()
    ina.go(f"/case/{case}")
    ina.button("Match the identifiers …")
    ina.cdp("setUserVerified", authenticatorId=ina.authenticators[0], isUserVerified=False)
    ina.page.locator("#sign").click()
    expect(ina.page.locator("#said")).to_contain_text("Nothing was signed")
    assert "received" == own_place.tell("state", case=case)


def test_a_newcomer_prints_a_key_and_waits(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """The identity is shown once; until two officers have signed, nobody is let in."""
    tess = seats.enter_context(Seat(chromium, own_place, "tess"))
    assert tess.enrol(known=False).startswith("AGE-SECRET-KEY-1")
    assert "#" not in tess.page.url
    tess.go("/sign-in")
    tess.page.locator("#sign-in").click()
    expect(tess.page.locator("#said")).to_contain_text("no officer signs in with this passkey")


def test_a_revoked_officer_is_out_with_the_next_click(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """Whatever was on the screen."""
    own_place.tell("take_in")
    ina = sit(seats, chromium, own_place, "ina")
    own_place.tell("revoke", officer="ina")
    ina.page.get_by_role("link", name="All cases").click()
    expect(ina.page.locator("#sign-in")).to_be_visible()


def test_a_page_made_elsewhere_sends_no_form(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """A real browser, a real cookie, a form on another origin: the console refuses it."""
    ina = sit(seats, chromium, own_place, "ina")
    page = ina.context.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(
        content_type="text/html",
        body=f'<form method="post" action="{own_place.origin}/sign-out"><button>x</button></form>',
    ))  # fmt: skip
    page.goto("http://evil.example/")
    with page.expect_navigation() as sent:
        page.locator("button").click()
    assert 403 == sent.value.status
    page.close()
    ina.go("/cases")
    expect(ina.page.locator("h1")).to_have_text("All cases")


HOSTILE: Final = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{7*7}}${7*7}\u202efdp.exe"
)


def test_what_others_wrote_is_only_text(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """Markup, templates and turned-around lines in every field show as what they are, on every page that has them."""
    text = HOSTILE[:190]
    case = own_place.tell(
        "take_in",
        authority_ref=text, legal_basis=text, note=text, identifiers=[{"kind": "other", "text": text}],
        gates=[{"name": "cover_copy_received", "met": True, "note": text}], gag={"basis": text, "until_s": None},
    )  # fmt: skip
    cora = sit(seats, chromium, own_place, "cora")
    for path in ("/", "/cases", f"/case/{case}", f"/case/{case}/amend", "/journal"):
        cora.go(path)
        assert "owned" not in cora.page.title()
        assert 0 == cora.page.locator("img, main script, iframe").count()
    cora.go(f"/case/{case}")
    assert cora.page.locator("main").inner_text().count("⟨U+202E⟩fdp.exe") >= 3
    assert "{{7*7}}" in cora.page.locator("main").inner_text()
    assert "\u202e" not in cora.page.locator("main").inner_text()


def test_keys_lead_everywhere(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """Without a mouse: to a page, down the queue, into a case, to its button; and what is focused can be seen."""
    own_place.tell("take_in")
    own_place.tell("take_in")
    ina = sit(seats, chromium, own_place, "ina")
    ina.page.keyboard.press("Tab")
    assert "skip" == ina.page.evaluate("document.activeElement.className")
    expect(ina.page.locator("html[data-ready]")).to_be_attached()
    for keys, title in (("gc", "All cases"), ("gk", "Your authenticators"), ("gd", "What is due")):
        for key in keys:
            ina.page.keyboard.press(key)
        expect(ina.page.locator("h1")).to_have_text(title)
        expect(ina.page.locator("html[data-ready]")).to_be_attached()
    for key in ("j", "j", "k"):
        ina.page.keyboard.press(key)
    ina.page.keyboard.press("Enter")
    expect(ina.page.locator("h1")).to_have_text("Case 2026-00001")
    ina.page.get_by_role("button", name="Match the identifiers …").focus()
    ina.page.keyboard.press("Enter")
    expect(ina.page.locator("#sign")).to_be_visible()


def test_the_clock_on_the_page_is_the_desks(chromium: Browser, own_place: Place, seats: ExitStack) -> None:
    """Deadlines count down from the desk's time, whatever this machine's clock says."""
    own_place.tell("take_in")
    ina = sit(seats, chromium, own_place, "ina")
    expect(ina.page.locator(".left").first).to_have_text("23h 58min")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_page_is_accessible(
    chromium: Browser, own_place: Place, seats: ExitStack, lang: str, theme: Any  # noqa: ANN401
) -> None:  # fmt: skip
    """Axe finds nothing at all, and nothing is wider than a phone."""
    axe = AXE.read_text("utf-8")
    case = own_place.tell("take_in", called_back=False)
    decided = own_place.tell("take_in")
    own_place.tell("walk", case=decided)
    pages = {
        "cora": ("/", "/cases", f"/case/{case}", f"/case/{decided}", f"/case/{case}/amend", "/confirm", "/authorities",
                 "/record", "/journal", "/officers", "/authenticators"),
        "ina": ("/intake", "/intake/KR.WARRANT", f"/case/{case}", "/no-such-page"),
        "ada": ("/officers",),
    }  # fmt: skip
    found: list[str] = []
    for name, paths in pages.items():
        seat = seats.enter_context(Seat(chromium, own_place, name, lang=lang, theme=theme))
        found += _look(seat.go("/sign-in"), axe, "/sign-in")
        seat.arrive()
        for path in paths:
            found += _look(seat.go(path), axe, path)
    seat = seats.enter_context(Seat(chromium, own_place, "rea", lang=lang, theme=theme)).arrive()
    own_place.tell("match", case=case)
    seat.go(f"/case/{case}")
    seat.page.locator(f'form[action="/case/{case}/review"] button').click()
    expect(seat.page.locator("#sign")).to_be_visible()
    found += _look(seat.page, axe, "sign")
    assert found == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("ko", "dark"), ("en", "dark"), ("ko", "light")])
def test_the_public_record_is_accessible(
    chromium: Browser, tmp_path: Path, seats: ExitStack, lang: str, theme: Any  # noqa: ANN401
) -> None:  # fmt: skip
    """Likewise what a desk with a log has: the record for whoever acts in it, and the hand-over until it is signed."""
    axe, found = AXE.read_text("utf-8"), []
    place = seats.enter_context(Place(tmp_path, "public"))
    place.tell("register")
    case, told = place.tell("take_in"), place.tell("take_in")
    place.tell("tick")
    for one in (case, told):
        place.tell("receipted", case=one)
    place.tell("clock_by", seconds=3_000)
    place.tell("propose_key", officer="nora")
    for name in ("kim", "pia", "aud"):
        found += _look(sit(seats, chromium, place, name, lang=lang, theme=theme).go("/record"), axe, f"/record {name}")
    nora = sit(seats, chromium, place, "nora", lang=lang, theme=theme)
    found += _look(nora.go("/authenticators"), axe, "/authenticators")
    nora.go(f"/case/{told}").locator(f'form[action="/case/{told}/notify"] button').click()
    nora.sign()
    place.tell("tick")
    place.tell("inboxes", hold=True)
    nora.go("/record").locator('form[action="/record/deliver"] button').click()
    expect(nora.page.locator("[role=status]")).to_be_visible()
    found += _look(nora.page, axe, "/record nora")
    place.tell("inboxes", hold=False)
    rolf = sit(seats, chromium, place, "rolf", lang=lang, theme=theme)
    found += _look(rolf.go(f"/case/{case}"), axe, "hand over")
    rolf.page.locator('[name="unsealed"]').check()
    rolf.page.locator(f'form[action="/case/{case}/hand-over"] button').click()
    found += _look(rolf.page, axe, "sign")
    rolf.sign()
    place.tell("finish", case=case)
    cora = sit(seats, chromium, place, "cora", lang=lang, theme=theme)
    for path in ("/record", "/confirm", "/journal", f"/case/{case}"):
        found += _look(cora.go(path), axe, path)
    assert found == []


def _look(page: Page, axe: str, path: str) -> list[str]:
    page.evaluate(axe)
    found = [f"{path}: {one}" for one in page.evaluate(FINDINGS)]
    for width in (320, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 700})
        if over := page.evaluate(SIDEWAYS):
            found.append(f"{path}: {over} px too wide at {width}")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found
