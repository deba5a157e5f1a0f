"""Answers before there is an account: which relay it will have."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from nullabona.app.answers.asking import Asker, answers
from nullabona.app.protocol import account_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.session.errors import RelayAddress, RelayHasName, WrongPhase
from nullabona.client.api.finding_handles import is_handle_free
from nullabona.wire.handle import HandleError, parse_handle

_LINK: Final = re.compile(r"\s*nullabona:|\s*https?://[^/]+/i#")
_ADDRESS: Final = re.compile(r"(?:[a-z]+://)?(?:[^@/]*@)?(?P<host>[^/]+)/?", re.IGNORECASE)
_NAMED: Final = re.compile(r"(?:[a-z]+://)?[^@/]+/n/[^/]+(?:/v1)?/?", re.IGNORECASE)
_ANYBODY: Final = "someone"
"""Asked for only to see whether a directory answers."""


@answers(c.ChooseRelay)
async def _choose_relay(ask: Asker, call: c.ChooseRelay) -> v.State:
    session = ask.session
    _check_phase(ask)
    if _LINK.match(call.text):
        session.open_link(call.text)
        assert session.invite is not None
        host = session.invite.handle.partition("@")[2]
    else:
        host = _host_in(call.text)
    await is_handle_free(f"{_ANYBODY}@{host}", session.place.options)
    session.remember(msgspec.structs.replace(session.app_state, relay=host))
    return session.state()


def _host_in(text: str) -> str:
    """The relay in a handle or in its address, in any of their forms. Raises `RelayAddress`, or `RelayHasName` if it is
    one of several at its host: handles are at directories, which those do not have (spec/relay.md §2.6).
    """
    if _NAMED.fullmatch(text.strip()):
        raise RelayHasName("a server with a name in its address has no handles")
    found = _ADDRESS.fullmatch(text.strip())
    try:
        return parse_handle(f"{_ANYBODY}@{found['host'] if found else ''}").authority
    except HandleError:
        raise RelayAddress("this is not the address of a server") from None


@answers(c.TryHere)
async def _try_here(ask: Asker, _: c.TryHere) -> v.State:
    _check_phase(ask)
    await ask.session.try_here()
    return ask.session.state()


def _check_phase(ask: Asker) -> None:
    if ask.session.phase not in {"empty", "no-account"}:
        raise WrongPhase("there is an account already")
