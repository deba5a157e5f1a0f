"""More of the layouts and locales in which messengers write, beside those of `writing`: as the programs do."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tests.importing.writing import (
    ANDROID_HEAD,
    IOS_FILE,
    WEEK_KO,
    WHATSAPP_FILE,
    Form,
    day24,
    dots,
    en,
    en_day,
    ko,
    ko_day,
    stamped,
    us_seconds,
    whatsapp_android,
    whatsapp_ios,
    windows,
)


def _numbers(pattern: str, moment: datetime) -> str:
    year = moment.year
    return pattern.format(d=moment.day, m=moment.month, y=year, dd=f"{moment.day:02}", mm=f"{moment.month:02}",
                          yy=f"{year % 100:02}")  # fmt: skip


def _clock(pattern: str, moment: datetime, halves: tuple[str, str] = ("", "")) -> str:
    return pattern.format(h=moment.hour, hh=f"{moment.hour:02}", t=moment.hour % 12 or 12,
                          tt=f"{moment.hour % 12 or 12:02}", n=f"{moment.minute:02}", s=f"{moment.second:02}",
                          half=halves[moment.hour >= 12])  # fmt: skip


def _whatsapp(name: str, day: str, between: str, clock: str, halves: tuple[str, str] = ("", "")) -> list[Form]:
    """A locale on Android, and with seconds on iOS, where that writes so."""
    seconds = clock.replace("{n}", "{n}:{s}") if ":" in clock else clock.replace("{n}", "{n}.{s}")
    android = whatsapp_android(lambda m: _numbers(day, m), lambda m: _clock(clock, m, halves), between)
    ios = whatsapp_ios(lambda m: _numbers(day, m), lambda m: _clock(seconds, m, halves), between)
    return [
        Form(f"whatsapp-android-{name}", WHATSAPP_FILE, android),
        Form(f"whatsapp-ios-{name}", "_chat.txt", ios, 1_000),
    ]


def _weekday(moment: datetime) -> str:
    return f"{ko_day(moment)} {WEEK_KO[moment.weekday()]}요일"


def _short_dots(moment: datetime) -> str:
    return f"{moment.year % 100:02}. {moment.month}. {moment.day}."


LOCALES: Final = [
    Form("windows-24h-en", "KakaoTalk.txt",
         windows("Walkers with KakaoTalk Chats", lambda m: f"{m:%A}, {en_day(m)}", day24), systems=False),
    Form("android-at", "KakaoTalkChats.txt",
         stamped("KakaoTalk Chats with A,B (4)", lambda m: f"{en_day(m, '%b')} at {en(m)}",
                 lambda m: f"{en_day(m, '%b')} at {en(m)}")),
    Form("android-lone-weekday", "KakaoTalkChats.txt",
         stamped(ANDROID_HEAD, _weekday, lambda m: f"{ko_day(m)} {ko(m)}")),
    Form("android-day-first", "KakaoTalkChats.txt",
         stamped("KakaoTalk Chats with A,B (4)", lambda m: f"{m.day} {m:%B} {m.year}",
                 lambda m: f"{m.day} {m:%B} {m.year} at {day24(m)}")),
    Form("ios-two-figures", "Talk_2026.4.1 15:32-1.txt",
         stamped("Talk_2026.4.1 15:32-1.txt", _weekday, lambda m: f"{_short_dots(m)} {ko(m)}", colon=True)),
    Form("ios-en-24h", IOS_FILE, stamped(IOS_FILE, lambda m: f"{m:%A}, {en_day(m)}",
                                         lambda m: f"{en_day(m, '%b')} at {day24(m)}", colon=True)),
    Form("whatsapp-ios-us-4", "_chat.txt", whatsapp_ios(lambda m: f"{m.month}/{m.day}/{m.year}", us_seconds), 1_000),
    Form("whatsapp-android-ko-words", WHATSAPP_FILE, whatsapp_android(ko_day, ko, " ")),
    Form("whatsapp-android-ko-dots", WHATSAPP_FILE, whatsapp_android(dots, ko, " ")),
    *_whatsapp("de", "{dd}.{mm}.{yy}", ", ", "{hh}:{n}"),
    *_whatsapp("fr", "{dd}/{mm}/{y}", " à ", "{hh}:{n}"),
    *_whatsapp("fr-comma", "{dd}/{mm}/{y}", ", ", "{hh}:{n}"),
    *_whatsapp("es", "{d}/{m}/{yy}", ", ", "{h}:{n}"),
    *_whatsapp("es-mx", "{dd}/{mm}/{yy}", ", ", "{t}:{n} {half}", ("a. m.", "p. m.")),
    *_whatsapp("es-narrow", "{d}/{m}/{y}", ", ", "{t}:{n}\u202f{half}", ("a.\u00a0m.", "p.\u00a0m.")),
    *_whatsapp("pt", "{dd}/{mm}/{y}", " ", "{hh}:{n}"),
    *_whatsapp("pt-as", "{dd}/{mm}/{y}", " às ", "{hh}:{n}"),
    *_whatsapp("it", "{dd}/{mm}/{yy}", ", ", "{hh}:{n}"),
    *_whatsapp("nl", "{dd}-{mm}-{y}", " ", "{hh}:{n}"),
    *_whatsapp("sv", "{y}-{mm}-{dd}", " ", "{hh}:{n}"),
    *_whatsapp("en-ca", "{y}-{mm}-{dd}", ", ", "{t}:{n} {half}", ("a.m.", "p.m.")),
    *_whatsapp("en-in", "{dd}/{mm}/{yy}", ", ", "{t}:{n} {half}", ("am", "pm")),
    *_whatsapp("ru", "{dd}.{mm}.{y}", ", ", "{hh}:{n}"),
    *_whatsapp("tr", "{d}.{mm}.{y}", " ", "{hh}:{n}"),
    *_whatsapp("pl", "{d}.{mm}.{y}", ", ", "{hh}:{n}"),
    *_whatsapp("hu", "{y}. {mm}. {dd}.", " ", "{h}:{n}"),
    *_whatsapp("da", "{dd}.{mm}.{y}", " ", "{hh}.{n}"),
    *_whatsapp("id", "{dd}/{mm}/{yy}", " ", "{hh}.{n}"),
    *_whatsapp("ja", "{y}/{mm}/{dd}", " ", "{h}:{n}"),
    *_whatsapp("ja-half", "{y}/{mm}/{dd}", " ", "{half}{t}:{n}", ("午前", "午後")),
    *_whatsapp("zh-tw", "{y}/{m}/{d}", " ", "{half}{t}:{n}", ("上午", "下午")),
    *_whatsapp("zh-half", "{y}年{m}月{d}日", " ", "{half}{tt}:{n}", ("上午", "下午")),
    *_whatsapp("ar", "{d}\u200f/{m}\u200f/{y}", "\u060c ", "{t}:{n} {half}", ("\u0635", "\u0645")),
    *_whatsapp("zh-cn", "{y}/{m}/{d}", " ", "{hh}:{n}"),
]  # fmt: skip
