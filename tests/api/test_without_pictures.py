"""An installation without the extra `pictures`: photos are refused, never sent with what they tell of their maker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from nullabona import extras
from nullabona.app.answers.rpc import Rpc
from nullabona.app.presenting.messages import quote_of, to_message
from nullabona.app.protocol.views import Language
from nullabona.app.server.request import Request
from nullabona.client.api import Client, NoPictures, checkup, errors
from nullabona.client.api.files import AsKind
from nullabona.client.core.model.records import FileState
from nullabona.client.media.apart import Apart
from nullabona.findings import Level
from tests.api.people import befriend, people, play, until
from tests.api.pictures import moving_picture, photo
from tests.api.service import Service
from tests.app.test_leaving_nothing import at_work
from tests.app.test_presenting_messages import AROUND, PHOTO, TEXT

KINDS: Final[tuple[AsKind | None, ...]] = (None, "photo")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, Pillow is not installed, and who starts to decode all the same fails."""

    def start(*_: Any) -> None:  # noqa: ANN401 - whatever it is given
        raise AssertionError("a picture is decoded")

    def take_away() -> None:
        monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "PIL" else object())
        monkeypatch.setattr(Apart, "_exchange", start)

    return take_away


def state(client: Client, room: bytes, message: bytes) -> str:
    """Where the file is, or empty while its message is not there."""
    try:
        return client.files.info(room, message).state
    except errors.NoSuchMessage:
        return ""


def test_a_photo_is_refused_and_goes_as_a_file_only_if_that_was_meant(
    service: Service, tmp_path: Path, without: Callable[[], None]
) -> None:
    """Nothing of a photo is kept or sent; what is no picture goes, and so does a photo that was meant to be a file."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            lines = len(a.messages.page(room))
            without()
            for source in (photo(), photo(kind="PNG"), photo(kind="WEBP"), moving_picture()):
                for kind in KINDS:
                    with pytest.raises(NoPictures, match="not installed"):
                        await a.files.send(room, source, name="x.jpg", as_kind=kind)
            assert lines == len(a.messages.page(room))
            with a._session.look() as store:
                assert [] == store.files(FileState.MOVING)
            sent = {
                await a.files.send(room, b"a list", name="list.txt"): b"a list",
                await a.files.send(room, photo(), name="x.jpg", as_kind="file"): photo(),
            }
            await until(b, lambda: {"remote"} == {state(b, room, message) for message in sent})
            for message, data in sent.items():
                await b.files.fetch(room, message)
                await b.files.wait(room, message)
                assert data == b.files.open(room, message).read(0, 1 << 20)

    play(story())


def test_a_photo_that_arrives_is_kept_and_can_be_saved(
    service: Service, tmp_path: Path, without: Callable[[], None]
) -> None:
    """It is not shown, and does not count as damaged for that: with the extra it is shown later."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            message = await a.files.send(room, photo(), name="sea.jpg")
            await until(b, lambda: state(b, room, message) == "here")
            assert (480, 640) == ((shown := await b.files.picture(room, message)).width, shown.height)
            b._session.pictures.forget(message)
            without()
            for look in (b.files.picture, b.files.thumbnail):
                with pytest.raises(NoPictures):
                    await look(room, message)
            with pytest.raises(NoPictures):
                await b.profiles.prepare_picture(photo())
            assert ("photo", "here", "") == (
                (info := b.files.info(room, message)).kind,
                info.state,
                info.reason,
            )
            saved = await b.files.save(room, message, tmp_path)
            assert b.files.open(room, message).read(0, 1 << 20) == saved.read_bytes()

    play(story())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This installation has nothing that opens pictures, so it sends and shows none."),
        ("ko", "이 설치에는 사진을 여는 구성 요소가 없어서 사진을 보내거나 볼 수 없어요."),
    ],
)
def test_the_app_refuses_a_photo_in_words(
    tmp_path: Path, without: Callable[[], None], language: Language, words: str
) -> None:
    """A page would send what it is told is a file, so it is told nothing but the refusal; a text file is taken."""

    async def run() -> None:
        async with at_work(tmp_path, language) as session:
            without()
            rpc = Rpc(session)
            answer = await rpc.upload(Request("POST", "/upload", {"name": "me.jpg"}, {}, photo()))
            said = json.loads(answer.body)
            assert (400, "no-pictures", words) == (answer.status, said["code"], said["message"])
            assert "nullabona[pictures]" in said["hint"]
            answer = await rpc.upload(Request("POST", "/upload", {"name": "a.txt"}, {}, b"words"))
            assert (200, "file") == (answer.status, json.loads(answer.body)["kind"])

    play(run())


def test_the_doctor_says_that_pictures_are_not_opened(without: Callable[[], None]) -> None:
    """As something that may be meant so, and only if it is so."""
    key = "pictures-missing"
    assert key not in {each.key for each in checkup.check_installation()}
    without()
    assert {key: Level.WARNING}.items() <= {each.key: each.level for each in checkup.check_installation()}.items()


def test_a_photo_is_shown_as_a_file() -> None:
    """With its name and a way to save it; no address that nothing could be shown at, also where it is quoted."""
    around = replace(AROUND, pictures=False)
    shown = replace(TEXT, kind="photo", attachment=PHOTO, album=b"a" * 16)
    seen, here = to_message(shown, AROUND), to_message(shown, around)
    assert ("photo", True, True) == (seen.kind, bool(seen.album), bool(seen.file and seen.file.url and seen.file.thumb))
    assert ("file", "") == (here.kind, here.album)
    assert here.file is not None
    assert ("sea.jpg", "", "", "/save/r/i") == (here.file.name, here.file.url, here.file.thumb, here.file.download)
    assert ["/thumb/r/i", ""] == [quote_of(shown, each).picture for each in (AROUND, around)]
