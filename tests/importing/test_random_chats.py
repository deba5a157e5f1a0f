"""Random conversations, written as each program writes them, come back line by line: text, name, time and order."""

from __future__ import annotations

import random
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.client.importing.exports import examine
from nullabona.client.importing.records import DayOrder, LineKind, Reading
from nullabona.client.importing.sources import Given
from tests.importing.locales import LOCALES
from tests.importing.writing import FORMS, Form, Said

ALL = [*FORMS, *LOCALES]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_742_000_000_000 // DAY * DAY
NAMES = [
    "민아",
    "Jun Ho",
    "김 [과장]",
    "이름, 쉼표",
    "🐳",
    "민 : 호",
    "A: B",
    "님",
    unicodedata.normalize("NFD", "홍길동"),
    "오후 3:10",
    "O'Neil (회사)",
    "ㅤ",
    "이 사람이 바로",
    "a" * 40,
    "(알 수 없음)",
]
WORDS = [
    "안녕",
    "see you",
    "ㅋㅋㅋ",
    "https://example.org/a:b?c=d",
    "8:30",
    "오후 3:10",
    "(끝)",
    "“인용”",
    '"q"',
    "a,b",
    "🎉",
    "[공지]",
    "- 하나",
    "2024년",
    "저장한 날짜 : 어제",
    "<b>",
    "\\n",
    "'",
    "…",
    "님이 왔대",
    "사진 보여 줘",
    "]",
    ": :",
    unicodedata.normalize("NFD", "주말"),
    "👨‍👩‍👧",
    "مرحبا",
    "\u200b",
]


def conversation(rng: random.Random, unit: int) -> list[Said]:
    """Anything that people may say, around midnight and noon, over months, with clocks that go back now and then."""
    names = rng.sample(NAMES, rng.randint(1, 6))
    at = START + rng.randrange(300) * DAY
    said: list[Said] = []
    for _ in range(rng.randint(3, 40)):
        step = rng.choice([0, unit, MINUTE, HOUR, 12 * HOUR, DAY, 31 * DAY])
        at += step if rng.random() < 0.9 else rng.choice([-MINUTE, -HOUR])
        if rng.random() < 0.2:
            at = at // DAY * DAY + rng.choice([0, 12 * HOUR, DAY - MINUTE])
        lines = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 6))).strip()]
        lines += [rng.choice([*WORDS, ""]) for _ in range(rng.choice([0, 0, 0, 1, 4]))]
        if ": " in lines[0]:  # which would be a name's end if all of somebody's lines began so
            lines[0] = f"{len(said)} {lines[0]}"
        said.append(Said(at // unit * unit, rng.choice(names), "\n".join(lines).rstrip("\n") or "네"))
    return said


def plain(form: Form, said: list[Said]) -> list[Said]:
    """Without what this layout cannot say: a name with a colon needs two lines or a title to be known by."""
    counts = {name: sum(one.author == name for one in said) for name in NAMES}
    bracketed = form.name.startswith(("windows", "macos", "telegram"))
    once = [name for name in NAMES if ":" in name and not bracketed and counts[name] < 2]
    return [Said(one.at, "민아" if one.author in once else one.author, one.text) for one in said]


def read_back(path: Path, reading: Reading | None = None) -> list[Said]:
    (export,) = examine([path], reading or Reading())
    return [Said(line.at, line.author, line.text) for _, line in export.lines()]


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.name)
def test_a_random_conversation_comes_back(form: Form, tmp_path: Path) -> None:
    """In every layout and locale, whatever people said and are called."""
    rng = random.Random(form.name)
    for _ in range(12):
        said = plain(form, conversation(rng, form.unit_ms))
        path = tmp_path / form.file
        path.write_bytes(form.write(said))
        order = DayOrder.MONTH_FIRST if "-us" in form.name else None
        asked = examine([path], Reading())[0].ambiguous
        assert said == read_back(path, Reading(order or DayOrder.DAY_FIRST) if asked else None)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "with a mark": lambda data: b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"),
    "with CR LF": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "with LF": lambda data: data.replace(b"\r\n", b"\n"),
    "in UTF-16": lambda data: data.decode("utf-8-sig").encode("utf-16"),
    "in CP949": lambda data: data.decode("utf-8-sig").encode("cp949"),
}
KAKAO = [form for form in ALL if "telegram" not in form.name and "whatsapp" not in form.name]


@pytest.mark.parametrize(
    ("form", "packed"),
    [(form, packed) for form in KAKAO for packed in PACKED if ("narrow" in form.name) <= (packed != "in CP949")],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_a_file_reads_the_same_however_it_is_encoded(form: Form, packed: str, tmp_path: Path) -> None:
    """Alone and in an archive; old Korean systems have no emoji."""
    rng = random.Random(f"{form.name} {packed}")
    said = [one for one in plain(form, conversation(rng, form.unit_ms)) if packed != "in CP949" or _korean(one)]
    said = said or [Said(START, "민아", "안녕")]
    data = PACKED[packed](form.write(said))
    path, archive = tmp_path / form.file, tmp_path / "내보낸 것.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(form.file, data)
    assert said == read_back(path) == read_back(archive)


def _korean(said: Said) -> bool:
    try:
        (said.author + said.text).encode("cp949")
    except UnicodeEncodeError:
        return False
    return True


TOLD = [
    "홍길동님이 들어왔습니다.",
    "홍길동님이 나갔습니다.",
    "홍길동님이 김철수님을 초대했습니다.",
    "홍길동님이 김철수님, 이영희님을 초대하였습니다.",
    "홍길동님을 내보냈습니다.",
    "채팅방 관리자가 메시지를 가렸습니다.",
    "홍길동님이 김철수님과 이영희님을 초대했습니다.",
    "홍길동님이 방장이 되었습니다.",
    unicodedata.normalize("NFD", "홍길동님이 나갔습니다."),
    "Alice left.",
    "Alice joined this chatroom.",
    "Alice invited Bob and Carol.",
    "Alice has left this chatroom.",
]


@pytest.mark.parametrize("form", [form for form in KAKAO if form.name != "macos"], ids=lambda form: form.name)
@pytest.mark.parametrize("told", TOLD)
def test_what_nobody_said_stands_alone(form: Form, told: str, tmp_path: Path) -> None:
    """Who came, went, was invited or removed, first of a day and between messages."""
    said = [Said(START, "민아", "안녕"), Said(START, "", told), Said(START + MINUTE, "민아", "응")]
    path = tmp_path / form.file
    path.write_bytes(form.write(said))
    (export,) = examine([path], Reading())
    assert said == [Said(line.at, line.author, line.text) for _, line in export.lines()]
    assert [LineKind.TEXT, LineKind.SYSTEM, LineKind.TEXT] == [line.kind for _, line in export.lines()]


def test_a_room_s_new_name_with_a_colon_is_nobody_s_word() -> None:
    """What the messenger says may have in it what ends a name."""
    rows = ["홍길동님이 채팅방 이름을 '가 : 나'로 변경했습니다.", "민아 : 준호님이 나갔습니다."]
    text = "\n".join(f"2024년 3월 27일 오후 3:10, {row}" for row in rows)
    (export,) = examine([Given("x.txt", data=text.encode())], Reading())
    assert [("", rows[0]), ("민아", "준호님이 나갔습니다.")] == [(line.author, line.text) for _, line in export.lines()]
