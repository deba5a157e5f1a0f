"""A lively profile: friends with faces, a group that talks, shares and votes, and somebody new who asks."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from nullabona.client.api import Client
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.timeline import sending
from tests.api.people import PATIENCE_S, befriend, people, until
from tests.api.pictures import voice_note
from tests.api.service import Service
from tests.browser.setting import Made, apart, protect

TEXTS: Final[dict[str, dict[str, Any]]] = {
    "ko": {
        "names": ("김미나", "박준호", "이소라", "하루", "정다운"),
        "group": "제주 여행",
        "greeting": "안녕하세요, 어제 독서 모임에서 만난 다운이에요.",
        "talk": ("다들 다음 주 금요일 괜찮아?", "나는 좋아! 오전 비행기로 가자", "김포에서 9시 40분 비행기 어때?"),
        "answer": "좋아, 내가 예약할게. https://example.org/flights/jeju?day=friday&seats=4 이거 맞지?",
        "photo": "작년에 갔던 바다",
        "album": "나도 몇 장 찾았어",
        "question": "첫날 저녁은 뭐 먹을까?",
        "options": ("흑돼지", "갈치조림", "고기국수"),
        "file": "제주 여행 일정표 (최종).pdf",
        "reply": "여기 또 가자 🌊",
        "mention": "@{me} 숙소는 네가 골라 줄래?",
        "edit": ("공항에서 8시에 만나", "공항 3번 출구에서 8시 10분에 만나"),
        "failed": "표는 여기 있어",
        "direct": (
            "오늘 저녁에 시간 돼?",
            "응, 일곱 시쯤 어때? 지난번에 갔던 그 조용한 찻집에서 보자. 창가 자리로 내가 미리 전화해 둘게.",
            "완벽해 👍",
        ),
        "long": "그리고 혹시 시간이 되면 내가 빌려준 책도 가져와 줄 수 있을까?",
        "draft": "사진 보내 줄",
    },
    "en": {
        "names": ("Mina Kim", "Jun", "Sora Lee", "Theo", "Dana"),
        "group": "Trip to Jeju",
        "greeting": "Hello, this is Dana from the reading circle yesterday.",
        "talk": (
            "Is Friday next week all right for everybody?",
            "Yes! Let us take the morning flight",
            "What about the one at 9:40?",
        ),
        "answer": "Good, I will book it. https://example.org/flights/jeju?day=friday&seats=4 is the one, right?",
        "photo": "The sea we saw last year",
        "album": "I found some, too",
        "question": "What do we eat on the first evening?",
        "options": ("Black pork", "Braised cutlassfish", "Noodle soup"),
        "file": "Itinerary of our trip to Jeju (final).pdf",
        "reply": "We should go there again 🌊",
        "mention": "@{me} would you choose the place to stay?",
        "edit": ("Meet at the airport at 8", "Meet at gate 3 of the airport at 8:10"),
        "failed": "Here are the tickets",
        "direct": (
            "Are you free tonight?",
            "Yes, around seven? Let us meet at that quiet tea house where we were last time. I will book a table.",
            "Perfect 👍",
        ),
        "long": "And if you find it, could you bring the book that I lent you?",
        "draft": "I will send you the",
    },
}
"""What is said."""
FACES: Final = ("#c96f4a", "#4a86c9", "#7a5ac0", "#3d8f6c", "#b08a2e")


@dataclass(frozen=True, slots=True)
class Lively:
    """Whose profile it is, and the ids that lead into it."""

    made: Made
    lang: str
    group: str
    direct: str
    friend: str
    photo: str
    poll: str
    handles: tuple[str, ...]

    @property
    def title(self) -> str:
        """The group's name."""
        return str(TEXTS[self.lang]["group"])


