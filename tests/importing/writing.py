"""Writes a conversation as other messengers export it: every layout and locale, from what is known of them.

All words and names are made up here. A test reads back what is written.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK_KO = "월화수목금토일"


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a conversation, by the wall clock. Without author: the messenger says it."""

    at: int
    author: str
    text: str

    @property
    def moment(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.at)


@dataclass(frozen=True, slots=True)
class Form:
    """One layout in one locale: how to write it, and what comes back of a time."""

    name: str
    file: str
    write: Callable[[Sequence[Said]], bytes]
    unit_ms: int = 60_000
    systems: bool = True
    """Whether lines that nobody said can be told from others."""


def _half(moment: datetime, morning: str, evening: str, pattern: str) -> str:
    hour = moment.hour % 12 or 12
    word = morning if moment.hour < 12 else evening
    return pattern.format(half=word, hour=hour, minute=f"{moment.minute:02}", second=f"{moment.second:02}")


def ko(moment: datetime) -> str:
    return _half(moment, "오전", "오후", "{half} {hour}:{minute}")


def en(moment: datetime) -> str:
    return _half(moment, "AM", "PM", "{hour}:{minute} {half}")


def en_lower(moment: datetime) -> str:
    return _half(moment, "am", "pm", "{hour}:{minute}{half}")


def en_front(moment: datetime) -> str:
    return _half(moment, "AM", "PM", "{half} {hour}:{minute}")


