"""A relay that lies, garbles, stalls or hangs up: a warning, a delay or nothing; never a crash or a silent loss."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from nullabona.client.api import Warned
from nullabona.wire.messages import (
    MAX_RESPONSE,
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    Blob,
    Done,
    Frames,
    GetBlob,
    Read,
    Refusal,
)
from tests.api.middle import Twist, honest, pair
from tests.api.people import PATIENCE_S, happens, play, reads, texts, until
from tests.api.service import Service


def garbage(request: AnyRequest, answer: AnyResponse) -> AnyResponse | bytes:
    """Noise in the place of every answer to a waiting read."""
    return os.urandom(40) if isinstance(request, Read | AwaitWake) else answer


def oversize(request: AnyRequest, answer: AnyResponse) -> AnyResponse | bytes:
    """More than any answer may be."""
    return bytes(MAX_RESPONSE + 1) if isinstance(request, Read | AwaitWake) else answer


def other_answer(request: AnyRequest, answer: AnyResponse) -> AnyResponse | bytes:
    """The answer to another question."""
    return Done() if isinstance(request, Read | AwaitWake | Append) else answer


def refuses(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """Busy, for everything."""
    return Refusal("busy", 0) if isinstance(request, Read | AwaitWake | Append) else answer


def wrong_incarnation(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """Another incarnation in every answer."""
    if isinstance(answer, Frames):
        return Frames(os.urandom(8), answer.head, answer.frames)
    return Appended(answer.seq, os.urandom(8)) if isinstance(answer, Appended) else answer


def forged_frames(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """Frames that nobody wrote, and numbers that run away."""
    if isinstance(answer, Frames):
        forged = tuple((answer.head + number, os.urandom(512)) for number in range(1, 4))
        return Frames(answer.incarnation or os.urandom(8), answer.head + 3, answer.frames + forged)
    return answer


def empty_at_once(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """No read brings anything, and none waits."""
    return Frames(answer.incarnation, answer.head, ()) if isinstance(answer, Frames) else answer


def denies_everything(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """The boxes were never there."""
    return Frames(b"", 0, ()) if isinstance(answer, Frames) else answer


def silent(request: AnyRequest, answer: AnyResponse) -> None:
    """Never an answer."""


TWISTS: tuple[Twist, ...] = (
    garbage,
    oversize,
    other_answer,
    refuses,
    wrong_incarnation,
    forged_frames,
    empty_at_once,
    denies_everything,
    silent,
)


@pytest.mark.slow
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
@pytest.mark.parametrize("twist", TWISTS, ids=lambda twist: twist.__name__)
def test_a_liar_costs_time_and_nothing_else(service: Service, tmp_path: Path, twist: Twist, *, together: bool) -> None:
    """While it lies the client lives and keeps what it is given; when it stops, everything arrives, each once."""

    async def story() -> None:
        async with pair(service, tmp_path, together=together) as (middle, a, b, room):
            await a.messages.send(room, "before")
            await reads(b, room, "before")
            lie = asyncio.ensure_future(middle.lie(twist))
            await asyncio.sleep(0)
            await a.messages.send(room, "meanwhile")
            await b.messages.send(room, "from the other side")
            await lie
            assert "meanwhile" in texts(a, room)
            middle.twist = honest
            middle.hang_up()
            for client in (a, b):
                await until(client, lambda client=client: sorted(texts(client, room)) == EVERYTHING)  # type: ignore[misc]
            await a.messages.send(room, "after")
            await until(b, lambda: "after" in texts(b, room))

    play(story())


EVERYTHING = ["before", "from the other side", "meanwhile"]


@pytest.mark.slow
def test_garbage_is_told(service: Service, tmp_path: Path) -> None:
    """A relay that answers noise is named in a warning, once."""

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, _, _room):
            middle.twist = garbage
            middle.hang_up()
            warned = await happens(a, Warned, lambda event: event.code == "malformed")
            assert service.host in warned.detail["relay"]

    play(story())


@pytest.mark.slow
def test_a_relay_that_is_asked_again_and_again_is_left_in_peace(service: Service, tmp_path: Path) -> None:
    """Reads that never wait and never bring anything are asked ever less often."""

    async def story() -> None:
        async with pair(service, tmp_path, together=True) as (middle, a, _, _room):
            await a.sync(timeout_s=PATIENCE_S)

            def at_once(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
                return Frames(b"", 0, ()) if isinstance(request, Read | AwaitWake) else answer

            middle.twist = at_once
            middle.rush = True
            middle.hang_up()
            middle.asked.clear()
            await asyncio.sleep(2.0)  # the span in which it is counted how often it asks
            assert 100 > len(middle.asked)

    play(story())


@pytest.mark.slow
def test_a_chunk_that_is_not_there_is_asked_for_again(service: Service, tmp_path: Path) -> None:
    """A relay that hides or garbles a blob delays a large message and loses nothing."""

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, b, room):
            lies = iter((Refusal("not-found"), Blob(os.urandom(4_096)), Blob(b"")))

            def hide(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
                return next(lies, answer) if isinstance(request, GetBlob) else answer

            middle.twist = hide
            text = "큰 메시지 " * 15_000
            await b.messages.send(room, text)
            await reads(a, room, text)

    play(story())
