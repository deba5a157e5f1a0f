"""Journeys: photos, files, voice notes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, expect

from tests.api.pictures import photo
from tests.api.service import Service
from tests.browser.conftest import Meet, seat
from tests.browser.person import Person
from tests.browser.setting import make


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends; the browser has a microphone that beeps."""
    return gather("미나", "jun", permissions=["microphone"])


@pytest.fixture
def mina(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[0].at_end_of("jun")


@pytest.fixture
def jun(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[1].at_end_of("미나")


def choose(person: Person, files: Sequence[FilePayload] | Sequence[Path] | Path) -> Locator:
    """Choose files; what asks whether to send them. The app of ``person`` is Korean."""
    with person.page.expect_file_chooser() as choosing:
        person.button("첨부").click()
        person.page.get_by_role("menuitem", name="사진이나 파일").click()
    choosing.value.set_files(files)
    return person.page.get_by_role("dialog")


def attach(person: Person, files: Sequence[FilePayload] | Path, caption: str = "") -> None:
    """Choose files and send them."""
    dialog = choose(person, files)
    if caption:
        dialog.get_by_label("메시지 추가").fill(caption)
    dialog.get_by_role("button", name="보내기", exact=True).click()


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    mina: Person, tmp_path: Path, over: int, *, refused: bool
) -> None:
    """At the question itself, beside the file: without it the others can go. At the limit nothing is refused."""
    large, small = tmp_path / "영화.mp4", tmp_path / "자막.txt"
    with large.open("wb") as file:
        file.truncate(100 * 1_048_576 + over)
    small.write_text("subtitles", "utf-8")
    dialog = choose(mina, [large, small])
    send = dialog.get_by_role("button", name="보내기", exact=True)
    said = dialog.get_by_role("alert")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(said).to_have_text(["파일이 너무 커요. 100 MB까지 보낼 수 있어요."] if refused else [])
    expect(send).to_be_enabled(enabled=not refused)
    dialog.get_by_role("button", name="영화.mp4 빼기").click()
    expect(send).to_be_enabled()
    expect(said).to_have_count(0)
    dialog.get_by_role("button", name="취소").click()
    expect(mina.bubble("영화.mp4")).to_have_count(0)


def test_whoever_speaks_is_there(meet: Meet) -> None:
    """The app must not lock itself, and lose what is being said, because no key is touched meanwhile."""
    mina, _ = meet("미나", "jun", permissions=["microphone"])
    sent: list[str] = []
    mina.page.on("websocket", lambda ws: ws.on("framesent", lambda payload: sent.append(str(payload))))
    mina.page.clock.install()
    mina.fresh().enter("jun")
    mina.button("음성 녹음").click()
    expect(mina.button("녹음 보내기")).to_be_visible()
    sent.clear()
    mina.page.clock.fast_forward(25_000)
    mina.page.wait_for_timeout(1_000)
    assert any('"Active"' in one for one in sent)


def test_a_photo_arrives_without_the_place_where_it_was_taken(mina: Person, jun: Person, tmp_path: Path) -> None:
    taken = photo(900, 600)
    attach(mina, [{"name": "IMG_0815.jpg", "mimeType": "image/jpeg", "buffer": taken}], "우리 고양이")
    seen = jun.sees("우리 고양이")
    expect(seen.get_by_role("img", name="Photo by 미나")).to_be_visible()
    seen.get_by_role("button", name="Open the photo").click()
    box = jun.page.get_by_role("dialog", name="Photo")
    large = box.get_by_role("img")
    expect(large).to_be_visible()
    jun.page.wait_for_function("() => document.querySelector('dialog img').naturalWidth > 0")
    assert {600, 900} == set(large.evaluate("(img) => [img.naturalWidth, img.naturalHeight]"))
    with jun.page.expect_download() as saving:
        box.get_by_role("link", name="Save photo").click()
    saving.value.save_as(tmp_path / "saved")
    saved = (tmp_path / "saved").read_bytes()
    with Image.open(io.BytesIO(saved)) as picture:
        assert dict(picture.getexif()) == {}
    for secret in (b"Exif", b"Secret Phone", b"taken at home"):
        assert secret in taken
        assert secret not in saved
    jun.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_a_photo_that_is_chosen_goes_with_enter_and_writing_goes_on(mina: Person, jun: Person) -> None:
    """The field for words has focus, so Enter sends, and then the conversation's field has it."""
    taken: FilePayload = {"name": "산.jpg", "mimeType": "image/jpeg", "buffer": photo(60, 40)}
    dialog = choose(mina, [taken])
    expect(dialog).to_have_accessible_name("사진 보내기")
    expect(dialog.get_by_label("메시지 추가")).to_be_focused()
    expect(dialog).to_contain_text("위치 정보와 촬영 정보는 보내기 전에 지워요")
    mina.page.keyboard.type("산에 왔어")
    mina.page.keyboard.press("Enter")
    expect(jun.sees("산에 왔어").get_by_role("img", name="Photo by 미나")).to_be_visible()
    expect(mina.composer).to_be_focused()


def test_a_photo_that_keeps_its_place_is_said_to(mina: Person) -> None:
    """Nothing of ours can open an iPhone's HEIC, so it goes as it is; the browser cannot show it either."""
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    kept: FilePayload = {"name": "IMG_0001.HEIC", "mimeType": "image/heic", "buffer": heic}
    dialog = choose(mina, [kept])
    expect(dialog.get_by_text("위치 정보나 촬영 정보가 들어 있으면 그대로 보내져요.")).to_be_visible()
    expect(dialog.locator("img")).to_have_count(0)
    expect(dialog).not_to_contain_text("보내기 전에 지워요")
    dialog.get_by_role("button", name="취소").click()
    expect(dialog).to_have_count(0)
    other: FilePayload = {"name": "산.jpg", "mimeType": "image/jpeg", "buffer": photo(60, 40)}
    choose(mina, [kept, other])
    expect(dialog).to_contain_text("다른 사진의 위치 정보와 촬영 정보는 보내기 전에 지워요")
    dialog.get_by_role("button", name="취소").click()
    expect(dialog).to_have_count(0)


def test_several_files_go_out_in_their_order(mina: Person, jun: Person) -> None:
    names = ["1-목차.txt", "2-본문.txt", "3-부록.txt"]
    attach(mina, [{"name": name, "mimeType": "text/plain", "buffer": name.encode()} for name in names])
    jun.sees(names[-1])
    cards = jun.page.locator("article .file .name").filter(has_text=re.compile("목차|본문|부록"))
    expect(cards).to_have_text(names)


@pytest.mark.parametrize(
    ("called", "shown", "kept"),
    [
        ("../../etc/passwd", "passwd", "passwd.txt"),
        ("report\u202efdp.exe", "reportfdp.exe", "reportfdp.exe.txt"),
        ("con\x07tract\n.pdf", "contract .pdf", "contract .pdf"),
    ],
)
def test_a_file_name_leads_nowhere_and_hides_nothing(
    mina: Person, jun: Person, tmp_path: Path, called: str, shown: str, kept: str
) -> None:
    """What a double click would run is saved as a text (spec/app.md §3)."""
    attach(mina, [{"name": called, "mimeType": "application/pdf", "buffer": b"what it says"}], f"보고서 {shown}")
    card = jun.sees(f"보고서 {shown}")
    expect(card.locator(".file .name")).to_have_text(shown)
    card.get_by_role("button", name="Download").or_(card.get_by_role("link")).click()
    link = card.get_by_role("link", name=f"Save {shown}")
    with jun.page.expect_download() as saving:
        link.click()
    assert saving.value.suggested_filename == kept
    saving.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == b"what it says"


def test_a_voice_note_is_recorded_and_heard(mina: Person, jun: Person) -> None:
    mina.button("음성 녹음").click()
    timer = mina.page.get_by_role("timer")
    expect(timer).to_have_text("0:01")
    mina.button("녹음 보내기").click()
    note = jun.page.locator("article").filter(has=jun.page.locator(".voice")).last
    expect(note.get_by_label("Position")).to_be_enabled()
    note.get_by_role("button", name="Play").click()
    jun.page.wait_for_function("() => Number(document.querySelector('.voice input').value) > 0")
    expect(jun.chat("미나")).to_contain_text("Voice message")


def test_a_recording_can_be_thrown_away(mina: Person) -> None:
    mina.say("잠깐만")
    mina.sees("잠깐만")
    mina.button("음성 녹음").click()
    expect(mina.page.get_by_role("timer")).to_be_visible()
    mina.page.keyboard.press("Escape")
    expect(mina.composer).to_be_visible()
    mina.say("글로 쓸게")
    mina.sees("글로 쓸게")
    said = mina.page.locator("article[data-message] .bubble").all_inner_texts()
    assert ["잠깐만", "글로 쓸게"] == [text.strip() for text in said[-2:]]


def test_a_big_file_can_be_stopped_on_its_way_out(
    chromium: Browser, doomed: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """The relay is away meanwhile, so that the file cannot be out before anybody stops it."""
    mina, jun = (seat(chromium, doomed, seats, one) for one in make(doomed, tmp_path, "미나", "jun"))
    mina.enter("jun")
    jun.enter("미나")
    film = tmp_path / "film.bin"
    film.write_bytes(bytes(40_000_000))
    doomed.kill()
    attach(mina, film, "영화야")
    mina.sees("영화야").get_by_role("button", name="전송 취소").click()
    expect(mina.bubble("영화야")).to_have_count(0)
    doomed.start()
    mina.say("다음에 보낼게")
    jun.sees("다음에 보낼게")
    expect(jun.bubble("영화야")).to_have_count(0)
    expect(mina.bubble("영화야")).to_have_count(0)