def sea(width: int, height: int) -> bytes:
    """A picture of the sea."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        low = y / height
        colour = (int(250 - 130 * low), int(196 - 40 * low), int(150 + 70 * low))
        if low > 0.55:
            wave = int(14 * math.sin(y / 5))
            colour = (38 + wave, int(120 - 60 * (low - 0.55)) + wave, 140 + wave)
        draw.line([(0, y), (width, y)], fill=colour)
    radius, x, y = width // 12, int(width * 0.7), int(height * 0.42)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(255, 244, 214))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def face(colour: str) -> bytes:
    """Somebody's head and shoulders."""
    image = Image.new("RGB", (256, 256), colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse([88, 56, 168, 144], fill="#fff3e2")
    draw.ellipse([40, 160, 216, 330], fill="#fff3e2")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def lively(service: Service, folder: Path, lang: str, *, passphrase: str = "", trouble: bool = True) -> Lively:
    """Make it. ``trouble``: a stranger asks, a link no longer works, and one message was not sent."""
    folder.mkdir(parents=True, exist_ok=True)
    made = apart(_make(service, folder, lang, trouble=trouble))
    if passphrase:
        protect(made.made, passphrase)
    return made


async def _say(
    speaker: Client, room: bytes, text: str, reply_to: bytes = b"", *, mentions: Sequence[bytes] = ()
) -> bytes:
    message = await speaker.messages.send(room, text, reply_to, mentions=mentions)
    await speaker.messages.wait_sent(room, message, timeout_s=PATIENCE_S)
    return message


async def _see(client: Client, room: bytes, message: bytes) -> None:
    await until(client, lambda: any(found.id == message for found in client.messages.page(room)))


async def _make(service: Service, folder: Path, lang: str, *, trouble: bool) -> Lively:
    texts = TEXTS[lang]
    names = ("미나", "준호", "소라", "하루", "다운") if lang == "ko" else ("mina", "jun", "sora", "theo", "dana")
    async with people(service, folder, *names) as clients:
        me, jun, sora, theo, dana = clients
        await me.preferences.set(language=lang)
        for client, name, colour in zip(clients, texts["names"], FACES, strict=True):
            picture = await client.profiles.prepare_picture(face(colour)) if client is not theo else b""
            await client.profiles.set(name, picture)
        direct = await befriend(me, jun)
        for other in (sora, theo):
            await befriend(other, me)
        group, photo, poll = await _group(me, (jun, sora, theo), texts)
        await _direct(me, jun, direct, texts)
        await me.links.make(group, hours=24)
        if trouble:
            await _not_sent(me, group, str(texts["failed"]))
            await dana.contacts.request(me.me.handle, texts["greeting"])
            await until(me, lambda: any(contact.state == "asking" for contact in me.contacts.all()))
            await _ask_to_join(me, theo, str(texts["group"]))
        await me.sync(timeout_s=PATIENCE_S)
        made = Made(folder / names[0], me.me.handle)
        handles = tuple(client.me.handle for client in clients)
        return Lively(made, lang, group.hex(), direct.hex(), jun.me.account.hex(), photo.hex(), poll.hex(), handles)


async def _ask_to_join(me: Client, admin: Client, name: str) -> None:
    """A link into another group that was taken back before it was followed."""
    room = (await admin.rooms.create_group(name)).id
    link = await admin.links.make(room, hours=1)
    await admin.links.revoke(link.id)
    await me.links.open(link.text)
    await until(me, lambda: [request.state for request in me.links.join_requests()] == ["closed"])


async def _group(me: Client, others: Sequence[Client], texts: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    jun, sora, theo = others
    room = (await me.rooms.create_group(str(texts["group"]), [other.me.handle for other in others])).id
    for other in others:
        await until(other, lambda other=other: any(r.id == room and r.phase == "joined" for r in other.rooms.all()))  # type: ignore[misc]
    first = b""
    for speaker, text in zip((jun, me, sora), texts["talk"], strict=True):
        first = await _say(speaker, room, text)
    await _see(theo, room, first)
    await _say(theo, room, str(texts["answer"]), first)
    photo = await jun.files.send(room, sea(1200, 800), name="sea.jpg", caption=str(texts["photo"]))
    await jun.messages.wait_sent(room, photo, timeout_s=PATIENCE_S)
    await _see(sora, room, photo)
    for place in range(5):
        words = str(texts["album"]) if place == 0 else ""
        one = sea(900 - 60 * place, 600 + 40 * place)
        last = await sora.files.send(room, one, name=f"sea-{place}.jpg", caption=words, album=b"lively album 001")
        await sora.messages.wait_sent(room, last, timeout_s=PATIENCE_S)
    for reacting, emoji in ((sora, "😍"), (theo, "👍"), (me, "😍")):
        await _see(reacting, room, photo)
        await reacting.messages.react(room, photo, emoji)
    await _say(sora, room, str(texts["reply"]), photo)
    poll = await theo.messages.send_poll(room, str(texts["question"]), texts["options"])
    await theo.messages.wait_sent(room, poll, timeout_s=PATIENCE_S)
    for voter, choice in ((me, 0), (jun, 0), (sora, 2)):
        await _see(voter, room, poll)
        await voter.messages.vote(room, poll, [choice])
    note = await sora.files.send(
        room,
        voice_note(),
        name="note.webm",
        as_kind="voice",
        duration_ms=7_200,
        levels=bytes(int(30 + 190 * abs(math.sin(step / 7) * math.cos(step / 3))) for step in range(120)),
    )
    await sora.messages.wait_sent(room, note, timeout_s=PATIENCE_S)
    file = await me.files.send(room, b"%PDF-1.7\n" + bytes(240_000), name=str(texts["file"]))
    await me.messages.wait_sent(room, file, timeout_s=PATIENCE_S)
    before, after = texts["edit"]
    await me.messages.edit(room, await _say(me, room, before), after)
    await me.messages.pin(room, photo)
    named = str(texts["mention"]).format(me=texts["names"][0])
    last = await _say(jun, room, named, mentions=[me.me.account])
    await _see(me, room, last)
    return room, photo, poll


async def _not_sent(me: Client, room: bytes, text: str) -> None:
    """A message of ours that was not sent."""
    failed = await _say(me, room, text)
    await me.messages.wait_delivered(room, failed, timeout_s=PATIENCE_S)
    with me._session.step() as step:
        found = step.store.message(room, failed)
        assert found is not None
        sending.set_state(step, found, MessageState.FAILED)


async def _direct(me: Client, jun: Client, room: bytes, texts: dict[str, Any]) -> None:
    asked, answered, well = texts["direct"]
    await _say(jun, room, asked)
    await _say(me, room, answered)
    await _say(jun, room, well)
    last = await _say(jun, room, str(texts["long"]))
    await _see(me, room, last)
