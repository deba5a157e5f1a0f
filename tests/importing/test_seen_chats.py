"""Random conversations that were imported, as a person sees them: the lines of the file, on this machine's clock."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nullabona.client.api import Client, ImportAnswers
from nullabona.client.importing.exports import examine
from nullabona.client.importing.records import Reading
from nullabona.client.importing.sources import Given
from tests.importing.conftest import BERLIN, SEOUL
from tests.importing.test_faithful import play
from tests.importing.test_random_chats import ALL, START, conversation, plain
from tests.importing.writing import FORMS, Said

SHOWN = [form for form in ALL if "telegram" not in form.name][::7]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_and_time(at: int) -> str:
    return f"{EPOCH + timedelta(milliseconds=at):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize("zone", [SEOUL, BERLIN])
def test_what_a_person_sees_is_what_the_file_says(zone: str, in_zone: Callable[[str], None], tmp_path: Path) -> None:
    """Days, times, names, words and order, also where a clock went back; a second time adds nothing."""
    in_zone(zone)

    async def story(client: Client) -> None:
        rng = random.Random(zone)
        for form in SHOWN:
            said = plain(form, conversation(rng, form.unit_ms))
            given = [Given(form.file, data=form.write(said))]
            answers = ImportAnswers(me="", order="month-first" if "-us" in form.name else "day-first", new=True)
            (done,) = await client.imports.run(given, answers, batch=7)
            lines = client.messages.page(done.room, limit=1_000)
            seen = [(datetime.fromtimestamp(one.sent_at / 1_000), one.name, one.text) for one in lines]  # noqa: DTZ006
            assert [(day_and_time(one.at), one.author, one.text) for one in said if not skipped(one.at)] == [
                (f"{at:%Y-%m-%d %H:%M:%S}", name, text)
                for one, (at, name, text) in zip(said, seen, strict=True)
                if not skipped(one.at)
            ]
            assert [one.text for one in said] == [text for _, _, text in seen]
            (again,) = await client.imports.run(given, ImportAnswers(me="", order=answers.order))
            assert (0, "done") == (again.added - done.added, again.state)
            await client.imports.undo(done.id)

    play(tmp_path, story)


def skipped(at: int) -> bool:
    """An hour that this machine's clock never showed."""
    wall = (EPOCH + timedelta(milliseconds=at)).replace(tzinfo=None)
    return datetime.fromtimestamp(wall.timestamp()) != wall  # noqa: DTZ006


def test_what_is_first_told_far_into_a_file_is_read_right() -> None:
    """An export of a chat in English in which somebody writes Korean only after a hundred thousand lines."""
    form = next(form for form in FORMS if form.name == "android-en")
    said = [Said(START, "Jun", f"line {number}") for number in range(10_000)] + [Said(START, "Jun", "이제 한글")]
    (export,) = examine([Given(form.file, data=form.write(said).decode().replace("저장한 날짜", "Date Saved")
                               .replace("오전 12:47", "12:47 AM").encode("cp949"))], Reading())  # fmt: skip
    assert "이제 한글" == [line.text for _, line in export.lines()][-1]


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_an_archive_of_an_old_packer_names_the_chat(encoding: str, tmp_path: Path) -> None:
    """Names that are in the encoding of the packer's system, without saying so; the photo beside the text is found."""
    name = "산책".encode(encoding)
    stand_in = "X" * len(name)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr(f"KakaoTalk_Chat_{stand_in}_2026-04-01-15-32-01.csv",
                        'Date,User,Message\n2024-03-27 13:00:05,"민아","산책.jpg"\n')  # fmt: skip
        packed.writestr(f"{stand_in}.jpg", b"a photo")
    path = tmp_path / "a.zip"
    path.write_bytes(data.getvalue().replace(stand_in.encode(), name))
    (export,) = examine([path], Reading())
    assert ("산책", 1) == (export.chats[0].chat.title, export.chats[0].media_here)
