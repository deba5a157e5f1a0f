"""Journeys after which the browser's folder is searched: nothing that was typed, said or shown got to the disk.

Every other journey is searched as well, when its people leave (`Person`). These are the ones where it mattered most.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from mnemonic import Mnemonic
from playwright.sync_api import Browser, expect

from tests.api.service import Service
from tests.browser.conftest import Arrive, Meet, seat
from tests.browser.entering import PASSPHRASE, field, heading, press, section, unlock
from tests.browser.person import FLAGS, chromium_path
from tests.browser.setting import make, protect
from tests.browser.traces import OF_CHROMIUM, SHORTEST, Traces

WORDS: Final = " ".join(["abandon"] * 23 + ["art"])
LEFT: Final = "I would never say this aloud"


def test_the_search_finds_what_a_field_gives_away(arrive: Arrive) -> None:
    """Were a field as browsers make it, its text would lie in the folder: the search is worth something."""
    theo = arrive("theo")
    page = theo.page
    heading(theo, "", "Your chats stay between you")
    for name, attribute in (("kept", "off"), ("given", "on")):
        page.evaluate(
            """([name, attribute]) => {
                const field = document.createElement("textarea");
                field.className = name;
                field.autocomplete = attribute;
                document.body.append(field);
            }""",
            [name, attribute],
        )
        page.locator(f"textarea.{name}").fill(f"marker {name} lighthouse")
    page.goto("about:blank")
    theo.until(lambda: "marker given lighthouse" in theo.left_on_disk())
    assert "marker kept lighthouse" not in theo.left_on_disk()
    theo.traces.noted.discard("marker given lighthouse")


def test_the_search_leaves_out_only_words_that_an_untouched_browser_has(chromium: Browser, tmp_path: Path) -> None:
    """Some that can be among the 24 are in the names of its tables, and are found although nobody typed them."""
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium_path(), args=list(FLAGS), locale="en-GB"
    )
    traces = Traces(context)
    context.close()
    traces.noted = {word for word in Mnemonic("english").wordlist if len(word) >= SHORTEST}
    found = traces.found(tmp_path).keys()
    assert "language" in found
    assert found <= OF_CHROMIUM


def test_words_that_are_typed_stay_off_the_disk(arrive: Arrive) -> None:
    """On both screens that take the 24 words, and the passphrase before them, shown or not."""
    theo = arrive("theo")
    press(theo, "", "Restore with 24 words")
    heading(theo, "", "A passphrase for this device")
    theo.button("Show passphrase").first.click()
    field(theo, "", "Passphrase").fill("four words in a row")
    press(theo, "", "Set passphrase")
    heading(theo, "", "Restore with 24 words")
    field(theo, "", "The 24 words").fill(WORDS)
    theo.until(lambda: {WORDS, "four words in a row"} <= theo.traces.noted)


def test_what_was_said_and_not_said_stays_off_the_disk(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """A passphrase that was shown, a message that was sent, one that was typed and deleted: after the lock, and in the
    end, when the browser has put its folder in order.
    """
    made, _ = make(service, tmp_path, "미나", "jun", group="등대지기 모임", said=("비밀 장소는 등대 아래야",))
    mina = seat(chromium, service, seats, protect(made, PASSPHRASE))
    press(mina, "암호 보기", "")
    unlock(mina)
    mina.enter("등대지기 모임")
    mina.sees("비밀 장소는 등대 아래야")
    mina.say("방앗간 뒤에서 아홉 시에 만나자")
    mina.composer.fill(LEFT)
    mina.composer.fill("")
    section(mina, "설정", "")
    section(mina, "잠그기", "")
    heading(mina, "잠겨 있어요", "")
    noted = {PASSPHRASE, "방앗간 뒤에서 아홉 시에 만나자", LEFT, "등대지기 모임", "비밀 장소는 등대 아래야"}
    mina.until(lambda: noted <= mina.traces.noted)
    assert {} == mina.left_on_disk()


def test_a_reload_finds_the_room_again_though_the_history_does_not_know_it(meet: Meet) -> None:
    """Numbers stand in the history; what they mean is asked of the process, and goes back and forth with it."""
    mina, _ = meet("mina", "jun")
    mina.enter("jun")
    mina.page.reload()
    expect(mina.composer).to_be_visible()
    assert ["at"] == mina.page.evaluate("Object.keys(history.state)")
    mina.page.go_back()
    expect(mina.composer).to_have_count(0)
    mina.page.go_forward()
    expect(mina.composer).to_be_visible()
