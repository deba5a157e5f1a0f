"""What moving in costs: parsing, storing encrypted and searchable, finding again; Telegram's memory.

Run: ``python -m bench.importing [--lines N] [--megabytes N] [--parts ...]``. Rates are of this process's own processor
time, which is one core's; the clock on the wall is printed beside it, since the machine may be shared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nullabona.client.api import Client, ImportAnswers, Options, Unprotected, open_client
from nullabona.client.importing.exports import examine
from nullabona.client.importing.kakao import KakaoReader
from nullabona.client.importing.lines import pages
from nullabona.client.importing.records import Line, Reading

PEOPLE = ["민아", "준호", "서연", "도윤", "Gil", "하은"]
DAY = 86_400


def words(rng: random.Random) -> list[str]:
    """A vocabulary of 20,000 made-up words, used as unevenly as words are."""
    syllables = [chr(0xAC00 + rng.randrange(11_172)) for _ in range(1_200)]
    latin = "abcdefghijklmnopqrstuvwxyz"
    korean = ["".join(rng.choice(syllables) for _ in range(rng.randint(1, 4))) for _ in range(17_000)]
    english = ["".join(rng.choice(latin) for _ in range(rng.randint(2, 9))) for _ in range(3_000)]
    return korean + english


def texts(count: int) -> Iterator[str]:
    """Messages of one to twelve words; every tenth has an emoji, every thousandth the words that are looked for."""
    rng = random.Random(7)
    known = words(rng)
    weights = [1 / (place + 10) for place in range(len(known))]
    drawn: list[str] = []
    for number in range(count):
        if len(drawn) < 12:
            drawn = rng.choices(known, weights, k=100_000)
        said = " ".join(drawn.pop() for _ in range(rng.randint(1, 12)))
        said += " 🎉" if number % 10 == 0 else ""
        yield f"{said} 이번주말에 Zanzibar" if number % 1_000 == 7 else said


def write_kakao(path: Path, count: int) -> None:
    """As Android writes it, over ten years."""
    rng = random.Random(8)
    step = 10 * 365 * DAY // count
    with path.open("w", encoding="utf-8") as out:
        out.write("산책 모임 6 님과 카카오톡 대화\n저장한 날짜 : 2026년 2월 16일 오후 4:45\n\n\n")
        for number, text in enumerate(texts(count)):
            at = time.gmtime(1_420_000_000 + number * step)
            half, hour = ("오전", "오후")[at.tm_hour >= 12], at.tm_hour % 12 or 12
            stamp = f"{at.tm_year}년 {at.tm_mon}월 {at.tm_mday}일 {half} {hour}:{at.tm_min:02}"
            out.write(f"{stamp}, {rng.choice(PEOPLE)} : {text}\n")


def write_telegram(path: Path, size: int) -> int:
    """A full export of one chat of at least ``size`` bytes; how many messages it has."""
    count = written = 0
    source = texts(1 << 40)
    with path.open("w", encoding="utf-8") as out:
        out.write('{"about": "", "chats": {"list": [{"name": "산책", "type": "private_group", "id": 1, "messages": [\n')
        while written < size:
            text = next(source)
            record = {
                "id": count, "type": "message", "date": "2024-03-27T10:55:03",
                "date_unixtime": str(1_500_000_000 + count * 7), "from": PEOPLE[count % 6],
                "from_id": f"user{count % 6}", "text": text, "text_entities": [{"type": "plain", "text": text}],
            }  # fmt: skip
            line = json.dumps(record, ensure_ascii=False, indent=1) + ",\n"
            written += len(line.encode())
            out.write(line)
            count += 1
        out.write('{"id": -1, "type": "unsupported"}]}]}}')
    return count


@contextmanager
def timed(what: str, count: int, unit: str = "messages") -> Iterator[None]:
    """Print how many in a second, of processor time and on the wall."""
    wall, own = time.perf_counter(), time.process_time()
    yield
    wall, own = time.perf_counter() - wall, time.process_time() - own
    print(f"  {what:<44}{count / own:12,.0f} {unit}/s of one core ({own:.1f} s; {wall:.1f} s on the wall)", flush=True)


async def kakao(folder: Path, count: int) -> None:
    path = folder / "KakaoTalkChats.txt"
    write_kakao(path, count)
    print(f"KakaoTalk text: {count:,} messages, {path.stat().st_size / 1e6:,.0f} MB")
    with timed("read as lines", count), path.open("rb") as stream:
        reader = KakaoReader(path.name)
        found = sum(isinstance(item, Line) for item in reader.read(pages(stream)))
        found += sum(isinstance(item, Line) for item in reader.end())
    assert found == count
    async with open_client(
        folder / "profile", unlock=Unprotected(), create=True, options=Options(online=False)
    ) as client:
        await client.account.create("bench@relay.example")
        exports = await asyncio.to_thread(examine, [path], Reading())
        with timed("looked through and digested (preview)", count):
            examine([path], Reading())
        with timed("stored: encrypted, searchable (all of import)", count):
            (done,) = await client.imports.run([path], ImportAnswers(me="민아"), exports=exports)
        assert done.added == count
        stored = sum(each.stat().st_size for each in (folder / "profile").iterdir())
        print(f"  {'the store afterwards':<44}{stored / count:12,.0f} bytes a message")
        search(client, done.room)
        with timed("given again: nothing new", count):
            await client.imports.run([path], ImportAnswers(me="민아"))


def search(client: Client, room: bytes) -> None:
    """The first page of every way to look."""
    last = max(message.sent_at for message in client.messages.page(room, limit=1))
    year = 365 * DAY * 1_000
    common = client.messages.page(room, limit=1)[0].text.split()[0]
    asked: dict[str, dict[str, object]] = {
        "two syllables, every thousandth (주말)": {"text": "주말"},
        "a word's beginning (Zanz)": {"text": "Zanz"},
        "an English word (zanzibar)": {"text": "zanzibar"},
        f"a frequent word ({len(common)} characters)": {"text": common},
        "an emoji, every tenth (🎉)": {"text": "🎉"},
        "an emoji that is nowhere (🪇)": {"text": "🪇"},
        "two words": {"text": "주말에 zanz"},
        "words that are nowhere": {"text": "없는낱말 qxzq"},
        "by person": {"text": "", "people": ["준호"]},
        "by person and word": {"text": "주말", "people": ["Gil"]},
        "by date: nine years ago": {"text": "", "since": last - 9 * year, "until": last - 9 * year + 7 * DAY * 1_000},
        "by date and emoji": {"text": "🎉", "since": last - 9 * year, "until": last - 8 * year},
        "by person, date and word": {"text": "주말", "people": ["Gil"], "since": last - 9 * year, "until": last - year},
    }
    print("  first page of a search, in ms of one core: the slowest of 5 (hits)")
    for name, query in asked.items():
        worst, hits = 0.0, 0
        for _ in range(5):
            begun = time.process_time()
            hits = len(client.messages.search(**query))  # type: ignore[arg-type]
            worst = max(worst, time.process_time() - begun)
        print(f"    {name:<46}{worst * 1e3:8.1f}  ({hits})", flush=True)


def telegram(folder: Path, megabytes: int) -> None:
    """In a process of its own, so that what it takes at most is its own."""
    path = folder / "result.json"
    count = write_telegram(path, megabytes * 1_000_000)
    print(f"Telegram result.json: {count:,} messages, {path.stat().st_size / 1e6:,.0f} MB")
    command = [sys.executable, "-m", "bench.importing", "--one", str(path)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)


def most_kib() -> int:
    """The most memory this process has had. (``ru_maxrss`` also counts what its parent had when it was made.)"""
    rows = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM:"))


async def one(path: Path) -> None:
    begun = most_kib()
    async with open_client(
        path.parent / "t", unlock=Unprotected(), create=True, options=Options(online=False)
    ) as client:
        await client.account.create("bench@relay.example")
        wall, own = time.perf_counter(), time.process_time()
        (done,) = await client.imports.run([path], ImportAnswers(me=""))
        wall, own = time.perf_counter() - wall, time.process_time() - own
    most = most_kib()
    rate = f"{done.total / own:,.0f} messages/s of one core ({own:.1f} s; {wall:.1f} s on the wall)"
    print(f"  {'looked through and stored':<44}{rate}")
    print(f"  {'most memory':<44}{most / 1024:12,.0f} MiB ({begun / 1024:,.0f} before it began)")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--parts", nargs="+", choices=["kakao", "telegram"], default=["kakao", "telegram"])
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        asyncio.run(one(given.one))
        return
    model = next(
        (
            row.partition(":")[2].strip()
            for row in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in row
        ),
        platform.machine(),
    )
    print(
        f"machine: {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if "kakao" in given.parts:
            asyncio.run(kakao(folder, given.lines))
        if "telegram" in given.parts:
            telegram(folder, given.megabytes)


if __name__ == "__main__":
    main()
