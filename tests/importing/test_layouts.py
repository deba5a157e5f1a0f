"""Every layout in every locale: what is written in it is read back, and is told from all others by what it says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nullabona.client.importing.exports import examine
from nullabona.client.importing.records import LineKind, Reading
from tests.importing.writing import FORMS, Form, Said

AUTHORS = ["민아", "Jun Ho", "김 [과장]", "이름, 쉼표", "🐳"]
WORDS = [
    "안녕",
    "오늘",
    "저녁에",
    "see you",
    "ㅋㅋㅋ",
    "https://example.org/a:b",
    "8:30",
    "(끝)",
    "“인용”",
    '"q"',
    "a,b",
    "🎉",
]
START = 1_742_000_000_000 // 86_400_000 * 86_400_000


def conversation(rng: random.Random, length: int, unit: int) -> list[Said]:
    """Anything that people may say; times go forward over many days, some lines are several, some are nobody's."""
    at, said = START, []
    for _ in range(length):
        at += rng.choice([0, unit, 3_600_000, 86_400_000 * 3])
        words = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 6)))
        lines = [words, *(rng.choice(WORDS) for _ in range(rng.choice([0, 0, 0, 1, 3])))]
        said.append(Said(at // unit * unit, rng.choice(AUTHORS), "\n".join(lines)))
    return said


def read_back(form: Form, data: bytes, folder: Path) -> list[Said]:
    """What the importer makes of it."""
    path = folder / form.file
    path.write_bytes(data)
    (export,) = examine([path], Reading())
    return [Said(line.at, line.author, line.text) for _, line in export.lines()]


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_what_is_written_is_read_back(form: Form, tmp_path: Path) -> None:
    """Authors, words, line breaks and times, as precise as the layout has them."""
    rng = random.Random(form.name)
    for _ in range(5):
        said = conversation(rng, 60, form.unit_ms)
        assert said == read_back(form, form.write(said), tmp_path)


@pytest.mark.parametrize("form", [form for form in FORMS if form.systems], ids=lambda form: form.name)
def test_what_nobody_said_is_told_from_what_people_say(form: Form, tmp_path: Path) -> None:
    """A line without author keeps its words and has none."""
    said = [Said(START, "민아", "안녕"), Said(START, "", "Jun Ho joined"), Said(START + 60_000, "민아", "왔네")]
    assert said == read_back(form, form.write(said), tmp_path)


@pytest.mark.parametrize("form", FORMS[:4], ids=[form.name for form in FORMS[:4]])
def test_windows_says_in_known_words_who_came_and_went(form: Form, tmp_path: Path) -> None:
    """There nothing else tells such a line from one that goes on."""
    said = [Said(START, "민아", "안녕"), Said(START, "", "Jun님이 나갔습니다."), Said(START + 60_000, "민아", "갔네")]
    assert said == read_back(form, form.write(said), tmp_path)


def test_placeholders_say_what_they_stand_for(tmp_path: Path) -> None:
    """Words stay as they are; the kind is beside them."""
    windows = FORMS[0]
    texts = [
        "사진",
        "사진 3장",
        "동영상",
        "이모티콘",
        "파일: 보고서.pdf",
        "음성메시지",
        "삭제된 메시지입니다.",
        "사진 어때?",
    ]
    path = tmp_path / windows.file
    path.write_bytes(windows.write([Said(START, "민아", text) for text in texts]))
    (export,) = examine([path], Reading())
    kinds = [LineKind.PHOTO, LineKind.PHOTO, LineKind.VIDEO, LineKind.STICKER, LineKind.FILE, LineKind.VOICE]
    assert [*kinds, LineKind.DELETED, LineKind.TEXT] == [line.kind for _, line in export.lines()]
