"""The throwaway box of a link: what a relay refuses for now is said again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from nullabona.client.core.model.link_code import Declined, LinkCode
from nullabona.client.net import NetOptions
from nullabona.client.runner import LinkBox, linkbox
from nullabona.errors import Refused
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import AnyRequest, AnyResponse, Appended, Refusal


def say(monkeypatch: pytest.MonkeyPatch, answers: Iterator[AnyResponse]) -> None:
    """Say something to a relay that gives these answers."""

    async def ask(_way: object, _request: AnyRequest) -> AnyResponse:
        return next(answers)

    async def story() -> None:
        code = LinkCode(parse_handle("mina@relay.example"), bytes(16))
        await LinkBox(code, NetOptions()).say(Declined())

    monkeypatch.setattr(linkbox, "ask", ask)
    monkeypatch.setattr(linkbox, "_PAUSE_S", 0.0)
    asyncio.run(story())


@pytest.mark.parametrize("code", ["busy", "slow-down", "stopping"])
def test_what_is_refused_for_now_is_said_again(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    answers: Iterator[AnyResponse] = iter([Refusal(code, 1), Appended(1, bytes(8))])
    say(monkeypatch, answers)
    assert [] == list(answers)


def test_what_is_refused_for_good_ends_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        say(monkeypatch, iter([Refusal("unsupported")]))