def day24(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def ko_day(moment: datetime) -> str:
    return f"{moment.year}년 {moment.month}월 {moment.day}일"


def dots(moment: datetime) -> str:
    return f"{moment.year}. {moment.month}. {moment.day}."


def en_day(moment: datetime, month: str = "%B") -> str:
    return f"{moment.strftime(month)} {moment.day}, {moment.year}"


def windows(
    head: str, day: Callable[[datetime], str], clock: Callable[[datetime], str]
) -> Callable[[Sequence[Said]], bytes]:
    def write(said: Sequence[Said]) -> bytes:
        out, today = [head, "저장한 날짜 : 2026-04-05 01:36:14", ""], None
        for one in said:
            if one.moment.date() != today:
                today = one.moment.date()
                out.append(f"--------------- {day(one.moment)} ---------------")
            out.append(f"[{one.author}] [{clock(one.moment)}] {one.text}" if one.author else one.text)
        return ("\ufeff" + "\n".join(out) + "\n").replace("\n", "\r\n").encode()

    return write


def stamped(
    head: str,
    lone: Callable[[datetime], str],
    stamp: Callable[[datetime], str],
    *,
    colon: bool = False,
) -> Callable[[Sequence[Said]], bytes]:
    def write(said: Sequence[Said]) -> bytes:
        out, today = [head, "저장한 날짜 : 2026. 5. 24. 오전 12:47", "", ""], None
        for one in said:
            if one.moment.date() != today:
                today = one.moment.date()
                out += ["", lone(one.moment)]
            if one.author:
                out.append(f"{stamp(one.moment)}, {one.author} : {one.text}")
            else:
                out.append(f"{stamp(one.moment)}{':' if colon else ','} {one.text}")
        return ("\n".join(out) + "\n").encode()

    return write


def macos(said: Sequence[Said]) -> bytes:
    out = io.StringIO()
    out.write("Date,User,Message\r\n")
    for one in said:
        row = csv.writer(out, quoting=csv.QUOTE_ALL)
        whole = io.StringIO()
        csv.writer(whole, quoting=csv.QUOTE_ALL).writerow([one.author, one.text])
        out.write(f"{one.moment:%Y-%m-%d %H:%M:%S},{whole.getvalue()}")
        del row
    return out.getvalue().encode()


def whatsapp_ios(
    day: Callable[[datetime], str], clock: Callable[[datetime], str], between: str = ", "
) -> Callable[[Sequence[Said]], bytes]:
    def write(said: Sequence[Said]) -> bytes:
        out = []
        for one in said:
            who = f"{one.author}: " if one.author else ""
            out.append(f"[{day(one.moment)}{between}{clock(one.moment)}] {who}{one.text}")
        return ("\n".join(out) + "\n").replace("\n", "\r\n").encode()

    return write


def whatsapp_android(
    day: Callable[[datetime], str], clock: Callable[[datetime], str], between: str = ", "
) -> Callable[[Sequence[Said]], bytes]:
    def write(said: Sequence[Said]) -> bytes:
        out = []
        for one in said:
            who = f"{one.author}: " if one.author else ""
            out.append(f"{day(one.moment)}{between}{clock(one.moment)} - {who}{one.text}")
        return ("\n".join(out) + "\n").encode()

    return write


def _record(number: int, one: Said) -> dict[str, object]:
    base = {"id": number, "date": f"{one.moment:%Y-%m-%dT%H:%M:%S}", "date_unixtime": str(one.at // 1_000)}
    if not one.author:
        return {**base, "type": "service", "actor": "", "actor_id": "", "action": one.text, "text": ""}
    half = len(one.text) // 2
    parts: list[object] = [one.text[:half], {"type": "bold", "text": one.text[half:]}]
    return {**base, "type": "message", "from": one.author, "from_id": f"user{one.author}", "text": parts}


def telegram(said: Sequence[Said]) -> bytes:
    chat = {
        "name": "산책 모임",
        "type": "private_group",
        "id": 77,
        "messages": [_record(n, s) for n, s in enumerate(said)],
    }
    return json.dumps(chat, ensure_ascii=False, indent=1).encode()


def telegram_all(said: Sequence[Said]) -> bytes:
    chat = json.loads(telegram(said))
    whole = {
        "about": "made up for tests",
        "personal_information": {"user_id": 1, "first_name": "나", "last_name": "", "phone_number": "+00 000"},
        "contacts": {"about": "", "list": [{"first_name": "Nobody"}]},
        "sessions": {"list": [{"last_ip": "192.0.2.1", "device_model": "made up"}]},
        "web_sessions": {"list": []},
        "chats": {"about": "", "list": [chat]},
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def _ios_lone(moment: datetime) -> str:
    return f"{ko_day(moment)} {WEEK_KO[moment.weekday()]}요일"


def _windows_day(moment: datetime) -> str:
    return f"{ko_day(moment)} {WEEK_KO[moment.weekday()]}요일"


def _english_day(moment: datetime) -> str:
    return f"{moment:%A}, {en_day(moment)}"


ANDROID_HEAD = "산책 모임 3 님과 카카오톡 대화"
IOS_FILE = "KakaoTalk Chats with Walkers (4 people)-1.txt"
WHATSAPP_FILE = "WhatsApp Chat with Walkers.txt"


def ko_stamp(moment: datetime) -> str:
    return f"{ko_day(moment)} {ko(moment)}"


def ko_stamp24(moment: datetime) -> str:
    return f"{ko_day(moment)} {day24(moment)}"


def old_stamp(moment: datetime) -> str:
    return f"{en_lower(moment)}, {en_day(moment)}"


def en_stamp(moment: datetime) -> str:
    return f"{en_day(moment)}, {en(moment)}"


def short_stamp(moment: datetime) -> str:
    return f"{en_day(moment, '%b')}, {en(moment)}"


def narrow_stamp(moment: datetime) -> str:
    return short_stamp(moment).replace(" AM", "\u202fAM").replace(" PM", "\u202fPM")


def us_seconds(moment: datetime) -> str:
    return _half(moment, "AM", "PM", "{hour}:{minute}:{second}\u202f{half}")


def ko_seconds(moment: datetime) -> str:
    return _half(moment, "오전", "오후", "{half} {hour}:{minute}:{second}")


def us_day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment:%y}"


FORMS = (
    Form("windows-ko", "KakaoTalk.txt", windows("산책 모임 3 님과 카카오톡 대화", _windows_day, ko), systems=False),
    Form("windows-en", "KakaoTalk.txt", windows("Walkers with KakaoTalk Chats", _english_day, en), systems=False),
    Form("windows-mixed", "KakaoTalk.txt",
         windows("Walkers with KakaoTalk Chats", _windows_day, en_front), systems=False),
    Form("windows-24h", "KakaoTalk.txt", windows("산책 모임 님과 카카오톡 대화", _windows_day, day24), systems=False),
    Form("android-ko", "KakaoTalkChats.txt",
         stamped(ANDROID_HEAD, ko_stamp, ko_stamp)),
    Form("android-24h", "KakaoTalkChats.txt",
         stamped(ANDROID_HEAD, ko_stamp24, ko_stamp24)),
    Form("android-en-old", "KakaoTalkChats.txt",
         stamped("KakaoTalk Chats with A,B (4)", old_stamp, old_stamp)),
    Form("android-en", "KakaoTalkChats.txt",
         stamped("KakaoTalk Chats with A,B (4)", en_stamp, en_stamp)),
    Form("ios-ko", "Talk_2026.4.1 15:32-1.txt",
         stamped("Talk_2026.4.1 15:32-1.txt", _ios_lone, lambda m: f"{dots(m)} {ko(m)}", colon=True)),
    Form("ios-24h", "Talk_2026.4.1 15:32-1.txt",
         stamped("Talk_2026.4.1 15:32-1.txt", _ios_lone, lambda m: f"{dots(m)} {day24(m)}", colon=True)),
    Form("ios-en", IOS_FILE,
         stamped(IOS_FILE, _english_day, short_stamp, colon=True)),
    Form("ios-en-narrow", IOS_FILE,
         stamped(IOS_FILE, _english_day,
                 narrow_stamp, colon=True)),
    Form("macos", "KakaoTalk_Chat_산책 모임_2026-04-01-15-32-01.csv", macos, 1_000, systems=False),
    Form("whatsapp-ios", "_chat.txt", whatsapp_ios(lambda m: f"{m:%d/%m/%y}", lambda m: f"{m:%H:%M:%S}"), 1_000),
    Form("whatsapp-ios-us", "_chat.txt",
         whatsapp_ios(us_day, us_seconds), 1_000),
    Form("whatsapp-ios-fi", "_chat.txt",
         whatsapp_ios(lambda m: f"{m.day}.{m.month}.{m.year}", lambda m: f"{m:%H.%M.%S}", " klo "), 1_000),
    Form("whatsapp-ios-ko", "_chat.txt",
         whatsapp_ios(dots, ko_seconds, " "), 1_000),
    Form("whatsapp-android", WHATSAPP_FILE, whatsapp_android(lambda m: f"{m:%d/%m/%Y}", lambda m: f"{m:%H:%M}")),
    Form("whatsapp-android-us", WHATSAPP_FILE, whatsapp_android(us_day, en)),
    Form("whatsapp-android-ko", WHATSAPP_FILE,
         whatsapp_android(lambda m: f"{m:%y}/{m.month}/{m.day}", en_front, " ")),
    Form("telegram", "result.json", telegram, 1_000),
    Form("telegram-all", "result.json", telegram_all, 1_000),
)  # fmt: skip
